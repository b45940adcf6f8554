import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { chmod, mkdir, rename, symlink, utimes, writeFile } from "node:fs/promises";
import {
  openServedRoot,
  type DoorOptions,
  type ServedRoot,
  type Upload,
} from "../../src/engine/servedRoot/servedRoot";
import { putInPlace } from "../../src/engine/servedRoot/uploadNames";
import { doorTo, openDescriptors, readAll, refusal, ruleOf, ways } from "../support/doors";
import { countTurns } from "../support/pace";
import { randomBytes, seededRandom } from "../support/random";
import { onSmallDisk } from "../support/smallDisk";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** A whole upload. */
async function put(root: ServedRoot, name: string, content: string): Promise<void> {
  const upload = await root.create(name);
  await upload.write(bytes(content));
  await upload.commit();
}

for (const [way, locate] of Object.entries(ways)) {
  describe(`uploads at the door, ${way}`, () => {
    let folder: TemporaryFolder;
    beforeEach(async () => {
      folder = await temporaryFolder({ "root/fw.bin": "old", "root/sub/other.bin": "other" });
      await symlink("sub", folder.at("root/in-folder"));
    });
    afterEach(async () => {
      const open = openDescriptors(folder);
      await folder.remove();
      assert.deepEqual(open, [], "every descriptor is closed");
    });
    const door = (uploads: DoorOptions["uploads"], options: Partial<DoorOptions> = {}): Promise<ServedRoot> =>
      doorTo(folder, { uploads, ...options }, locate);
    /** Every file below the root, hidden ones too, with its content. */
    const disk = (): Record<string, string> => {
      const entries = readdirSync(folder.at("root"), { recursive: true, encoding: "utf8" }).sort();
      // Node follows links to folders here; those files have their own names.
      const own = entries.filter((name) => !name.startsWith("in-folder"));
      const found = own.filter((name) => statSync(folder.at(`root/${name}`)).isFile());
      return Object.fromEntries(
        found.map((name) => [name.replaceAll("\\", "/"), readFileSync(folder.at(`root/${name}`), "utf8")]),
      );
    };
    const before = { "fw.bin": "old", "sub/other.bin": "other" };

    it("are refused unless the user allows them, and the row says how (T39, S16, DESIGN §6)", async () => {
      const root = await door("deny");
      for (const name of ["new.bin", "fw.bin", "../x", ".env"]) {
        const { kind, code, remedy } = await refusal(root.create(name));
        assert.deepEqual([kind, code], ["forbidden", "upload.denied"]);
        assert.match(remedy ?? "", /--uploads new/);
      }
      assert.deepEqual(disk(), before);
    });

    it("stand under their name only when they are complete (F5, T39)", async () => {
      const root = await door("new");
      const upload = await root.create("\\sub\\new.bin", 8);
      await upload.write(bytes("new "));
      assert.deepEqual(
        (await root.list("sub")).map(({ name }) => name),
        ["sub/other.bin"],
      );
      assert.equal(await ruleOf(root.open("sub/new.bin")), "missing file.missing");
      const hidden = Object.keys(disk()).find((name) => name.includes(".part"));
      assert.match(hidden ?? "", /^sub\/\.boot-servers-/);
      assert.equal(await ruleOf(root.open(hidden ?? "")), "forbidden name.dotFile");
      for await (const entry of root.walk()) assert.doesNotMatch(entry.name, /part/);
      await upload.write(bytes("file"));
      await upload.commit();
      await upload.commit();
      await upload.abort();
      assert.equal(upload.name, "sub/new.bin");
      assert.deepEqual(disk(), { ...before, "sub/new.bin": "new file" });
      assert.equal(statSync(folder.at("root/sub/new.bin")).mode & 0o111, 0, "never executable");
      assert.equal(statSync(folder.at("root/sub/new.bin")).nlink, 1);
    });

    it("of new names only leave an existing file alone, at the beginning and at the end (T35, DESIGN §6)", async () => {
      const root = await door("new");
      assert.equal(await ruleOf(root.create("fw.bin")), "exists upload.exists");
      const upload = await root.create("late.bin");
      await upload.write(bytes("uploaded"));
      await writeFile(folder.at("root/late.bin"), "the user was first");
      assert.equal(await ruleOf(upload.commit()), "exists upload.exists");
      await upload.abort();
      assert.deepEqual(disk(), { ...before, "late.bin": "the user was first" });
    });

    it("keep the existing file under its time, -2 and -3 if that is taken (DESIGN §3)", async () => {
      const root = await door("keep");
      const stamp = new Date("2026-03-04T05:06:07.890Z");
      const contents = ["old", "second", "third", "fourth"];
      for (const content of contents.slice(1)) {
        await utimes(folder.at("root/fw.bin"), stamp, stamp);
        await put(root, "fw.bin", content);
      }
      await put(root, "first.bin", "no earlier one");
      const kept = "fw.bin.20260304T050607Z";
      assert.deepEqual(disk(), {
        "sub/other.bin": "other",
        "first.bin": "no earlier one",
        "fw.bin": "fourth",
        [kept]: "old",
        [`${kept}-2`]: "second",
        [`${kept}-3`]: "third",
      });
    });

    it("keep a file of 1970 and one of 2106 (X24)", async () => {
      const root = await door("keep");
      for (const seconds of [0, 2 ** 32]) {
        await utimes(folder.at("root/fw.bin"), seconds, seconds);
        await put(root, "fw.bin", "next");
      }
      assert.deepEqual(
        Object.keys(disk()).filter((name) => name.startsWith("fw.bin.")),
        ["fw.bin.19700101T000000Z", "fw.bin.21060207T062816Z"],
      );
    });

    it("that overwrite replace the file in one step: who reads gets the old one or the new one (F5)", async () => {
      const root = await door("overwrite");
      const versions = ["a", "b"].map((letter) => letter.repeat(100_000));
      await put(root, "fw.bin", versions[0]!);
      const stop = new AbortController();
      const reader = (async () => {
        let count = 0;
        while (!stop.signal.aborted) {
          assert.ok(versions.includes(await readAll(root, "fw.bin")), "neither the old nor the new file");
          count += 1;
        }
        return count;
      })();
      for (let round = 0; round < 100; round += 1) await put(root, "fw.bin", versions[round % 2]!);
      stop.abort();
      assert.ok((await reader) > 10);
      assert.deepEqual(Object.keys(disk()), ["fw.bin", "sub/other.bin"]);
    });

    it("do not touch a transfer of the old file that runs (T45, DESIGN §2.1)", async () => {
      const root = await door("overwrite");
      const file = await root.open("fw.bin");
      await put(root, "fw.bin", "the new file");
      const buffer = new Uint8Array(20);
      assert.equal(Buffer.from(buffer.subarray(0, await file.read(buffer, 0))).toString(), "old");
      await file.assertUnchanged();
      await file.close();
      assert.equal(await readAll(root, "fw.bin"), "the new file");
    });

    it("that are cut leave the old file and nothing else, 1,000 times at any byte (F6, X7)", async function () {
      this.timeout(60_000);
      const root = await door("overwrite");
      const content = randomBytes(4000, 7);
      const random = seededRandom(7);
      for (let cut = 0; cut < 1000; cut += 1) {
        const upload = await root.create("fw.bin", content.length);
        const length = cut < 5 ? [0, 1, 2000, 3960, 4000][cut]! : Math.floor(random() * 4001);
        const half = Math.floor(length / 2);
        await upload.write(content.subarray(0, half));
        // The last write is on its way when the cut comes.
        const last = upload.write(content.subarray(half, length));
        await upload.abort();
        await last;
        await upload.abort();
        assert.equal(await ruleOf(upload.write(content)), "changed upload.ended");
        assert.equal(await ruleOf(upload.commit()), "changed upload.ended");
      }
      assert.deepEqual(disk(), before);
    });

    it("write in the order of the calls, and count every byte (F14)", async () => {
      const root = await door("new");
      const content = randomBytes(200_000, 3);
      const upload = await root.create("ordered.bin");
      const writes: Promise<void>[] = [];
      for (let at = 0; at < content.length; at += 1428)
        writes.push(upload.write(content.subarray(at, at + 1428)));
      await upload.commit();
      await Promise.all(writes);
      assert.deepEqual(new Uint8Array(readFileSync(folder.at("root/ordered.bin"))), content);
    });

    it("of one name are one at a time: over every door, alias and link to it (X8, T40)", async () => {
      const root = await door("overwrite", { aliases: { upload: "sub/other.bin" } });
      const changedPlan = await door("keep");
      const first = await root.create("sub/other.bin");
      await first.write(bytes("first"));
      for (const [at, name] of [
        [root, "sub/other.bin"],
        [root, "\\sub//other.bin"],
        [root, "upload"],
        [root, "in-folder/other.bin"],
        [changedPlan, "sub/other.bin"],
      ] as const) {
        assert.equal(await ruleOf(at.create(name)), "busy upload.busy", name);
      }
      const besides = await root.create("sub/another.bin");
      await besides.abort();
      await first.commit();
      assert.deepEqual(disk(), { ...before, "sub/other.bin": "first" });
      await put(changedPlan, "upload", "a file of its own");
      await put(root, "upload", "second");
      assert.equal(disk()["sub/other.bin"], "second");
      const aborted = await root.create("fw.bin");
      await aborted.abort();
      await put(root, "fw.bin", "free again");
    });

    it("of many names at once are all whole (X10)", async () => {
      const root = await door("new");
      const names = Array.from({ length: 50 }, (_, index) => `many-${index}.bin`);
      await Promise.all(names.map((name) => put(root, name, name.repeat(1000))));
      const found = disk();
      for (const name of names) assert.equal(found[name], name.repeat(1000));
    });

    it("have a size limit, told at once where the peer announces it (DESIGN §6)", async () => {
      const root = await door("overwrite", { uploadSize: 10 });
      assert.equal(await ruleOf(root.create("fw.bin", 11)), "full upload.tooLarge");
      await put(root, "exact.bin", "0123456789");
      const upload = await root.create("fw.bin", 10);
      await upload.write(bytes("01234567"));
      assert.equal(await ruleOf(upload.write(bytes("89a"))), "full upload.tooLarge");
      assert.equal(await ruleOf(upload.write(bytes("8"))), "full upload.tooLarge", "a hole would be left");
      assert.equal(await ruleOf(upload.commit()), "full upload.tooLarge");
      await upload.abort();
      assert.deepEqual(disk(), { ...before, "exact.bin": "0123456789" });
    });

    it("never replace a read-only file, a folder or a link (F4, F7)", async () => {
      await chmod(folder.at("root/fw.bin"), 0o444);
      await symlink("sub/other.bin", folder.at("root/link.bin"));
      for (const policy of ["keep", "overwrite"] as const) {
        const root = await door(policy);
        assert.equal(await ruleOf(root.create("fw.bin")), "forbidden upload.readOnly");
        assert.equal(await ruleOf(root.create("sub")), "forbidden upload.notFile");
        assert.equal(await ruleOf(root.create("link.bin")), "forbidden upload.notFile");
        assert.equal(await ruleOf(root.create("/")), "forbidden upload.notFile");
        // What became so during the upload is judged at its end.
        const upload = await root.create(`late-${policy}.bin`);
        await mkdir(folder.at(`root/late-${policy}.bin`));
        assert.equal(await ruleOf(upload.commit()), "forbidden upload.notFile");
      }
      assert.deepEqual(disk(), { ...before, "link.bin": "other" });
    });

    it("go to folders that are there, and to no dot file or key even if the plan names it (DESIGN §6)", async () => {
      const root = await door("new", { published: [".config", "board.pem"] });
      assert.equal(await ruleOf(root.create("nothing/fw.bin")), "missing upload.noFolder");
      assert.equal(await ruleOf(root.create("fw.bin/fw.bin")), "missing upload.noFolder");
      assert.equal(await ruleOf(root.create(".config")), "forbidden name.dotFile");
      assert.equal(await ruleOf(root.create("board.pem")), "forbidden name.key");
      assert.deepEqual(disk(), before);
    });

    it("do not follow their folder out of the served root", async () => {
      const root = await door("overwrite");
      const upload = await root.create("sub/other.bin");
      await upload.write(bytes("new"));
      await rename(folder.at("root/sub"), folder.at("away"));
      assert.equal(await ruleOf(upload.commit()), "changed file.moved");
      assert.equal(readFileSync(folder.at("away/other.bin"), "utf8"), "other");
      if (way === "by descriptor") assert.deepEqual(readdirSync(folder.at("away")), ["other.bin"]);
    });

    it("refuse a name that is too long to be kept, and leave the old file (F4)", async () => {
      const name = "n".repeat(250);
      await folder.write(`root/${name}`, "old");
      const upload: Upload = await (await door("keep")).create(name);
      await upload.write(bytes("new"));
      assert.equal(await ruleOf(upload.commit()), "forbidden name.tooLong");
      assert.deepEqual(disk(), { ...before, [name]: "old" });
    });
  });
}

