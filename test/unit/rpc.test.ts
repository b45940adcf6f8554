import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { EngineError } from "../../src/engine/errors";
import { PlanError } from "../../src/engine/planFile";
import type { Check } from "../../src/model/checks";
import type { Engine } from "../../src/model/api";
import type { EveryBoard } from "../../src/model/everyBoard";
import type { NetworkInterface } from "../../src/model/networks";
import type { LogRow, ReportRow, Row, ServerRow, StepRow, TransferRow } from "../../src/model/events";
import type { Problem } from "../../src/model/plan";
import { defaultWanted, type Wanted } from "../../src/model/settings";
import { applyRow, newState, snapshotOf } from "../../src/model/snapshot";
import type {
  DropRequest,
  Outline,
  Verification,
  Verifier,
  VerifyRequest,
} from "../../src/model/verification";
import { connectEngine, type RemoteEngine } from "../../src/rpc/remote";
import { nextTurn } from "../../src/engine/clock";
import { RemoteError } from "../../src/rpc/remoteError";
import { serveEngine, type ServeOptions } from "../../src/rpc/serve";
import { rowsOf } from "../support/rowsOf";

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

const free: EveryBoard = { kind: "free", pool: ["192.168.7.100-192.168.7.199"] };
const seen: Check = { type: "check", about: "ufw", state: "ok", code: "firewall.inactive", message: "off" };

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
  everyBoard = (given: Wanted): Promise<EveryBoard> => this.do("everyBoard", given).then(() => free);
  check = (given: Wanted): Promise<readonly Check[]> => this.do("check", given).then(() => [seen]);
  cancelTransfer = (id: string): void => void this.calls.push(["cancelTransfer", id]);
  restartSequence = (id: string): void => void this.calls.push(["restartSequence", id]);
  packets = (id: string): Promise<Uint8Array> =>
    this.do("packets", id).then(() => Uint8Array.of(0x0a, 0xff, 0));
  snapshot = (): ReturnType<Engine["snapshot"]> => snapshotOf(this.state);
  onRow(listener: (row: Row) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

const row = (id: string, state: StepRow["state"]): StepRow => ({
  type: "step",
  id,
  client: "any board",
  kind: "tftp",
  name: "u-boot.bin",
  state,
  compared: false,
  durationMs: 1,
  warnings: [],
});

const reported = (...steps: StepRow[]): ReportRow => ({
  type: "report",
  ok: false,
  verdict: "",
  notes: [],
  refused: {},
  steps,
  startedAt: 1,
  durationMs: 1,
});

/** A verifier whose runs last until they are cancelled, and then tell one more step. */
class ScriptedVerifier implements Verifier {
  readonly calls: unknown[] = [];
  cancelled = 0;
  refusal: Error | undefined;

  outline = (request: DropRequest): Promise<Outline> => {
    this.calls.push(request);
    return this.refusal === undefined ? Promise.resolve(noOutline) : Promise.reject(this.refusal);
  };

  verify(request: VerifyRequest, onStep: (row: StepRow) => void): Verification {
    this.calls.push(request);
    onStep(row("step", "running"));
    let end = (): void => undefined;
    const report = new Promise<ReportRow>((resolve) => {
      end = () => {
        onStep(row("step", "skipped"));
        resolve(reported(row("step", "skipped")));
      };
    });
    return {
      report,
      cancel: () => {
        this.cancelled += 1;
        end();
      },
    };
  }
}

const noOutline: Outline = { boards: [], whole: false, problems: [], files: [".vscode/boot-plan.json"] };

interface Pipe {
  readonly engine: ScriptedEngine;
  readonly verifier: ScriptedVerifier;
  readonly remote: RemoteEngine;
  readonly toProgram: PassThrough;
  readonly toExtension: PassThrough;
  readonly program: ReturnType<typeof serveEngine>;
  /** Resolves when the program has noticed that the extension is gone. */
  readonly served: Promise<void>;
}

function pipe(options?: ServeOptions): Pipe {
  const engine = new ScriptedEngine();
  const verifier = new ScriptedVerifier();
  const [toProgram, toExtension] = [new PassThrough(), new PassThrough()];
  const program = serveEngine(engine, verifier, toProgram, toExtension, options);
  const remote = connectEngine(toExtension, toProgram);
  return { engine, verifier, remote, toProgram, toExtension, program, served: program.closed };
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
  it("does what is to be done first before anything is read, and knows then what is to be served", async () => {
    const order: string[] = [];
    const { engine, verifier, remote } = pipe({
      prepare: (first) => {
        order.push(first === undefined ? "prepare" : `prepare for ${first.folder}`);
        return Promise.resolve();
      },
    });
    engine.work = () => {
      order.push("read");
      return Promise.resolve();
    };
    for (const ask of [() => remote.configure(wanted), () => remote.networks(), () => remote.check(wanted)])
      await ask();
    assert.deepEqual(order, ["prepare for /drop", "read", "prepare", "read", "prepare", "read"]);
    await remote.outline({ folder: "/drop" });
    const run = remote.verify({ folder: "/drop", asked: { kind: "own" } }, () => undefined);
    while (verifier.calls.length < 2) await nextTurn();
    assert.deepEqual(order.splice(6), ["prepare", "prepare"]);
    run.cancel();
    await run.report;
  });

  it("has answered each change, in what the other end can read, before it says so", async () => {
    const { engine, remote, program, toExtension } = pipe();
    let end = (): void => undefined;
    engine.work = () => new Promise((resolve) => (end = resolve));
    const configured = remote.configure(wanted);
    while (engine.calls.length === 0) await nextTurn();
    let answered = false;
    const said = program.answered().then(() => (answered = true));
    await nextTurn();
    assert.equal(answered, false);
    end();
    await said;
    // Nothing that is written from now on arrives.
    toExtension.write = () => true;
    await configured;
  });

  it("carries what is wanted, and every question, as they are", async () => {
    const { engine, remote } = pipe();
    await remote.configure(wanted);
    remote.cancelTransfer("tftp-1");
    remote.restartSequence("52:54:00:12:34:56");
    assert.deepEqual(await remote.networks(), [loopback]);
    assert.deepEqual(await remote.check(wanted), [seen]);
    assert.deepEqual(await remote.everyBoard(wanted), free);
    await remote.drain();
    await remote.stopNow();
    assert.deepEqual(engine.calls, [
      ["configure", wanted],
      ["cancelTransfer", "tftp-1"],
      ["restartSequence", "52:54:00:12:34:56"],
      ["networks"],
      ["check", wanted],
      ["everyBoard", wanted],
      ["drain"],
      ["stopNow"],
    ]);
  });

  it("gives the rows before the answer that they led to, so that the snapshot is true by then", async () => {
    const { engine, remote } = pipe();
    const snapshot = rowsOf(remote);
    const heard: Row[] = [];
    remote.onRow((row) => heard.push(row));
    engine.work = () => {
      engine.tell(server("starting"), log("log-1"), transfer("tftp-1", 512));
      return Promise.resolve().then(() => {
        engine.tell(server("running"));
      });
    };
    await remote.configure(wanted);
    assert.deepEqual(snapshot(), engine.snapshot());
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
    const snapshot = rowsOf(remote);
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
    assert.deepEqual(snapshot(), engine.snapshot());
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

  it("a verification tells its steps, is ended by a cancellation, and gives its report after the last step", async () => {
    const { remote, verifier } = pipe();
    const request: VerifyRequest = { folder: "/drop", asked: { kind: "own" }, only: ["any board"] };
    const heard: string[] = [];
    const running = new Promise<void>((resolve) => {
      const verification = remote.verify(request, ({ state }) => {
        heard.push(state);
        if (state === "running") verification.cancel();
      });
      void verification.report.then(({ steps }) => {
        heard.push(`report of ${steps.length}`);
        resolve();
      });
    });
    await running;
    assert.deepEqual(heard, ["running", "skipped", "report of 1"]);
    assert.deepEqual([verifier.calls, verifier.cancelled], [[request], 1]);
  });

  it("two verifications at a time hear each their own steps", async () => {
    const { remote } = pipe();
    const run = async (): Promise<number> => {
      let heard = 0;
      const verification = remote.verify({ folder: "/drop", asked: { kind: "own" } }, () => {
        heard += 1;
        verification.cancel();
      });
      await verification.report;
      return heard;
    };
    assert.deepEqual(await Promise.all([run(), run()]), [2, 2]);
  });

  it("an outline comes as it is, and a plan with errors refuses it with each problem", async () => {
    const { remote, verifier } = pipe();
    assert.deepEqual(await remote.outline({ folder: "/drop", answer: "listed" }), noOutline);
    const problem: Problem = { severity: "error", file: "plan", line: 1, column: 2, message: "not this" };
    verifier.refusal = new PlanError([problem]);
    assert.deepEqual((await refusal(remote.outline({ folder: "/drop" }))).problems, [problem]);
    assert.deepEqual(verifier.calls, [{ folder: "/drop", answer: "listed" }, { folder: "/drop" }]);
  });

  it("verifications end with the pipe: nobody waits for them any more", async () => {
    const { remote, verifier, toProgram, served } = pipe();
    const begun = new Promise<void>((resolve) => {
      remote
        .verify({ folder: "/drop", asked: { kind: "own" } }, () => {
          resolve();
        })
        .report.catch(() => undefined);
    });
    await begun;
    toProgram.end();
    await served;
    assert.equal(verifier.cancelled, 1);
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
