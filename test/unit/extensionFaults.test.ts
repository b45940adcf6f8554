import assert from "node:assert/strict";
import { aboutBoard, boardItems, offeredProfiles, readProfile } from "../../src/extension/faults/faultItems";
import { Injected } from "../../src/extension/faults/injected";
import { serverItems, serversMessage } from "../../src/extension/views/serverItems";
import { statusText } from "../../src/extension/views/statusText";
import type { ClientRow, ServerRow } from "../../src/model/events";
import { faultsOf, type FaultProfile } from "../../src/model/faults/profile";
import { faultsWarning } from "../../src/model/faults/words";

const profile = (text: string): FaultProfile => {
  const read = readProfile(text);
  assert.ok(typeof read !== "string", text);
  return read;
};

const server = (protocol: ServerRow["protocol"], warnings: ServerRow["warnings"] = []): ServerRow => ({
  type: "server",
  id: protocol,
  protocol,
  state: "running",
  addresses: ["127.0.0.1"],
  port: 69,
  warnings,
});

describe("Inject Faults…", () => {
  it("offers profiles that are ones, and says of others what is wrong with them", () => {
    for (const { text } of offeredProfiles) profile(text);
    assert.match(JSON.stringify(readProfile("lss=5")), /at character 1: there is no rate/);
  });

  it("offers each board by what a profile calls it, and no verification", () => {
    const client: ClientRow = {
      type: "client",
      id: "a",
      stage: "seen",
      detail: "",
      verification: false,
    };
    const clients = [
      { ...client, name: "bench-1", mac: "52:54:00:12:34:56" },
      { ...client, address: "192.168.7.11" },
      { ...client, address: "192.168.7.12", verification: true },
      client,
    ];
    assert.deepEqual(boardItems(clients), [
      { label: "bench-1", description: "52:54:00:12:34:56", board: "52:54:00:12:34:56" },
      { label: "192.168.7.11", description: "", board: "192.168.7.11" },
    ]);
    assert.equal(aboutBoard(profile("loss=5"), "bench-1").board, "bench-1");
  });

  it("is said once above the servers, and by the status bar", () => {
    const warning = faultsWarning(faultsOf([profile("loss=5")], 3914));
    const rows = [server("bootp", [warning]), server("tftp", [warning])];
    assert.match(serversMessage(rows) ?? "", /^Faults are injected: loss 5 % both ways, seed 3914\./);
    assert.deepEqual(
      serverItems(rows, new Map(), 0).map(({ children }) => children),
      [undefined, undefined],
    );
    const { text, injecting, failed } = statusText(rows, [], "drop");
    assert.deepEqual(
      [text, injecting, failed],
      ["$(broadcast) Boot: 127.0.0.1 · injecting faults", true, false],
    );
    assert.equal(statusText([server("tftp")], [], "drop").injecting, false);
  });
});

describe("what is injected", () => {
  const some = faultsOf([profile("loss=5")], 7);
  const others = faultsOf([profile("loss=6")], 7);
  let injected: Injected;
  const refused = (meanwhile: () => void = () => undefined): Promise<void> =>
    assert.rejects(
      injected.endWith(() => {
        meanwhile();
        return Promise.reject(new Error("refused"));
      }),
      /refused/,
    );

  beforeEach(() => {
    injected = new Injected();
    injected.become(some);
  });

  it("ends with the next start, also for a setting that changes while that is on its way", async () => {
    await injected.endWith(() => {
      assert.deepEqual(injected.wanted, {});
      return Promise.resolve();
    });
    assert.deepEqual(injected.wanted, {});
  });

  it("stays where that start is refused", async () => {
    await refused();
    assert.deepEqual(injected.wanted, { faults: some });
  });

  it("is what was injected, or ended, while a start was on its way, refused or not", async () => {
    for (const [last, wanted] of [
      [others, { faults: others }],
      [undefined, {}],
    ] as const) {
      const change = (): void => {
        injected.become(last);
      };
      injected.become(some);
      await refused(change);
      assert.deepEqual(injected.wanted, wanted);
      injected.become(some);
      await injected.endWith(() => {
        change();
        return Promise.resolve();
      });
      assert.deepEqual(injected.wanted, wanted);
    }
  });
});
