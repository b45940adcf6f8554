import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { connectEngine, type RemoteEngine } from "../../src/rpc/remote";
import { RemoteError } from "../../src/rpc/remoteError";
import type { Row } from "../../src/model/events";
import type { Snapshot } from "../../src/model/snapshot";
import { unlikeBytes } from "../support/files";
import { rowsOf } from "../support/rowsOf";
import { slowReader, type SlowBoard } from "../support/slowPeers";
import { fromSource, tend, wantedFor, type Tended } from "../support/stdioChild";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const small = Buffer.from(unlikeBytes(8 * 512 + 7));

describe("serve --stdio, the extension's child process (DESIGN §2.1, §4)", function () {
  this.timeout(120_000);
  let folder: TemporaryFolder;
  const open: (() => unknown)[] = [];
  const lastly = <T>(thing: T, close: (thing: T) => unknown): T => {
    open.push(() => close(thing));
    return thing;
  };

  beforeEach(async () => {
    folder = await temporaryFolder({ "small.bin": small });
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
    await folder.remove();
  });

  const reader = async (port: number): Promise<SlowBoard> =>
    lastly(await slowReader(port, "small.bin"), (board) => board.close());

  interface Piped {
    readonly remote: RemoteEngine;
    readonly process: ReturnType<typeof spawn>;
    /** Everything on stdout. */
    output(): string;
    errors(): string;
    /** Resolves with the exit code. */
    readonly exit: Promise<number | null>;
    row(wanted: (row: Row) => boolean): Promise<Row>;
    snapshot(): Snapshot;
    port(): number;
  }

  function start(...flags: string[]): Piped {
    const { file, args } = fromSource(...flags);
    const child = spawn(file, args, { stdio: "pipe" });
    let [output, errors] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("latin1")));
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.stdin.on("error", () => undefined);
    const remote = connectEngine(child.stdout, child.stdin);
    const snapshot = rowsOf(remote);
    const exit = once(child, "close").then(([code]) => code as number | null);
    lastly(child, async () => {
      child.kill("SIGKILL");
      await exit;
    });
    return {
      remote,
      process: child,
      output: () => output,
      errors: () => errors,
      exit,
      row: (wanted) =>
        new Promise((resolve) => {
          const off = remote.onRow((row) => {
            if (!wanted(row)) return;
            off();
            resolve(row);
          });
        }),
      snapshot,
      port: () => snapshot().servers.get("tftp")!.port,
    };
  }

  it("starts nothing until it is told what, then serves, and exits with 0 at the end of stdin", async () => {
    const piped = start();
    assert.equal(piped.snapshot().servers.size, 0);
    await piped.remote.configure(wantedFor(folder.path));
    assert.deepEqual(
      [...piped.snapshot().servers.values()].map(({ protocol, state, addresses }) => [
        protocol,
        state,
        addresses,
      ]),
      (["bootp", "tftp", "ftp"] as const).map((protocol) => [protocol, "running", ["127.0.0.1"]]),
    );
    const finished = piped.row((row) => row.type === "transfer" && row.state === "finished");
    const board = await reader(piped.port());
    await board.finish();
    assert.ok(Buffer.from(board.bytes).equals(small));
    const row = await finished;
    assert.equal(row.type === "transfer" && row.bytes, small.length);
    piped.process.stdin!.end();
    assert.equal(await piped.exit, 0);
    assert.equal(piped.errors(), "");
  });

  it("writes nothing but the protocol to stdout: framed messages from the first byte to the last", async () => {
    const piped = start();
    await piped.remote.configure(wantedFor(folder.path));
    await piped.remote.drain();
    piped.process.stdin!.end();
    assert.equal(await piped.exit, 0);
    let rest = piped.output();
    let messages = 0;
    while (rest !== "") {
      const [head, length] = /^Content-Length: (\d+)\r\n\r\n/.exec(rest) ?? [];
      assert.ok(head !== undefined, `no header at: ${rest.slice(0, 80)}`);
      const body = rest.slice(head.length, head.length + Number(length));
      assert.equal((JSON.parse(body) as { jsonrpc: string }).jsonrpc, "2.0");
      rest = rest.slice(head.length + Number(length));
      messages += 1;
    }
    assert.ok(messages >= 3, `${messages} messages`);
  });

  it("at the end of stdin it listens no more, and exits once the board that loads has its file", async () => {
    const piped = start();
    await piped.remote.configure(wantedFor(folder.path));
    const ftpPort = piped.snapshot().servers.get("ftp")!.port;
    const board = await reader(piped.port());
    piped.process.stdin!.end();
    // The window is gone altogether: what is written from now on is EPIPE.
    piped.process.stdout!.destroy();
    // No row can tell any more that it listens no longer: the next connection is tried until it is refused.
    for (;;) {
      const socket = connect({ port: ftpPort, host: "127.0.0.1" });
      const refused = await Promise.race([
        once(socket, "error").then(() => true),
        once(socket, "connect").then(() => false),
      ]).catch(() => true);
      socket.destroy();
      if (refused) break;
    }
    assert.equal(piped.process.exitCode, null);
    await board.finish();
    assert.ok(Buffer.from(board.bytes).equals(small));
    assert.equal(await piped.exit, 0);
  });

  it("a message that is cut off with the pipe keeps nothing alive: a window that dies while it writes", async () => {
    const { remote, process: child, exit } = start();
    await remote.networks();
    child.stdin!.end('Content-Length: 1000\r\n\r\n{"jsonrpc":');
    assert.equal(await exit, 0);
  });

  it("SIGTERM lets a running transfer end, a second one does not; stdin may still be open", async () => {
    const piped = start();
    await piped.remote.configure(wantedFor(folder.path));
    const board = await reader(piped.port());
    const stopped = piped.row((row) => row.type === "server" && row.state === "stopped");
    piped.process.kill("SIGTERM");
    await stopped;
    assert.equal(await board.step(), true);
    piped.process.kill("SIGTERM");
    assert.equal(await piped.exit, 0);
    assert.match(piped.errors(), /^1 running transfer has 600 s to end\n$/);
  });

  it("the plan's problems come to the other end, and nothing was started", async () => {
    await folder.write(".vscode/boot-plan.json", `{ "boot": 7 }`);
    const piped = start();
    const error: unknown = await piped.remote.configure(wantedFor(folder.path)).catch((e: unknown) => e);
    assert.ok(error instanceof RemoteError);
    assert.equal(error.code, "plan.invalid");
    assert.deepEqual(
      error.problems.map(({ file, line, column }) => [file, line, column]),
      [[".vscode/boot-plan.json", 1, 11]],
    );
    assert.equal(piped.snapshot().servers.size, 0);
    piped.process.stdin!.end();
    assert.equal(await piped.exit, 0);
  });

  describe("as the extension tends it", () => {
    const tended = (command = fromSource): Tended =>
      lastly(
        tend(() => command()),
        ({ child }) => child.stopNow(),
      );

    it("one that is killed is started again with what was wanted; what it carried has failed", async () => {
      const { child, store, until, server, transfer, ...rest } = tended();
      await child.configure(wantedFor(folder.path));
      const first = child.pid!;
      await reader(server("tftp").port);
      await until(() => transfer("small.bin"));
      process.kill(first, "SIGKILL");
      await until(() => transfer("small.bin")?.state === "failed");
      await until(() => child.pid !== first && server("ftp").state === "running");
      assert.deepEqual(transfer("small.bin")?.trouble?.code, "engine.died");
      const board = await reader(server("tftp").port);
      await board.finish();
      await until(() => transfer("small.bin")?.state === "finished");
      assert.equal(store.now.transfers.size, 2);
      assert.deepEqual(rest.gaveUp, []);
    });

    it("one that ends again and again is given up after four times, with a word about it", async () => {
      const dying = { file: process.execPath, args: ["-e", "process.exit(7)"], env: {} };
      let command = fromSource();
      const all = lastly(
        tend(() => command),
        ({ child }) => child.stopNow(),
      );
      await all.child.configure(wantedFor(folder.path));
      command = dying;
      process.kill(all.child.pid!, "SIGKILL");
      await all.until(() => all.gaveUp.length > 0);
      assert.deepEqual(all.gaveUp, ["The servers' process ended 4 times within 3 minutes (exit code 7)."]);
      assert.equal(all.child.pid, undefined);
      assert.equal(all.store.isServing(), false);
      // It can be started all the same.
      command = fromSource();
      await all.child.configure(wantedFor(folder.path));
      assert.equal(all.server("tftp").state, "running");
    });

    it("one that cannot be started says why, once, and is not tried again", async () => {
      const none = { file: "no-such-wrapper", args: [], env: {} };
      const all = tended(() => none);
      await assert.rejects(all.child.configure(wantedFor(folder.path)), /spawn no-such-wrapper ENOENT/);
      assert.equal(all.child.pid, undefined);
      assert.deepEqual(all.gaveUp, []);
    });

    it("stopping leaves no process; what was asked for in between is served by the one that runs", async () => {
      const all = tended();
      await all.child.configure(wantedFor(folder.path));
      const first = all.child.pid;
      const board = await reader(all.server("tftp").port);
      const draining = all.child.drain();
      await all.until(() => all.server("tftp").state === "stopped");
      await all.child.configure(wantedFor(folder.path));
      assert.equal(all.child.pid, first);
      await board.finish();
      await draining;
      assert.equal(all.server("tftp").state, "running");
      await all.child.drain();
      assert.equal(all.child.pid, undefined);
      assert.deepEqual([all.ends, all.server("tftp").state], [1, "stopped"]);
    });

    it("Stop Now ends what runs", async () => {
      const all = tended();
      await all.child.configure(wantedFor(folder.path));
      await reader(all.server("tftp").port);
      await all.until(() => all.transfer("small.bin"));
      await all.child.stopNow();
      assert.equal(all.transfer("small.bin")?.state, "cancelled");
      assert.equal(all.ends, 1);
    });

    it("a process that is let go with a running transfer ends with it (a window that closes)", async () => {
      const all = tend(fromSource);
      await all.child.configure(wantedFor(folder.path));
      const board = await reader(all.server("tftp").port);
      all.child.dispose();
      await board.finish();
      await all.until(() => all.ends === 1);
      assert.deepEqual(all.gaveUp, []);
    });
  });
});
