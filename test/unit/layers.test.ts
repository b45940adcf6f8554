import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => name.replaceAll("\\", "/"));
const textOf = (name: string): string => readFileSync(join("src", name), "utf8");

/** The files that match, of all below src. */
const filesWith = (pattern: RegExp): string[] => sources.filter((name) => pattern.test(textOf(name))).sort();

/** Files of the engine that touch the file system, and whose names they open. */
const openers: Readonly<Record<string, string>> = {
  "engine/servedRoot/containment.ts": "the door",
  "engine/servedRoot/door.ts": "the door",
  "engine/servedRoot/disks.ts": "the door, which opened it; reads",
  "engine/servedRoot/listing.ts": "the door",
  "engine/servedRoot/servedRoot.ts": "the door",
  "engine/servedRoot/shortNames.ts": "the door",
  "engine/servedRoot/uploads.ts": "the door",
  "engine/servedRoot/watchedBytes.ts": "the door, which opened it; looks",
  "engine/servedRoot/uploadLeftovers.ts": "the door",
  "engine/servedRoot/uploadNames.ts": "the door",
  "engine/verification/fetchInto.ts": "the folder that the user named",
  "engine/planFile.ts": "the user's plan",
  "engine/bootpServer/leaseStore.ts": "the user's state folder, by a hash",
  "engine/networks/linux.ts": "/proc and /sys",
  "engine/portHolder.ts": "/proc",
  "engine/ftpServer/sendQueue.ts": "/proc",
};

describe("the layers", () => {
  it("let only the door open what a peer named (ARCHITECTURE.md, Invariants)", () => {
    const strangers = filesWith(/from "node:fs(\/promises)?"/).filter(
      (name) => name.startsWith("engine/") && !(name in openers),
    );
    assert.deepEqual(strangers, []);
  });

  it("import vscode in src/extension only", () => {
    assert.deepEqual(
      filesWith(/from "vscode"/).filter((name) => !name.startsWith("extension/")),
      [],
    );
  });

  it("import ftp-srv in engine/ftpServer only, and basic-ftp in engine/clients only", () => {
    const where = (pattern: RegExp): string[] => [
      ...new Set(filesWith(pattern).map((name) => name.split("/").slice(0, 2).join("/"))),
    ];
    assert.deepEqual(where(/from "ftp-srv/), ["engine/ftpServer"]);
    assert.deepEqual(where(/from "basic-ftp/), ["engine/clients"]);
  });
});
