import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { promisify } from "node:util";
import { loadPlan } from "../../src/engine/planFile";
import { dropsToVerify } from "../../src/model/drop";
import { parseManifest } from "../../src/model/manifest";
import { parseSums, sumsFile } from "../../src/model/sums";
import { temporaryFolder } from "../support/temporaryFolder";

const repository = resolve(__dirname, "../..");
const sample = join(repository, "samples/firmware-drop");
const images = join(sample, "images");

/** Every file below a folder by its name with `/`. */
async function filesBelow(folder: string): Promise<Map<string, Buffer>> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const files = names.sort().map(async (path) => {
    const name = path
      .slice(folder.length + 1)
      .split(sep)
      .join("/");
    return [name, await readFile(path)] as const;
  });
  return new Map(await Promise.all(files));
}

describe("samples/firmware-drop", () => {
  it("is what scripts/makeSample.mjs makes, byte for byte", async () => {
    const made = await temporaryFolder();
    try {
      await promisify(execFile)(process.execPath, [join(repository, "scripts/makeSample.mjs"), made.path]);
      const [committed, fresh] = [await filesBelow(images), await filesBelow(made.path)];
      assert.deepEqual([...committed.keys()], [...fresh.keys()]);
      for (const [name, bytes] of fresh) assert.ok(bytes.equals(committed.get(name)!), name);
    } finally {
      await made.remove();
    }
  });

  it("is under 2 MB and has the files that servers stumble on", async () => {
    const sizes = [...(await filesBelow(sample)).values()].map((bytes) => bytes.length);
    assert.ok(sizes.reduce((sum, size) => sum + size) < 2_000_000);
    assert.ok(sizes.includes(0), "an empty file");
    assert.ok(
      sizes.some((size) => size > 0 && size % 512 === 0),
      "a multiple of 512",
    );
  });

  it("has a plan without a problem, and two boards to play", async () => {
    const { plan, problems, planned } = await loadPlan(sample);
    assert.deepEqual([planned, problems], [true, []]);
    assert.deepEqual(
      dropsToVerify(plan).map(({ name, drop }) => [name, drop.boot, drop.manifest]),
      [
        ["any board", ["u-boot.bin", "copy-files4.rc"], "copy-files4.rc"],
        ["bench-1", ["bench1.bin"], undefined],
      ],
    );
  });

  it("has a manifest whose files, hashes and sizes are right", async () => {
    const files = await filesBelow(images);
    const { entries, problems } = parseManifest(
      files.get("copy-files4.rc")!.toString("utf8"),
      "copy-files4.rc",
    );
    assert.deepEqual(problems, []);
    assert.ok(entries.length >= 4);
    assert.ok(entries.some(({ file }) => file.includes("/")));
    assert.ok(entries.some(({ sha256 }) => sha256 !== undefined));
    for (const { file, sha256, size } of entries) {
      const bytes = files.get(file);
      assert.ok(bytes !== undefined, file);
      if (sha256 !== undefined) assert.equal(createHash("sha256").update(bytes).digest("hex"), sha256, file);
      if (size !== undefined) assert.equal(bytes.length, size, file);
    }
  });

  it("has sums that are right", async () => {
    const files = await filesBelow(images);
    const { sums, problems } = parseSums(files.get(sumsFile)!.toString("utf8"), sumsFile);
    assert.deepEqual(problems, []);
    assert.ok(sums.size >= 4);
    for (const { file, sha256 } of sums.values()) {
      assert.equal(createHash("sha256").update(files.get(file)!).digest("hex"), sha256, file);
    }
  });
});
