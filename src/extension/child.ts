/**
 * The servers' process: started when it is needed, started again when it died, never killed while a board
 * loads (DESIGN §2.1). Knows nothing of VS Code.
 */

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import type { Engine } from "../model/api";
import type { Row } from "../model/events";
import type { NetworkInterface } from "../model/networks";
import type { Wanted } from "../model/settings";
import { connectEngine, RemoteError, type RemoteEngine } from "../rpc/remote";

/** A program, its arguments, and what is added to this process's environment. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface CommandSettings {
  /** `bootServers.launch`: a program and arguments that run ours with more rights, or elsewhere. */
  readonly launch: readonly string[];
  /** `bootServers.node`: a Node for the wrapper; empty: the editor's own. */
  readonly node: string;
}

/** Without it the editor's binary starts an editor. */
const runAsNode = "ELECTRON_RUN_AS_NODE";

/**
 * What starts the servers' process.
 * @param execPath the editor's binary, or the Node of its server. @param cli path of dist/cli.js.
 */
export function commandFor({ launch, node }: CommandSettings, execPath: string, cli: string): Command {
  const [wrapper, ...wrapperArgs] = launch;
  const run = [node === "" ? execPath : node, cli, "serve", "--stdio"];
  const env = { [runAsNode]: "1" };
  if (wrapper === undefined) return { file: run[0] ?? "", args: run.slice(1), env };
  // A wrapper may reset the environment (sudo does): the variable goes onto its command line as well, since
  // otherwise it would start the editor itself, with the wrapper's rights.
  const inner = node === "" ? ["env", `${runAsNode}=1`, ...run] : run;
  return { file: wrapper, args: [...wrapperArgs, ...inner], env };
}

/** A process that ends more often than this, so quickly, is not started again. */
const mostExits = 4;
const withinMs = 3 * 60_000;

/** True when a process that ended at these times (ms, the last one now) is to be started again. */
export function mayRestart(exits: readonly number[]): boolean {
  const last = exits.at(-1) ?? 0;
  return exits.filter((at) => last - at <= withinMs).length < mostExits;
}

export interface ChildEvents {
  row(row: Row): void;
  /** A line on the process's stderr, or a word of ours about the process. */
  log(level: "info" | "warning" | "error", line: string): void;
  /** The process has ended; what it last told is no longer true. */
  ended(): void;
  /** It ended too often, or could not be started again: nothing is served until the user starts it. */
  gaveUp(message: string): void;
}

/** One process that runs. */
interface Run {
  readonly process: ChildProcessWithoutNullStreams;
  readonly engine: RemoteEngine;
  /** Resolves when it has ended, with how: `exit code 1`, `SIGKILL`, `spawn pkexec ENOENT`. */
  readonly ended: Promise<string>;
}

const isGone = (error: unknown): boolean => error instanceof RemoteError && error.code === "engine.gone";

export class Child implements Omit<Engine, "snapshot" | "onRow"> {
  private run: Run | undefined;
  /** Set while servers are wanted: what a new process is told. */
  private wanted: Wanted | undefined;
  private exits: number[] = [];
  /** Counts what was asked of it: an answer that is overtaken decides nothing. */
  private turn = 0;
  /** The end of the process before this one: until then its rows come. */
  private leaving: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly command: () => Command,
    private readonly events: ChildEvents,
    private readonly now: () => number = Date.now,
  ) {}

  /** The process's id, for who wants to look at it. */
  get pid(): number | undefined {
    return this.run?.process.pid;
  }

  /** @throws RemoteError */
  async configure(wanted: Wanted): Promise<void> {
    this.turn += 1;
    const earlier = this.wanted;
    this.wanted = wanted;
    await this.leaving;
    const run = (this.run ??= this.start());
    try {
      await run.engine.configure(wanted);
    } catch (error) {
      // What ran goes on as it did.
      this.wanted = earlier;
      if (earlier === undefined) this.letGo();
      if (!isGone(error)) throw error;
      const message = `the servers' process ended: ${await run.ended}`;
      throw new RemoteError({ trouble: { code: "engine.gone", message } }, { cause: error });
    }
  }

  drain(): Promise<void> {
    return this.stop((engine) => engine.drain());
  }

  stopNow(): Promise<void> {
    return this.stop((engine) => engine.stopNow());
  }

  /** Where no process runs one is started for it, and let go. @throws RemoteError */
  async networks(): Promise<readonly NetworkInterface[]> {
    if (this.run !== undefined) return this.run.engine.networks();
    await this.leaving;
    const { engine } = (this.run ??= this.start());
    try {
      return await engine.networks();
    } finally {
      if (this.wanted === undefined) this.letGo();
    }
  }

  cancelTransfer(id: string): void {
    this.run?.engine.cancelTransfer(id);
  }

  restartSequence(clientId: string): void {
    this.run?.engine.restartSequence(clientId);
  }

  /** Ends the pipe: the process stops listening at once, and exits with its last transfer. */
  dispose(): void {
    this.wanted = undefined;
    this.letGo();
  }

  private async stop(how: (engine: RemoteEngine) => Promise<void>): Promise<void> {
    const turn = (this.turn += 1);
    this.wanted = undefined;
    this.exits = [];
    const { run } = this;
    if (run === undefined) return;
    try {
      await how(run.engine);
    } catch (error) {
      // A process that has ended has stopped.
      if (!isGone(error)) throw error;
    }
    if (this.turn !== turn) return;
    this.letGo();
    await run.ended;
  }

  private letGo(): void {
    const { run } = this;
    if (run === undefined) return;
    this.run = undefined;
    this.leaving = run.ended;
    run.process.stdin.end();
  }

  private start(): Run {
    const { file, args, env } = this.command();
    const child = spawn(file, args, { stdio: "pipe", env: { ...process.env, ...env }, windowsHide: true });
    this.events.log("info", `starting ${[file, ...args].join(" ")}`);
    const engine = connectEngine(child.stdout, child.stdin);
    const stopRows = engine.onRow((row) => {
      this.events.row(row);
    });
    // A write to a process that has just ended: its exit says all there is to say.
    child.stdin.on("error", () => undefined);
    createInterface(child.stderr).on("line", (line) => {
      this.events.log("warning", line);
    });
    const ended = new Promise<string>((resolve) => {
      child.once("error", ({ message }) => {
        resolve(message);
      });
      child.once("close", (code, signal) => {
        resolve(signal === null ? `exit code ${code ?? "unknown"}` : signal);
      });
    });
    const run: Run = {
      process: child,
      engine,
      ended: ended.then((reason) => {
        stopRows();
        engine.dispose();
        this.events.ended();
        if (this.run === run) this.died(reason);
        return reason;
      }),
    };
    return run;
  }

  /** It ended and nobody had asked it to. */
  private died(reason: string): void {
    this.run = undefined;
    const { wanted } = this;
    this.exits.push(this.now());
    this.events.log("error", `the servers' process ended: ${reason}`);
    if (wanted === undefined) return;
    if (!mayRestart(this.exits)) {
      this.wanted = undefined;
      this.exits = [];
      this.events.gaveUp(`The servers' process ended ${mostExits} times within 3 minutes (${reason}).`);
      return;
    }
    this.configure(wanted).catch((error: unknown) => {
      // A process that ends before it has answered is the next exit, which is counted there.
      if (isGone(error)) return;
      this.wanted = undefined;
      this.events.gaveUp(error instanceof Error ? error.message : String(error));
    });
  }
}
