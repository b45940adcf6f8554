import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { EngineError } from "../../src/engine/errors";
import { PlanError } from "../../src/engine/planFile";
import type { Engine } from "../../src/model/api";
import type { NetworkInterface } from "../../src/model/networks";
import type { LogRow, Row, ServerRow, TransferRow } from "../../src/model/events";
import type { Problem } from "../../src/model/plan";
import { defaultWanted, type Wanted } from "../../src/model/settings";
import { applyRow, newState, snapshotOf } from "../../src/model/snapshot";
import { connectEngine, RemoteError, type RemoteEngine } from "../../src/rpc/remote";
import { serveEngine } from "../../src/rpc/serve";

const wanted: Wanted = { ...defaultWanted, folder: "/drop", ftpPassword: "secret" };

const server = (state: ServerRow["state"]): ServerRow => ({
  type: "server",
  id: "tftp",
  protocol: "tftp",
  state,
  addresses: ["127.0.0.1"],
  port: 6969,
  warnings: [],
});

const transfer = (id: string, bytes: number, state: TransferRow["state"] = "running"): TransferRow => ({
  type: "transfer",
  id,
  protocol: "tftp",
  direction: "read",
  file: "u-boot.bin",
  address: "127.0.0.1",
  port: 1234,
  localAddress: "127.0.0.1",
  state,
  bytes,
  size: 1000,
  startedAt: 1,
  bytesPerSecond: 1,
  options: { blksize: 512 },
  retransmissions: 0,
});

const loopback: NetworkInterface = {
  name: "lo",
  kind: "loopback",
  addresses: [{ address: "127.0.0.1", netmask: "255.0.0.0" }],
  gateway: false,
};

const log = (id: string): LogRow => ({ type: "log", id, at: 1, level: "info", message: id });

/** An engine that writes down what it was asked, and does what the test says. */
class ScriptedEngine implements Engine {
  readonly calls: unknown[] = [];
  readonly listeners = new Set<(row: Row) => void>();
  private readonly state = newState();
  /** What each of the three that take time does. */
  work: () => Promise<void> = () => Promise.resolve();

  tell(...rows: Row[]): void {
    for (const row of rows) {
      applyRow(this.state, row, 1000);
      for (const listener of this.listeners) listener(row);
    }
  }

  private async do(...call: unknown[]): Promise<void> {
    this.calls.push(call);
    await this.work();
  }

  configure = (given: Wanted): Promise<void> => this.do("configure", given);
  drain = (): Promise<void> => this.do("drain");
  stopNow = (): Promise<void> => this.do("stopNow");
  networks = (): Promise<readonly NetworkInterface[]> => this.do("networks").then(() => [loopback]);
  cancelTransfer = (id: string): void => void this.calls.push(["cancelTransfer", id]);
  restartSequence = (id: string): void => void this.calls.push(["restartSequence", id]);
  snapshot = (): ReturnType<Engine["snapshot"]> => snapshotOf(this.state);
  onRow(listener: (row: Row) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

interface Pipe {
  readonly engine: ScriptedEngine;
  readonly remote: RemoteEngine;
  readonly toProgram: PassThrough;
  readonly toExtension: PassThrough;
  /** Resolves when the program has noticed that the extension is gone. */
  readonly served: Promise<void>;
}

function pipe(): Pipe {
  const engine = new ScriptedEngine();
  const [toProgram, toExtension] = [new PassThrough(), new PassThrough()];
  const served = serveEngine(engine, toProgram, toExtension);
  return { engine, remote: connectEngine(toExtension, toProgram), toProgram, toExtension, served };
}

/** The error that a promise is rejected with. */
async function refusal(work: Promise<unknown>): Promise<RemoteError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof RemoteError, String(error));
  return error;
}

