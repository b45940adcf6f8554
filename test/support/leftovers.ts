/**
 * What every test file ends with, but for those of VS Code: descriptors, sockets, timers and the listeners of the
 * process are as they were before it. What is left is named; `LEAKS=1` adds the place where it was made.
 */

import assert from "node:assert/strict";
import { createHook } from "node:async_hooks";
import { relative } from "node:path";
import { descriptors } from "./descriptors";

/** Nothing here needs longer on its own: half a minute is for a machine that is busy with something else. */
const patienceMs = 30_000;

/** Things by name, each with how many there are. */
type Counts = ReadonlyMap<string, number>;

/** What the runtime makes at the first `fs.watch` and keeps to its end: all of them share it. */
const kept = "anon_inode:inotify";

function openNow(): Counts {
  const counts = new Map<string, number>();
  const add = (name: string, count = 1): void => {
    counts.set(name, (counts.get(name) ?? 0) + count);
  };
  for (const target of descriptors()) if (target !== kept) add(target);
  for (const kind of process.getActiveResourcesInfo()) add(kind);
  for (const event of process.eventNames()) {
    add(`process.on("${String(event)}")`, process.listenerCount(event));
  }
  return counts;
}

/** What there is more of than before, as "2 x Timeout". */
function leftOf(before: Counts = new Map()): string[] {
  return [...openNow()].flatMap(([name, count]) => {
    const more = count - (before.get(name) ?? 0);
    return more > 0 ? `${more} x ${name}` : [];
  });
}

/** Kinds of things that stay until somebody closes them. */
const stays =
  /^(Timeout|Immediate|FILEHANDLE|MESSAGEPORT|WORKER|(TCP|TCPSERVER|UDP|PIPE|PROCESS|FSEVENT|SIGNAL|TTY)WRAP)$/;

/** Where each thing was made that has not gone since, for a person who looks for one of them. */
const made = new Map<number, string>();
if (process.env["LEAKS"] === "1") {
  createHook({
    init: (id, type) => {
      if (!stays.test(type)) return;
      made.set(id, [type, ...(new Error().stack ?? "").split("\n").slice(2)].join("\n"));
    },
    destroy: (id) => made.delete(id),
  }).enable();
}

/** Mocha's own timer runs once a hook waits: what is counted after a turn has it before a file and after it. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Adds the check to a file: before its first suite, and after its last. */
function watchFile(file: string, suites: readonly Mocha.Suite[]): void {
  let before: Counts | undefined;
  // In each of them: with --grep the first one may have nothing to run.
  for (const suite of suites) {
    suite.beforeAll("remembers what is open", async () => {
      if (before !== undefined) return;
      await turn();
      made.clear();
      before = openNow();
    });
    // Before those of the file itself, which open something.
    const hooks = (suite as unknown as { _beforeAll: Mocha.Hook[] })._beforeAll;
    hooks.unshift(...hooks.splice(-1));
  }
  suites.at(-1)?.afterAll("leaves nothing open", async function () {
    this.timeout(patienceMs + 10_000);
    const deadline = performance.now() + patienceMs;
    await turn();
    while (leftOf(before).length > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const left = leftOf(before);
    if (left.length === 0) return;
    const places = process.env["LEAKS"] === "1" ? [...made.values()] : ["LEAKS=1 tells where it was made"];
    throw new Error([`${relative(".", file)} left open: ${left.join(", ")}`, ...places].join("\n"));
  });
}

export const mochaHooks: Mocha.RootHookObject = {
  beforeAll(this: Mocha.Context) {
    const root = this.test?.parent;
    assert.ok(root, "no root suite");
    for (const file of new Set(root.suites.map((suite) => suite.file ?? ""))) {
      if (!/[\\/]test[\\/](unit|socket|interop|package)[\\/]/.test(file)) continue;
      watchFile(
        file,
        root.suites.filter((suite) => suite.file === file),
      );
    }
  },
};
