/** A program that runs in the place of this one: it has this one's pipes or terminal, and its end is this one's. */

import { spawn } from "node:child_process";
import { constants } from "node:os";
import { stopSignals } from "./exitCodes";

/** A terminal that has another size now: who draws bars wants to know. */
const passedOn = [...stopSignals, "SIGWINCH"] as const;

/** Runs it to its end, and passes on the signals that are sent to this process. @returns its exit code. */
export function relay([file = "", ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  // In a session of its own, or a Ctrl+C would reach it twice: from the terminal and from here.
  const child = spawn(file, args, { stdio: "inherit", env, detached: true });
  const pass = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  for (const signal of passedOn) process.on(signal, pass);
  return new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      // As a shell tells of a signal.
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  }).finally(() => {
    for (const signal of passedOn) process.off(signal, pass);
  });
}