describe("a complete upload on a disk without hard links, such as FAT", () => {
  const noLink = (): Promise<never> =>
    Promise.reject(Object.assign(new Error("no links"), { code: "EPERM" }));
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder({ part: "uploaded", "fw.bin": "old" });
    await utimes(folder.at("fw.bin"), 0, 0);
  });
  afterEach(() => folder.remove());
  const disk = (): Record<string, string> =>
    Object.fromEntries(
      readdirSync(folder.path).map((name) => [name, readFileSync(folder.at(name), "utf8")] as const),
    );

  it("takes a new name, and never one that is taken", async () => {
    await assert.rejects(putInPlace(folder.at("part"), folder.at("fw.bin"), "new", noLink), {
      code: "EEXIST",
    });
    assert.deepEqual(disk(), { part: "uploaded", "fw.bin": "old" });
    await putInPlace(folder.at("part"), folder.at("new.bin"), "new", noLink);
    assert.deepEqual(disk(), { "fw.bin": "old", "new.bin": "uploaded" });
  });

  it("keeps the existing file, and beside those that were kept", async () => {
    await folder.write("fw.bin.19700101T000000Z", "kept before");
    await putInPlace(folder.at("part"), folder.at("fw.bin"), "keep", noLink);
    assert.deepEqual(disk(), {
      "fw.bin": "uploaded",
      "fw.bin.19700101T000000Z": "kept before",
      "fw.bin.19700101T000000Z-2": "old",
    });
  });

  it("gives the old file its name back when the new one cannot have it, with links or without", async () => {
    for (const link of [noLink, undefined]) {
      await assert.rejects(putInPlace(folder.at("nothing"), folder.at("fw.bin"), "keep", link), {
        code: "ENOENT",
      });
      assert.deepEqual(disk(), { part: "uploaded", "fw.bin": "old" });
    }
    await assert.rejects(putInPlace(folder.at("nothing"), folder.at("new.bin"), "new", noLink), {
      code: "ENOENT",
    });
    assert.deepEqual(disk(), { part: "uploaded", "fw.bin": "old" });
  });
});

