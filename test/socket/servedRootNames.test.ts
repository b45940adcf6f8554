import assert from "node:assert/strict";
import { Refusal, type ServedRoot } from "../../src/engine/servedRoot/servedRoot";
import { printable } from "../../src/model/text";
import { canary, contents, doorTo, hostileFolder, openDescriptors, readAll, ways } from "../support/doors";
import { nameCorpus } from "../support/nameCorpus";
import type { TemporaryFolder } from "../support/temporaryFolder";

/** What became of a call: the refusal's rule, or "allowed". */
async function verdict(call: () => Promise<unknown>, folder: TemporaryFolder): Promise<string> {
  try {
    await call();
    return "allowed";
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    const text = JSON.stringify([error.message, error.remedy, error.code]);
    assert.ok(!text.includes(folder.path) && !text.includes("/proc"), `a path of this host: ${text}`);
    return error.code;
  }
}

for (const [way, locate] of Object.entries(ways)) {
  describe(`hostile names at the door, ${way} (T38, S21, S22, S29)`, function () {
    this.timeout(60_000);
    let folder: TemporaryFolder;
    let root: ServedRoot;
    before(async () => {
      folder = await hostileFolder();
      root = await doorTo(folder, { uploads: "overwrite" }, locate);
    });
    after(() => folder.remove());

    it("open nothing, and the rule is told", async () => {
      const wrong: unknown[] = [];
      for (const [name, rule] of nameCorpus) {
        const expected = rule === "missing" ? "file.missing" : rule;
        const got = await verdict(() => readAll(root, name), folder);
        if (got !== expected) wrong.push([printable(name), expected, got]);
      }
      assert.deepEqual(wrong, []);
    });

    it("list and describe nothing", async () => {
      const wrong: unknown[] = [];
      for (const [name, rule] of nameCorpus) {
        if (name === "") continue;
        const expected = rule === "missing" ? "file.missing" : rule;
        const got = [
          await verdict(() => root.list(name), folder),
          await verdict(() => root.describe(name), folder),
        ];
        if (got.some((one) => one !== expected)) wrong.push([printable(name), expected, got]);
      }
      assert.deepEqual(wrong, []);
    });

    it("write nothing, and ordinary names are written below the root only (S16, T39)", async () => {
      const before = contents(folder.path);
      const wrong: unknown[] = [];
      for (const [name, rule] of nameCorpus) {
        const got = await verdict(async () => {
          const upload = await root.create(name);
          await upload.write(Buffer.from("uploaded"));
          await upload.commit();
        }, folder);
        const allowed = rule === "missing" ? ["allowed", "file.missing", "upload.noFolder"] : [rule];
        if (!allowed.includes(got)) wrong.push([printable(name), allowed, got]);
      }
      assert.deepEqual(wrong, []);
      const after = contents(folder.path);
      const added = Object.keys(after).filter((path) => !(path in before));
      assert.ok(added.length >= 20, "ordinary names were written");
      assert.ok(added.every((path) => path.startsWith(folder.at("root/")) && after[path] === "uploaded"));
      assert.ok(!added.some((path) => path.includes(".part")), "no temporary file is left");
      for (const [path, content] of Object.entries(before)) assert.equal(after[path], content, path);
    });

    it("leave no descriptor open, and let no byte of the neighbour through", async () => {
      for (const [name] of nameCorpus) {
        const got = await readAll(root, name).catch((error: unknown) => String(error));
        assert.ok(!got.includes(canary), printable(name));
        await root.list(name).catch(() => undefined);
        await root.nearest(name);
      }
      assert.deepEqual(openDescriptors(folder), []);
    });
  });
}
