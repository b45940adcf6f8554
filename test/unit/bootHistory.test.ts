import assert from "node:assert/strict";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mostBoots, type Boot } from "../../src/extension/timeline/boot";
import { BootHistory, readBoots, writeBoots } from "../../src/extension/timeline/bootHistory";
import { bootFile, bootOf } from "../support/boots";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const boot = bootOf(
  [
    bootFile("u-boot.bin", 0, 100, {
      waits: [{ fromMs: 1, ms: 400, sentAgain: 0 }],
      firstByteMs: 1,
      trouble: "x",
    }),
  ],
  { notes: ["late"], marks: [{ at: 0, ms: 0, text: "was told u-boot.bin" }] },
);

describe("the history of boots", () => {
  let folder: TemporaryFolder;
  const said: string[] = [];
  const open = (): BootHistory => new BootHistory(folder.at("store"), (message) => said.push(message));

  beforeEach(async () => {
    folder = await temporaryFolder();
    said.length = 0;
  });
  afterEach(() => folder.remove());

  it("is there in the next session, beside what that one adds", async () => {
    await open().save([{ ...boot, row: "7" }]);
    const next = open();
    assert.deepEqual(await next.load(), [boot]);
    const other = { ...boot, id: "other" };
    await next.save([other]);
    assert.deepEqual(await open().load(), [boot, other]);
    assert.deepEqual(said, []);
  });

  it("is of all windows of the folder, each boot once: one does not write over what another wrote", async () => {
    const [one, other] = [open(), open()];
    for (const history of [one, other]) assert.deepEqual(await history.load(), []);
    const named = (id: string, startedAt: number): Boot => ({ ...boot, id, startedAt });
    await one.save([named("a", 1)]);
    await other.save([named("b", 2)]);
    await one.save([named("a", 1), named("c", 3)]);
    other.saveAtOnce([named("b", 2), named("d", 4)]);
    const next = await open().load();
    assert.deepEqual(
      next.map(({ id }) => id),
      ["a", "b", "c", "d"],
    );
    assert.deepEqual(said, []);
  });

  it("has the last fifty", async () => {
    const many = Array.from({ length: mostBoots + 5 }, (_, each) => ({ ...boot, id: String(each) }));
    await open().save(many);
    const ids = (await open().load()).map(({ id }) => id);
    assert.deepEqual([ids.length, ids[0], ids.at(-1)], [mostBoots, "5", String(mostBoots + 4)]);
  });

  it("is written at once when the extension ends", async () => {
    const history = open();
    await history.save([]);
    history.saveAtOnce([boot]);
    assert.deepEqual(await open().load(), [boot]);
  });

  it("removes what a window that was killed has left half written, and not what one writes", async () => {
    await open().save([boot]);
    const hourAgo = new Date(Date.now() - 3_700_000);
    for (const name of ["boots.json.1.new", "boots.json.new", "other.1.new"]) {
      await folder.write(`store/${name}`, "{");
      await utimes(folder.at(`store/${name}`), hourAgo, hourAgo);
    }
    await folder.write("store/boots.json.2.new", "{");
    assert.deepEqual(await open().load(), [boot]);
    assert.deepEqual((await readdir(folder.at("store"))).sort(), [
      "boots.json",
      "boots.json.2.new",
      "boots.json.new",
      "other.1.new",
    ]);
    assert.deepEqual(said, []);
  });

  it("goes on where what was left half written cannot be removed", async () => {
    await open().save([boot]);
    await mkdir(folder.at("store/boots.json.1.new"));
    const hourAgo = new Date(Date.now() - 3_700_000);
    await utimes(folder.at("store/boots.json.1.new"), hourAgo, hourAgo);
    const other = { ...boot, id: "other" };
    await open().save([other]);
    assert.deepEqual(await open().load(), [boot, other]);
    assert.deepEqual(said, []);
  });

  it("a file that is none is said and left alone", async () => {
    await mkdir(folder.at("store"));
    const file = join(folder.at("store"), "boots.json");
    await writeFile(file, '{"version":1,"boots":[{"id":');
    const history = open();
    assert.deepEqual(await history.load(), []);
    await history.save([boot]);
    history.saveAtOnce([boot]);
    assert.equal(await readFile(file, "utf8"), '{"version":1,"boots":[{"id":');
    assert.equal(said.length, 1);
    assert.match(said[0]!, /boots\.json is no history of boots\. It is left alone/);
  });

  it("without a workspace nothing is kept", async () => {
    const history = new BootHistory(undefined, (message) => said.push(message));
    await history.save([boot]);
    history.saveAtOnce([boot]);
    assert.deepEqual([await history.load(), said], [[], []]);
  });

  it("takes no file of another version, and none with a part that is not right", () => {
    assert.deepEqual(readBoots(writeBoots([boot])), [boot]);
    const wrong: unknown[] = [
      { version: 2, boots: [] },
      { version: 1 },
      null,
      { version: 1, boots: [{ ...boot, startedAt: "now" }] },
      { version: 1, boots: [{ ...boot, marks: [{ at: 0 }] }] },
      { version: 1, boots: [{ ...boot, notes: [3] }] },
      ...[{ ms: null }, { waits: [{}] }, { options: 3 }, { trouble: 3 }, { firstByteMs: "1" }].map(
        (part) => ({
          version: 1,
          boots: [{ ...boot, files: [{ ...boot.files[0], ...part }] }],
        }),
      ),
    ];
    for (const value of wrong)
      assert.equal(readBoots(JSON.stringify(value)), undefined, JSON.stringify(value));
  });
});