describe("uploads of a process of its own", () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder({ "fw.bin": "old", "sub/fw.bin": "old" });
  });
  afterEach(() => folder.remove());
  const child = ["--import", "tsx", "test/support/doorChild.ts"];

  it("meet a full disk: the old file is intact, and nothing else is left (X6, F4)", function () {
    this.timeout(60_000);
    const [file, ...onDisk] = onSmallDisk(folder.path) ?? [];
    if (file === undefined) this.skip();
    const script = `printf old > "$1/fw.bin" && node ${child.join(" ")} fillDisk "$1" && ls -A "$1" && cat "$1/fw.bin"`;
    const output = execFileSync(file, [...onDisk, "sh", "-c", script, "sh", folder.path], {
      encoding: "utf8",
    });
    const [told = "", ...rest] = output.trim().split("\n");
    assert.deepEqual(JSON.parse(told), {
      announced: "full disk.full",
      written: "full disk.full",
      later: "full disk.full",
      committed: "full disk.full",
      small: "done",
    });
    assert.deepEqual(rest, ["fw.bin", "small.bin", "old"]);
  });

  it("and reads hear that too many files are open, and go on when they are closed (X11)", function () {
    this.timeout(60_000);
    if (process.platform === "win32") this.skip();
    const script = `ulimit -n 64; exec node ${child.join(" ")} openTooMany "$1"`;
    const output = execFileSync("sh", ["-c", script, "sh", folder.path], { encoding: "utf8" });
    assert.deepEqual(JSON.parse(output), {
      refused: "busy file.tooMany",
      listed: true,
      afterwards: "fw.bin",
    });
  });

  it("and reads hear of rights that are missing, without a path of this host (T36)", async function () {
    this.timeout(60_000);
    if (process.platform === "win32") this.skip();
    await folder.write("unreadable.bin", "secret");
    await folder.write("closed/x", "");
    await chmod(folder.at("unreadable.bin"), 0o000);
    await chmod(folder.at("closed"), 0o000);
    await chmod(folder.path, 0o555);
    const output = execFileSync("node", [...child, "lackRights", folder.path], { encoding: "utf8" });
    await chmod(folder.path, 0o755);
    await chmod(folder.at("closed"), 0o755);
    assert.deepEqual(JSON.parse(output), {
      read: "forbidden file.permission",
      list: "forbidden file.permission",
      create: "forbidden file.permission",
      overwrite: "forbidden upload.readOnly",
      nearest: ["unreadable.bin"],
    });
  });

  it("that was killed leave the old file, and the next start removes the rest (X4, X20)", async function () {
    this.timeout(60_000);
    const half = (path: string): string[] => readdirSync(path).filter((name) => name.endsWith(".part"));
    const killed = spawn("node", [...child, "hang", folder.path], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => killed.stdout.once("data", resolve));
    const closed = new Promise((resolve) => killed.once("close", resolve));
    const alive = await doorTo(folder, { folder: folder.path, uploads: "new" });
    await put(alive, "sub/beside.bin", "");
    assert.deepEqual([half(folder.path).length, half(folder.at("sub")).length], [1, 1], "its process lives");
    killed.kill("SIGKILL");
    await closed;
    const foreign = ".boot-servers-00000000-1-0000000000000000.part";
    await folder.write(foreign, "of another machine that shares the folder");
    const root = await doorTo(folder, { folder: folder.path, uploads: "deny" });
    assert.deepEqual([half(folder.path), half(folder.at("sub"))], [[foreign], []]);
    assert.equal(await readAll(root, "fw.bin"), "old");
    assert.equal(await readAll(root, "sub/fw.bin"), "old");
  });
});

