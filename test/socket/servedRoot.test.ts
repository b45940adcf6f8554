import assert from "node:assert/strict";
import { closeSync, existsSync, openSync } from "node:fs";
import {
  appendFile,
  link,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { EngineError } from "../../src/engine/errors";
import type { DoorOptions, ServedRoot } from "../../src/engine/servedRoot/servedRoot";
import { doorTo, hostileFolder, openDescriptors, readAll, refusal, ruleOf, ways } from "../support/doors";
import { randomBytes } from "../support/random";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { countTurns, withinASecondMs } from "../support/pace";

/** Names of the entries, a folder's with a slash. */
async function listed(root: ServedRoot, name: string): Promise<string[]> {
  return (await root.list(name)).map((entry) => (entry.kind === "folder" ? `${entry.name}/` : entry.name));
}

for (const [way, locate] of Object.entries(ways)) {
  describe(`the door to files, ${way}`, () => {
    let folder: TemporaryFolder;
    beforeEach(async () => {
      folder = await hostileFolder();
    });
    afterEach(async () => {
      const open = openDescriptors(folder);
      await folder.remove();
      assert.deepEqual(open, [], "every descriptor is closed");
    });
    const door = (options: Partial<DoorOptions> = {}): Promise<ServedRoot> => doorTo(folder, options, locate);

    it("reads a file at any position, and nothing beyond its end", async () => {
      const content = randomBytes(100_001, 1);
      await folder.write("root/fw.bin", content);
      const file = await (await door()).open("fw.bin");
      const buffer = new Uint8Array(512);
      assert.equal(file.size, content.length);
      assert.equal(await file.read(buffer, 512 * 195), 161);
      assert.deepEqual(buffer.subarray(0, 161), content.subarray(512 * 195));
      assert.equal(await file.read(buffer, 0), 512);
      assert.deepEqual(buffer, content.subarray(0, 512));
      assert.equal(await file.read(buffer, content.length), 0);
      assert.equal(await file.read(buffer, 2 ** 40), 0);
      await file.close();
      await file.close();
      assert.equal(await ruleOf(file.read(buffer, 0)), "changed file.closed");
    });

    it("tells size and time of a file, and opens an empty one (X17)", async () => {
      await utimes(folder.at("root/empty.bin"), 1_000_000_000.5, 1_000_000_000.5);
      const root = await door();
      const entry = { name: "empty.bin", kind: "file", size: 0, mtimeMs: 1_000_000_000_500 };
      assert.deepEqual(await root.describe("/empty.bin"), entry);
      const file = await root.open("empty.bin");
      assert.deepEqual([file.name, file.size, file.mtimeMs], [entry.name, 0, entry.mtimeMs]);
      await file.close();
    });

    it("describes the served root and the folders in it", async () => {
      const root = await door();
      for (const name of ["", "/", ".", "\\"]) assert.equal((await root.describe(name)).name, "");
      const { name, kind, size } = await root.describe("sub/deep/");
      assert.deepEqual({ name, kind, size }, { name: "sub/deep", kind: "folder", size: 0 });
      assert.equal(await ruleOf(root.open("sub")), "forbidden file.folder");
      assert.equal(await ruleOf(root.open("/")), "forbidden file.folder");
      assert.equal(await ruleOf(root.list("u-boot.bin")), "forbidden file.notFolder");
    });

    it("serves a file that is called like one that Linux says is deleted", async () => {
      const root = await door({ uploads: "overwrite" });
      const names = ["kept (deleted)", "sub (deleted)/fw.bin (deleted)"];
      for (const name of names) await folder.write(`root/${name}`, name);
      for (const name of names) assert.equal(await readAll(root, name), name);
      const listed = await root.list("sub (deleted)");
      assert.deepEqual(
        listed.map(({ name }) => name),
        [names[1]],
      );
      // The neighbour is another file.
      await folder.write("root/kept", "its neighbour");
      assert.equal(await readAll(root, "kept"), "its neighbour");
      await unlink(folder.at("root/kept"));
      assert.equal(await ruleOf(root.open("kept")), "missing file.missing");
    });

    it("serves the old file to its end when it is replaced by rename or deleted (T45, X5)", async () => {
      const root = await door();
      for (const change of [
        () => rename(folder.at("root/sub/fw.bin"), folder.at("root/u-boot.bin")),
        () => unlink(folder.at("root/u-boot.bin")),
        () => rename(folder.at("root/u-boot.bin"), folder.at("root/u-boot.old")),
        () => rename(folder.at("root/u-boot.bin"), folder.at("away.bin")),
        async () => {
          await rename(folder.at("root/u-boot.bin"), folder.at("root/u-boot.old"));
          await folder.write("root/u-boot.bin", "new and longer");
        },
        // What --uploads keep does: for a moment the file has two names.
        async () => {
          await link(folder.at("root/u-boot.bin"), folder.at("root/u-boot.kept"));
          await rename(folder.at("root/sub/fw.bin"), folder.at("root/u-boot.bin"));
        },
        () => link(folder.at("root/u-boot.bin"), folder.at("root/second.bin")),
      ]) {
        for (const name of ["u-boot.old", "u-boot.kept", "second.bin"])
          await rm(folder.at(`root/${name}`), { force: true });
        await folder.write("root/u-boot.bin", "u-boot");
        await folder.write("root/sub/fw.bin", "new and longer");
        const file = await root.open("u-boot.bin");
        await change();
        const buffer = new Uint8Array(100);
        assert.equal(await file.read(buffer, 0), 6);
        await file.assertUnchanged();
        await file.assertUnchanged();
        await file.close();
      }
    });

    it("notices a file that is changed in place (T45, X5)", async () => {
      const root = await door();
      const path = folder.at("root/u-boot.bin");
      for (const change of [
        () => appendFile(path, "more"),
        () => truncate(path, 3),
        () => writeFile(path, "U-BOOT"),
        () => utimes(path, 1, 1),
      ]) {
        await folder.write("root/u-boot.bin", "u-boot");
        await utimes(path, 1_000_000_000, 1_000_000_000);
        const file = await root.open("u-boot.bin");
        await file.assertUnchanged();
        await change();
        const { kind, code } = await refusal(file.assertUnchanged());
        await file.close();
        assert.deepEqual([kind, code], ["changed", "file.changed"]);
      }
    });

    it("notices it although size and time are set back, before and after a renaming (DESIGN §2.1)", async () => {
      const root = await door();
      const path = folder.at("root/u-boot.bin");
      for (const moved of [path, folder.at("root/u-boot.old")]) {
        await folder.write("root/u-boot.bin", "u-boot");
        await utimes(path, 1_000_000_000, 1_000_000_000);
        const file = await root.open("u-boot.bin");
        await rename(path, moved);
        await file.assertUnchanged();
        const { ctimeNs } = await stat(moved, { bigint: true });
        // The clock of the disk may stand for some milliseconds: until it moves nobody could tell.
        do {
          await writeFile(moved, "U-BOOT");
          await utimes(moved, 1_000_000_000, 1_000_000_000);
        } while ((await stat(moved, { bigint: true })).ctimeNs === ctimeNs);
        assert.equal(await ruleOf(file.assertUnchanged()), "changed file.changed");
        await file.close();
      }
    });

    it("finds aliases by every spelling of their names, before any rule (DESIGN §2.1, §2.4)", async () => {
      const root = await door({
        aliases: {
          "pxelinux.0": "u-boot.bin",
          "/boot\\x64//grub.efi": "sub/fw.bin",
          "C:\\tftpboot\\image": "\\sub\\deep\\er\\last.bin",
          ".config": "u-boot.bin",
          ["__proto__"]: "u-boot.bin",
          "100%.bin": "u-boot.bin",
        },
      });
      const expected = {
        "pxelinux.0": "u-boot.bin",
        "/pxelinux.0": "u-boot.bin",
        ".\\pxelinux.0": "u-boot.bin",
        "boot/x64/grub.efi": "sub/fw.bin",
        "\\boot\\x64\\grub.efi": "sub/fw.bin",
        "C:/tftpboot/image": "sub/deep/er/last.bin",
        ".config": "u-boot.bin",
        ["__proto__"]: "u-boot.bin",
        "100%.bin": "u-boot.bin",
      };
      for (const [name, target] of Object.entries(expected)) {
        const file = await root.open(name);
        await file.close();
        assert.equal(file.name, target, name);
        assert.equal((await root.describe(name)).name, target);
      }
      assert.equal(await ruleOf(root.open("PXELINUX.0")), "missing file.missing");
    });

    it("serves a key by an alias to it, but lets no alias out (DESIGN §6)", async () => {
      const aliases = { k: "board.pem", g: ".git/config", o: "../canary.bin", l: "out.bin", e: "" };
      const root = await door({ aliases });
      const key = await root.open("k");
      await key.close();
      assert.equal(key.name, "board.pem");
      const codes = await Promise.all(
        ["g", "o", "l", "e"].map(async (name) => (await refusal(root.open(name))).code),
      );
      assert.deepEqual(codes, ["name.repository", "name.parent", "root.escape", "name.empty"]);
    });

    it("serves dot files that the plan names and no others beside them (DESIGN §6)", async () => {
      const root = await door({
        published: [".cache/fw.bin", "\\board.pem", ".git/config", "../canary.bin"],
      });
      assert.equal(await readAll(root, ".cache/fw.bin"), "cached");
      assert.equal(await ruleOf(root.open(".cache/other.bin")), "forbidden name.dotFile");
      assert.equal(await ruleOf(root.open(".env")), "forbidden name.dotFile");
      assert.equal(await ruleOf(root.open(".git/config")), "forbidden name.repository");
      assert.deepEqual(await listed(root, ".cache"), [".cache/fw.bin"]);
      assert.deepEqual(
        (await listed(root, "")).filter((name) => /^\.|pem/.test(name)),
        [".cache/", "board.pem", "pem.bin"],
      );
    });

    it("lists what it serves, sorted, and nothing else (F8, T38)", async () => {
      await folder.write("root/a\nb", "forged");
      await folder.write("root/back\\slash", "unreachable");
      await folder.write("root/.boot-servers-00000000-1-0000000000000000.part", "half");
      const root = await door();
      assert.deepEqual(await listed(root, "/"), [
        "100%.bin",
        "empty.bin",
        "here/",
        "in-folder/",
        "link.bin",
        "sub/",
        "u-boot.bin",
      ]);
      assert.deepEqual(await listed(root, "sub"), ["sub/deep/", "sub/fw.bin", "sub/up.bin"]);
      assert.deepEqual(await listed(root, "in-folder"), [
        "in-folder/deep/",
        "in-folder/fw.bin",
        "in-folder/up.bin",
      ]);
      assert.equal(await ruleOf(root.list("nothing")), "missing file.missing");
    });

    it("walks every file once, sorted by path, and counts the refused with their rule (DESIGN §2.3)", async () => {
      await folder.write("root/sub-2.bin", "");
      await folder.write("root/sub.bin", "");
      const seen: string[] = [];
      for await (const entry of (await door()).walk()) {
        seen.push("refused" in entry ? `${entry.name}: ${entry.refused}` : entry.name);
      }
      assert.deepEqual(seen, [
        ".cache: name.dotFile",
        ".env: name.dotFile",
        ".git: name.repository",
        ".vscode: name.repository",
        "100%.bin",
        "LONGNA~1: name.short",
        "above: root.escape",
        "board.pem: name.key",
        "cache-folder: name.dotFile",
        "chain.bin: root.escape",
        "circle.bin: file.linkLoop",
        "dangling.bin: file.missing",
        "empty.bin",
        "env.bin: name.dotFile",
        "git-folder: name.repository",
        "kernel.bin: root.escape",
        "link.bin",
        "out-folder: root.escape",
        "out.bin: root.escape",
        "passwd.bin: root.escape",
        "pem.bin: name.key",
        "self-environ: root.escape",
        "shared: root.escape",
        "shared-env.bin: root.escape",
        "sub-2.bin",
        "sub.bin",
        "sub/deep/er/last.bin",
        "sub/fw.bin",
        "sub/up.bin",
        "u-boot.bin",
      ]);
    });

    it("walks a linked folder of alsoServe once, even where it leads back to itself", async () => {
      await symlink(".", folder.at("shared/again"));
      await symlink("../shared", folder.at("root/twice"));
      const names: string[] = [];
      for await (const entry of (await door({ alsoServe: [folder.at("shared")] })).walk()) {
        if (entry.name.includes("kernel.bin") && !("refused" in entry)) names.push(entry.name);
      }
      assert.deepEqual(names, ["kernel.bin", "shared/kernel.bin"]);
    });

    it("can be left in the middle of a walk", async () => {
      for await (const entry of (await door()).walk()) if (entry.name.startsWith("sub/deep/er")) break;
    });

    it("tells the nearest names of a missing file (DESIGN §5)", async () => {
      const root = await door();
      assert.deepEqual(await root.nearest("\\tftpboot\\U-Boot.bin"), ["u-boot.bin"]);
      assert.deepEqual(await root.nearest("lost.bin"), ["sub/deep/er/last.bin"]);
      assert.deepEqual(await root.nearest("C0A8070A.img"), []);
      const storm = await Promise.all(Array.from({ length: 200 }, () => root.nearest("u-boot.img")));
      assert.deepEqual(storm, Array(200).fill(["u-boot.bin"]));
    });

    it("serves nothing while the folder is away, and again when it is back (X21)", async () => {
      const root = await door();
      const open = await root.open("u-boot.bin");
      await rename(folder.at("root"), folder.at("moved"));
      assert.equal(await ruleOf(root.open("u-boot.bin")), "missing file.missing");
      assert.equal(await ruleOf(root.list("/")), "missing file.missing");
      assert.deepEqual(await root.nearest("u-boot.bin"), []);
      assert.equal(await open.read(new Uint8Array(10), 0), 6);
      await open.close();
      await symlink("outside", folder.at("root"));
      assert.equal(await ruleOf(root.open("canary.bin")), "forbidden root.escape");
      await rm(folder.at("root"));
      await rename(folder.at("moved"), folder.at("root"));
      assert.equal(await readAll(root, "u-boot.bin"), "u-boot");
    });

    it("opens on folders inside the workspace folder only, never on .git (DESIGN §6)", async () => {
      await folder.write("root/.pio/build/x/fw.bin", "built");
      await folder.write("root/.git/.vscode/x", "");
      const codeOf = async (options: Partial<DoorOptions>): Promise<string> => {
        try {
          await door(options);
          return "opened";
        } catch (error) {
          assert.ok(error instanceof EngineError, String(error));
          assert.ok(error.remedy?.endsWith("."), error.code);
          assert.ok(!error.message.includes(folder.path), error.message);
          return error.code;
        }
      };
      const codes = {
        ".": "opened",
        "sub/deep": "opened",
        "in-folder": "opened",
        ".pio/build/x": "opened",
        nothing: "root.missing",
        "u-boot.bin": "root.missing",
        "circle.bin": "root.missing",
        "..": "root.outside",
        "../outside": "root.outside",
        "sub/../../outside": "root.outside",
        "out-folder": "root.outside",
        "/": "root.outside",
        "/etc": "root.outside",
        ".git": "root.protected",
        "git-folder": "root.protected",
        ".vscode": "root.protected",
      };
      const got = Object.keys(codes).map(async (root) => [root, await codeOf({ root })]);
      assert.deepEqual(Object.fromEntries(await Promise.all(got)), codes);
      assert.equal(await codeOf({ folder: folder.at("nowhere") }), "root.missing");
      assert.equal(await codeOf({ root: "shared", alsoServe: [folder.at("shared")] }), "opened");
      const built = await door({ root: ".pio/build/x" });
      assert.equal(await readAll(built, "fw.bin"), "built");
    });

    it("finds a file that is replaced by rename at that moment (X5)", async () => {
      const root = await door();
      const replace = async (): Promise<void> => {
        await folder.write("root/next.bin", "u-boot");
        await rename(folder.at("root/next.bin"), folder.at("root/u-boot.bin"));
      };
      for (let count = 0; count < 300; count += 1) {
        const [text] = await Promise.all([readAll(root, "u-boot.bin"), replace()]);
        assert.equal(text, "u-boot");
      }
    });
  });
}

describe("a folder of 100,000 files (X15)", () => {
  const count = 100_000;
  let folder: TemporaryFolder;
  before(async function () {
    this.timeout(60_000);
    // In memory where the system has a place for that: a disk takes a quarter of a minute for so many files.
    folder = await temporaryFolder({ "root/many/": "" }, existsSync("/dev/shm") ? "/dev/shm" : undefined);
    for (let index = 0; index < count; index += 1) closeSync(openSync(folder.at(`root/many/${index}`), "w"));
  });
  after(async function () {
    this.timeout(60_000);
    await folder.remove();
  });

  it("is listed while the loop goes on: others have their turn hundreds of times", async function () {
    this.timeout(60_000);
    const root = await doorTo(folder);
    const turns = countTurns();
    const entries = await root.list("many");
    const taken = turns.stop();
    assert.equal(entries.length, count);
    assert.ok(entries.every((entry, index) => index === 0 || (entries[index - 1]?.name ?? "") < entry.name));
    assert.ok(taken > count / 1000, `${taken} turns`);
  });

  it("does not keep a missing name waiting", async () => {
    const root = await doorTo(folder);
    const before = performance.now();
    await root.nearest("nothing-like-it.bin");
    assert.ok(performance.now() - before < withinASecondMs);
  });
});

describe("a temporary folder of the tests", () => {
  it("holds the files that it was made with, and is gone after remove()", async () => {
    const folder = await temporaryFolder({ "a/b.bin": new Uint8Array([1, 2]), "empty/": "" });
    const root = await doorTo(folder, { folder: folder.path });
    assert.deepEqual(await listed(root, ""), ["a/", "empty/"]);
    await folder.remove();
    await folder.remove();
    assert.equal(await ruleOf(root.list("")), "missing file.missing");
  });
});