describe("the pipe between the extension and the program (DESIGN §4)", () => {
  it("carries what is wanted, and every question, as they are", async () => {
    const { engine, remote } = pipe();
    await remote.configure(wanted);
    remote.cancelTransfer("tftp-1");
    remote.restartSequence("52:54:00:12:34:56");
    assert.deepEqual(await remote.networks(), [loopback]);
    await remote.drain();
    await remote.stopNow();
    assert.deepEqual(engine.calls, [
      ["configure", wanted],
      ["cancelTransfer", "tftp-1"],
      ["restartSequence", "52:54:00:12:34:56"],
      ["networks"],
      ["drain"],
      ["stopNow"],
    ]);
  });

  it("gives the rows before the answer that they led to, so that the snapshot is true by then", async () => {
    const { engine, remote } = pipe();
    const heard: Row[] = [];
    remote.onRow((row) => heard.push(row));
    engine.work = () => {
      engine.tell(server("starting"), log("log-1"), transfer("tftp-1", 512));
      return Promise.resolve().then(() => {
        engine.tell(server("running"));
      });
    };
    await remote.configure(wanted);
    assert.deepEqual(remote.snapshot(), engine.snapshot());
    assert.deepEqual(heard.at(-1), server("running"));
    assert.equal(heard.filter(({ type }) => type === "log").length, 1);
  });

  it("answers a question while another one takes its time", async () => {
    const { engine, remote } = pipe();
    let finish = (): void => undefined;
    engine.work = () => new Promise((resolve) => (finish = resolve));
    let drained = false;
    const draining = remote.drain().then(() => (drained = true));
    engine.tell(server("stopped"));
    await new Promise<void>((resolve) =>
      remote.onRow(() => {
        resolve();
      }),
    );
    const finishDrain = finish;
    engine.work = () => Promise.resolve();
    await remote.configure(wanted);
    assert.equal(drained, false);
    finishDrain();
    await draining;
  });

  it("says why something was refused: code, sentence and remedy", async () => {
    const { engine, remote } = pipe();
    const trouble = { code: "root.protected", message: "not this folder", remedy: "Name another one." };
    engine.work = () => Promise.reject(new EngineError(trouble));
    const { code, message, remedy, problems } = await refusal(remote.configure(wanted));
    assert.deepEqual({ code, message, remedy, problems }, { ...trouble, problems: [] });
  });

  it("gives each problem of a plan with its place", async () => {
    const { engine, remote } = pipe();
    const problem: Problem = {
      severity: "error",
      file: ".vscode/boot-plan.json",
      line: 3,
      column: 12,
      message: '"boot" names no file',
    };
    engine.work = () => Promise.reject(new PlanError([problem]));
    const error = await refusal(remote.configure(wanted));
    assert.equal(error.code, "plan.invalid");
    assert.deepEqual(error.problems, [problem]);
  });

  it("says what any other error said, under a code of its own", async () => {
    const { engine, remote } = pipe();
    engine.work = () => Promise.reject(new TypeError("a mistake of ours"));
    const { code, message } = await refusal(remote.drain());
    assert.deepEqual({ code, message }, { code: "engine.failed", message: "a mistake of ours" });
  });

  it("a reader that is slow gets the latest row of each id, and everything before an answer", async () => {
    const { engine, remote, toExtension } = pipe();
    const heard: Row[] = [];
    remote.onRow((row) => heard.push(row));
    toExtension.pause();
    toExtension.cork();
    for (let bytes = 0; bytes < 5000; bytes++) {
      engine.tell(transfer(`tftp-${bytes % 10}`, bytes));
      if (bytes % 100 === 0) await Promise.resolve();
    }
    engine.work = () => {
      engine.tell(transfer("tftp-3", 1000, "finished"));
      return Promise.resolve();
    };
    const configured = remote.configure(wanted);
    toExtension.uncork();
    toExtension.resume();
    await configured;
    assert.deepEqual(remote.snapshot(), engine.snapshot());
    assert.ok(heard.length < 100, `${heard.length} rows`);
  });

  it("the extension's end of the pipe closing stops the rows and nothing else", async () => {
    const { engine, remote, toProgram, served } = pipe();
    await remote.configure(wanted);
    toProgram.end();
    await served;
    assert.equal(engine.listeners.size, 0);
    engine.tell(server("running"));
    assert.deepEqual(engine.calls, [["configure", wanted]]);
  });

  it("the program's end closing rejects what was asked, and what is asked from then on", async () => {
    const { engine, remote, toExtension } = pipe();
    engine.work = () => new Promise(() => undefined);
    const asked = refusal(remote.configure(wanted));
    toExtension.end();
    await remote.closed;
    assert.equal((await asked).code, "engine.gone");
    assert.equal((await refusal(remote.drain())).code, "engine.gone");
    remote.cancelTransfer("tftp-1");
    remote.restartSequence("bench-1");
  });
});
