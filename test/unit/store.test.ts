import assert from "node:assert/strict";
import { Store } from "../../src/extension/store";
import { serversMessage } from "../../src/extension/views/serverItems";
import { defaultWanted } from "../../src/model/settings";
import type { Row } from "../../src/model/events";
import { client, ended, missing, now, server, transfer } from "../support/viewRows";

describe("the store", () => {
  const filled = (...rows: Row[]): Store => {
    const store = new Store(() => now);
    for (const row of rows) store.apply(row);
    return store;
  };

  it("knows the folder of a transfer also while another one is served, and once that is left", () => {
    const [one, other] = [
      { name: "one", path: "/one" },
      { name: "other", path: "/other" },
    ];
    const store = new Store();
    store.folder = one;
    store.apply(transfer({ id: "1/a" }));
    store.left();
    store.folder = other;
    store.apply(transfer({ id: "1/b" }));
    store.apply(ended({ id: "1/a" }));
    assert.deepEqual([store.folderOf("1/a"), store.folderOf("1/b")], [one, other]);
    store.folder = { ...one };
    store.apply(transfer({ id: "2/c" }));
    assert.deepEqual(
      ["1/a", "1/b", "2/c"].map((id) => store.folderOf(id)),
      [one, other, one],
    );
  });

  it("tells each row that changes what is true, and no log row", () => {
    const store = new Store();
    const told: unknown[] = [];
    store.onChange((change) => told.push(change));
    store.apply(server());
    store.apply({ type: "log", id: "log-1", at: 1, level: "info", message: "x" });
    assert.deepEqual(told, [[server()]]);
  });

  it("when a process has ended, what ran there has failed; what another one carries goes on", () => {
    const of = (id: string): Row => transfer({ id });
    const store = filled(server(), of("1/tftp-1"), ended({ id: "1/tftp-2" }), of("2/tftp-1"));
    store.ended((id) => id.startsWith("1/"));
    assert.deepEqual(
      [...store.now.transfers.values()].map(({ id, state, endedAt }) => [id, state, endedAt]),
      [
        ["1/tftp-1", "failed", now],
        ["1/tftp-2", "finished", now],
        ["2/tftp-1", "running", undefined],
      ],
    );
  });

  it("has a row for each server from the moment of the start, and takes it back when nothing comes of it", () => {
    const store = new Store();
    const takeBack = store.announce({ ...defaultWanted, folder: "/drop", servers: ["bootp", "tftp"] });
    const states = (): unknown => store.serverRows().map(({ id, state }) => [id, state]);
    assert.deepEqual(states(), [
      ["bootp", "starting"],
      ["tftp", "starting"],
    ]);
    store.apply(server());
    takeBack();
    assert.deepEqual(states(), [
      ["bootp", "stopped"],
      ["tftp", "running"],
    ]);
  });

  it("says of servers that start that nothing was heard of them, and of no others", () => {
    const store = filled(server({ id: "ftp", protocol: "ftp" }), server({ state: "starting" }));
    store.quiet();
    assert.deepEqual(
      store.serverRows().map(({ id, warnings }) => [id, warnings.map(({ code }) => code)]),
      [
        ["tftp", ["engine.quiet"]],
        ["ftp", []],
      ],
    );
  });

  it("forgets what was wrong with servers whose process has ended: nothing stands above the words on how to start", () => {
    const trouble = { code: "plan.notTaken", message: "the boot plan has 1 problem" };
    const store = filled(server({ warnings: [trouble] }), server({ id: "ftp", state: "failed", trouble }));
    store.left();
    assert.equal(serversMessage(store.serverRows()), undefined);
    assert.deepEqual(
      store.serverRows().map((row) => row.trouble),
      [undefined, undefined],
    );
  });

  it("shows where the boards stood until the next process tells anew", () => {
    const store = filled(server(), client());
    store.left();
    assert.equal(store.isServing(), false);
    store.apply(transfer());
    assert.equal(store.now.clients.size, 1);
    store.apply(server({ state: "starting" }));
    assert.equal(store.now.clients.size, 0);
  });

  it("shows no board as loading once the process that told so has gone", () => {
    const store = filled(server(), client({ stage: "loading" }));
    store.left();
    assert.deepEqual(
      [...store.now.clients.values()].map(({ stage }) => stage),
      ["answered"],
    );
  });

  it("clears what has ended and leaves what runs", () => {
    const store = filled(transfer(), ended({ id: "tftp-2" }), missing("tftp-3", "x"));
    assert.deepEqual([store.hasFinished(), store.runningCount()], [true, 1]);
    store.clearFinished();
    assert.deepEqual([...store.now.transfers.keys()], ["tftp-1"]);
    assert.deepEqual([store.hasFinished(), store.runningCount()], [false, 1]);
  });

  it("knows since when a server runs, and forgets it when that stops", () => {
    const store = filled(server());
    assert.equal(store.runningSince.get("tftp"), now);
    store.apply(server({ state: "stopped" }));
    assert.equal(store.runningSince.has("tftp"), false);
  });

  it("gives a snapshot that later rows do not change", () => {
    const store = filled(server());
    const { snapshot } = store;
    store.apply(server({ state: "failed" }));
    assert.equal(snapshot.servers.get("tftp")?.state, "running");
  });
});
