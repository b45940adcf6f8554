import assert from "node:assert/strict";
import { nextTurn } from "../../src/engine/clock";
import { wasStopped } from "../../src/extension/process/stopped";
import type { Command } from "../../src/extension/process/command";
import { RemoteError } from "../../src/rpc/remoteError";
import { startAgainExit } from "../../src/rpc/wire";
import { unlikeBytes } from "../support/files";
import { slowReader, type SlowBoard } from "../support/slowPeers";
import { fromSource, tend, wantedFor, type Tended } from "../support/stdioChild";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const small = Buffer.from(unlikeBytes(8 * 512 + 7));
const badPlan = { ".vscode/boot-plan.json": `{ "boot": 7 }` };

/** Node with a line of its own instead of the program. */
const instead = (script: string): Command => ({ file: process.execPath, args: ["-e", script], env: {} });

/** A wrapper that waits for somebody who never comes, and hears nothing. */
const hanging = instead("setInterval(() => {}, 1000)");

const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("the servers' process as the extension tends it (DESIGN §2.1)", function () {
  this.timeout(120_000);
  let folder: TemporaryFolder;
  const open: (() => unknown)[] = [];
  let command: Command;
  let all: Tended;

  beforeEach(async () => {
    folder = await temporaryFolder({ "small.bin": small });
    command = fromSource();
    all = tend(() => command, { quietMs: 100, endMs: 100 });
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
    await all.child.stopNow();
    await folder.remove();
  });

  const reader = async (): Promise<SlowBoard> => {
    const board = await slowReader(all.server("tftp").port, "small.bin");
    open.push(() => board.close());
    await all.until(() => all.store.hasRunning());
    return board;
  };
  const tenReaders = async (): Promise<SlowBoard[]> => {
    const boards: SlowBoard[] = [];
    while (boards.length < 10) boards.push(await reader());
    return boards;
  };
  const serve = (): Promise<void> => all.child.configure(wantedFor(folder.path));
  /** The same, started in another way. */
  const another = (): Command => ({ ...fromSource(), env: { ...fromSource().env, ANOTHER: "1" } });
  const refusal = async (asked: Promise<unknown>): Promise<RemoteError> => {
    const error: unknown = await asked.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof RemoteError, String(error));
    return error;
  };

  describe("when it is to be started in another way (bootServers.launch, bootServers.node)", () => {
    it("is replaced at once, and the next one has the same ports", async () => {
      await serve();
      const { pid } = all.child;
      const { port } = all.server("tftp");
      command = another();
      await all.child.configure({ ...wantedFor(folder.path), ports: { bootp: 0, tftp: port, ftp: 0 } });
      assert.notEqual(all.child.pid, pid);
      assert.deepEqual([all.server("tftp").state, all.server("tftp").port], ["running", port]);
      await all.until(() => all.ends === 1);
      assert.equal(runs(pid!), false);
    });

    it("finishes its transfers, whose rows still come, and a board can load from the next one meanwhile", async () => {
      await serve();
      const { pid } = all.child;
      const first = await reader();
      command = another();
      await serve();
      assert.equal(all.ends, 0);
      const second = await reader();
      for (const board of [second, first]) {
        await board.finish();
        assert.ok(Buffer.from(board.bytes).equals(small));
      }
      await all.until(() => all.ends === 1);
      assert.equal(runs(pid!), false);
      const transfers = [...all.store.now.transfers.values()];
      assert.deepEqual(
        transfers.map(({ state, bytes }) => [state, bytes]),
        [
          ["finished", small.length],
          ["finished", small.length],
        ],
      );
      assert.equal(all.server("tftp").state, "running");
    });

    it("Cancel Transfer and Stop Now reach the transfers of both", async () => {
      await serve();
      await reader();
      command = another();
      await serve();
      const cancelled = all.store.runningTransfers()[0]!.id;
      await reader();
      all.child.cancelTransfer(cancelled);
      await all.until(() => all.ends === 1);
      assert.deepEqual(
        [...all.store.now.transfers.values()].map(({ state }) => state),
        ["cancelled", "running"],
      );
      command = fromSource();
      await serve();
      await all.child.stopNow();
      assert.deepEqual([all.ends, all.store.hasRunning()], [3, false]);
    });

    it("goes on as it did when the plan has problems", async () => {
      await serve();
      const { pid } = all.child;
      for (const [name, text] of Object.entries(badPlan)) await folder.write(name, text);
      command = another();
      assert.equal((await refusal(serve())).code, "plan.invalid");
      assert.deepEqual([all.child.pid, all.server("tftp").state], [pid, "running"]);
    });

    it("leaves nothing behind when the next one cannot be started", async () => {
      await serve();
      command = { file: "no-such-wrapper", args: [], env: {} };
      assert.match((await refusal(serve())).message, /spawn no-such-wrapper ENOENT/);
      await all.until(() => all.ends === 2);
      assert.deepEqual([all.child.pid, all.store.isServing(), all.gaveUp], [undefined, false, []]);
    });
  });

  it("is started again as often as it says that it wants that: it has not failed", async () => {
    command = instead(`
      process.stdin.on("data", (text) => {
        const body = JSON.stringify({ jsonrpc: "2.0", id: Number(/"id":(\\d+)/.exec(text)[1]), result: null });
        const exit = () => process.exit(${startAgainExit});
        process.stdout.write("Content-Length: " + body.length + "\\r\\n\\r\\n" + body, exit);
      });`);
    await serve();
    await all.until(() => all.ends >= 6);
    command = fromSource();
    await all.until(({ now }) => now.servers.get("tftp")?.state === "running");
    assert.deepEqual(all.gaveUp, []);
  });

  describe("while it starts", () => {
    it("two starts at once make one process", async () => {
      await Promise.all([serve(), serve()]);
      assert.equal(all.server("tftp").state, "running");
      await all.child.stopNow();
      assert.equal(all.ends, 1);
    });

    it("a plan with problems leaves no process, however often it was started", async () => {
      for (const [name, text] of Object.entries(badPlan)) await folder.write(name, text);
      const codes = (await Promise.all([refusal(serve()), refusal(serve())])).map(({ code }) => code);
      assert.deepEqual(codes, ["plan.invalid", "plan.invalid"]);
      await all.until(() => all.ends === 1);
      assert.deepEqual([all.child.pid, all.gaveUp], [undefined, []]);
    });

    it("a question for the networks and a start share it, whichever comes first", async () => {
      const [networks] = await Promise.all([all.child.networks(), serve()]);
      assert.ok(networks.some(({ name }) => name === "lo" || name.startsWith("lo")));
      assert.equal(all.server("tftp").state, "running");
      await all.child.stopNow();
      await Promise.all([serve(), all.child.networks()]);
      assert.equal(all.server("tftp").state, "running");
      await all.child.stopNow();
      await all.child.networks();
      await all.until(() => all.ends === 3);
      assert.equal(all.child.pid, undefined);
    });

    it("Stop ends it, and the start says that it was stopped", async () => {
      for (const ends of [0, 1]) {
        const starting = refusal(serve());
        // The second time its process is there, and has told nothing yet.
        if (ends > 0) while (all.child.pid === undefined) await nextTurn();
        await all.child.drain();
        assert.equal(wasStopped(await starting), true);
        assert.deepEqual([all.child.pid, all.store.isServing(), all.ends], [undefined, false, ends]);
      }
    });

    it("one that hangs is told of, and Stop ends it", async () => {
      command = hanging;
      const starting = refusal(serve());
      await all.until(() => all.quiet === 1);
      const pid = all.child.pid!;
      await all.child.drain();
      assert.equal(wasStopped(await starting), true);
      assert.equal(runs(pid), false);
    });

    it("one that hangs is let go when another command is chosen", async () => {
      command = hanging;
      const starting = refusal(serve());
      await all.until(() => all.quiet === 1);
      command = fromSource();
      await serve();
      assert.equal(all.server("tftp").state, "running");
      assert.equal(wasStopped(await starting), true);
    });

    for (const [what, text] of [
      ["a banner", "welcome to this host\\r\\n\\r\\n"],
      ["a line before the protocol", "welcome\\nContent-Length: 2\\r\\n\\r\\n{}"],
      ["a message that is none", "Content-Length: 3\\r\\n\\r\\nxyz"],
    ] as const) {
      it(`one that writes ${what} to stdout says so, and is ended`, async () => {
        command = instead(`process.stdout.write("${text}"); setInterval(() => {}, 1000)`);
        const error = await refusal(serve());
        assert.deepEqual(
          [error.code, error.remedy?.includes("bootServers.launch")],
          ["engine.garbled", true],
        );
        await all.until(() => all.ends === 1);
        assert.deepEqual([all.child.pid, all.gaveUp], [undefined, []]);
      });
    }
  });

  it("Stop When Finished waits as long as --linger says, and not for ever", async () => {
    command = fromSource("--linger", "1");
    await serve();
    const board = await reader();
    assert.equal(await board.step(), true);
    await all.child.drain();
    assert.equal(all.transfer("small.bin")?.state, "cancelled");
    assert.equal(all.ends, 1);
  });

  it("Stop Now ends one that does not answer any more", async () => {
    await serve();
    await reader();
    process.kill(all.child.pid!, "SIGSTOP");
    await all.child.stopNow();
    assert.deepEqual([all.ends, all.transfer("small.bin")?.state, all.gaveUp], [1, "failed", []]);
  });

  it("a window that closes or reloads lets each of them end with its last transfer, 20 of them (X20)", async () => {
    await serve();
    const boards = await tenReaders();
    command = another();
    await serve();
    boards.push(...(await tenReaders()));
    all.child.dispose();
    for (const board of boards) {
      await board.finish();
      assert.ok(Buffer.from(board.bytes).equals(small));
    }
    await all.until(() => all.ends === 2);
  });
});