describe("what killed uploads have left", function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder({ "root/deep/er/": "" });
  });
  afterEach(() => folder.remove());

  /** Begins an upload, and makes names like its hidden one, by another process of this machine. */
  async function begin(): Promise<{
    upload: Upload;
    open: string;
    like: (pid: number, at?: number) => string;
  }> {
    const upload = await (await doorTo(folder, { uploads: "new" })).create("deep/fw.bin");
    const open = readdirSync(folder.at("root/deep")).find((name) => name.endsWith(".part")) ?? "";
    const like = (pid: number, at = 0): string =>
      open.replace(/-\d+-[0-9a-f]{16}\./, `-${pid}-${at.toString(16).padStart(16, "0")}.`);
    return { upload, open, like };
  }
  /** Larger than any PID that a system gives. */
  const nobody = 2 ** 30;

  it("under this very PID is removed, unless it is open: a container starts with the same one (X20)", async () => {
    const { upload, open, like } = await begin();
    await folder.write(`root/deep/${like(process.pid)}`, "of an earlier start");
    await folder.write(`root/deep/er/${like(process.pid)}`, "of an earlier start");
    await doorTo(folder);
    assert.deepEqual(readdirSync(folder.at("root/deep")).sort(), [open, "er"].sort());
    assert.deepEqual(readdirSync(folder.at("root/deep/er")), []);
    await upload.write(bytes("whole"));
    await upload.commit();
    assert.equal(readFileSync(folder.at("root/deep/fw.bin"), "utf8"), "whole");
    // What has ended is open no longer: the same name would be a leftover now.
    await folder.write(`root/${open}`, "");
    await doorTo(folder);
    assert.deepEqual(readdirSync(folder.at("root")), ["deep"]);
  });

  it("is nothing but a file of exactly such a name, in a folder that takes uploads", async () => {
    const { upload, like } = await begin();
    await upload.abort();
    const name = like(nobody);
    const others = [
      `${name}~`,
      `x${name}`,
      name.slice(1),
      name.replace(".part", ".PART"),
      name.replace(".part", "0.part"),
      name.replace(`-${nobody}-`, "--"),
      name.replace("0000.part", "000A.part"),
      `.hidden/${name}`,
      `${like(nobody, 1)}/file.bin`,
      like(process.ppid),
    ];
    for (const other of others) await folder.write(`root/${other}`, "the user's");
    await folder.write(`outside/${name}`, "the user's");
    await symlink("../outside", folder.at("root/linked"));
    await symlink(`../outside/${name}`, folder.at(`root/${like(nobody, 2)}`));
    await folder.write(`root/${name}`, "left");
    await doorTo(folder);
    const left = readdirSync(folder.at("root"));
    for (const other of [...others, "linked", like(nobody, 2)])
      assert.ok(left.includes(other.split("/")[0] ?? ""), other);
    assert.ok(statSync(folder.at(`root/.hidden/${name}`)).isFile());
    assert.ok(statSync(folder.at(`outside/${name}`)).isFile());
    assert.ok(!left.includes(name));
  });

  it("is looked for after the opening, in a thousand folders at the most, while others have their turn", async () => {
    const { upload, like } = await begin();
    await upload.abort();
    const count = 1100;
    for (let at = 0; at < count; at += 1) await folder.write(`root/many-${at}/${like(nobody, at)}`, "");
    let over = false;
    let work: Promise<void> | undefined;
    const options = { folder: folder.at("root"), root: ".", aliases: {}, published: [], alsoServe: [] };
    await openServedRoot({ ...options, uploads: "deny", uploadSize: 0 }, undefined, (begun) => {
      work = begun.then(() => {
        over = true;
      });
    });
    assert.ok(!over, "the door did not wait for it");
    const turns = countTurns();
    await work;
    const taken = turns.stop();
    assert.ok(taken > count, `${taken} turns`);
    const left = readdirSync(folder.at("root"), { recursive: true, encoding: "utf8" });
    // The root itself and `deep` are two of the thousand.
    assert.equal(left.filter((name) => name.endsWith(".part")).length, count - 998);
  });
});
