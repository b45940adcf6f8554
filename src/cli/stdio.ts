/**
 * `serve --stdio`: the engine and the verifier over stdin and stdout, for the extension. Nothing starts until `configure` comes.
 * stdout carries the protocol alone; whatever else would be written there goes to stderr.
 */

import { Console } from "node:console";
import { Writable } from "node:stream";
import { createEngine } from "../engine/engine";
import { createVerifier } from "../engine/verification/verifier";
import { serveEngine } from "../rpc/serve";
import type { GiveRootUp } from "./root";
import { startThread } from "./thread";
import { linger, stopRequests, watchRights } from "./stopping";

export interface StdioOptions {
  readonly command: "stdio";
  readonly lingerSeconds: number;
  /** It may serve as root. */
  readonly asRoot: boolean;
}

/** @returns the exit code, once the other end has gone and the last transfer has ended. */
export async function serveStdio({ lingerSeconds }: StdioOptions, prepare?: GiveRootUp): Promise<number> {
  const output = takeStdout();
  const engine = createEngine({ startThread });
  const stop = stopRequests();
  const exitCode = watchRights(engine, stop);
  const options = { lingerSeconds, ...(prepare && { prepare }) };
  const pipe = serveEngine(engine, createVerifier(), process.stdin, output, options);
  void pipe.closed.then(() => {
    // A pipe that is lost is a reason to stop, never one to cut a board's transfer (DESIGN §2.1).
    stop.request();
  });
  await linger(engine, stop, lingerSeconds, (running, seconds) => {
    if (running === 0) return;
    const transfers = running === 1 ? "1 running transfer has" : `${running} running transfers have`;
    process.stderr.write(`${transfers} ${seconds} s to end\n`);
  });
  await engine.stopNow();
  await Promise.race([pipe.answered(), pipe.closed]);
  stop.dispose();
  process.stdin.destroy();
  return exitCode();
}

/** What is written to stdout from now on goes to stderr. @returns what writes to stdout still. */
export function stdoutToStderr(): typeof process.stdout.write {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  globalThis.console = new Console(process.stderr);
  return write;
}

/** The only way to stdout from now on: a stray line of any library would break the protocol. */
function takeStdout(): Writable {
  const write = stdoutToStderr();
  return new Writable({
    write: (chunk: Uint8Array, _, done) => {
      write(chunk, done);
    },
  });
}
