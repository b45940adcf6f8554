import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const cli = "dist/cli.js";
const extension = "dist/extension.js";
/** What the extension loads when it is first needed: a process to ask, a command to run, a plan to read, files to hash, a drop to verify, boots to draw. */
const later = [
  "child.js",
  "commands.js",
  "languages.js",
  "sha256Worker.js",
  "timeline.js",
  "verification.js",
];

describe("the bundles", () => {
  it("hold the program in less than 700 KiB, ftp-srv included", () => {
    assert.ok(statSync(cli).size < 700 * 1024, `${statSync(cli).size} bytes`);
  });

  it("are these files and no other: .vscodeignore names each", () => {
    const bundles = readdirSync("dist").filter((name) => name.endsWith(".js"));
    assert.deepEqual(bundles.sort(), ["cli.js", "extension.js", ...later].sort());
  });

  it("keep sockets, ftp-srv and the engine out of the extension", () => {
    for (const bundle of [extension, ...later.map((name) => `dist/${name}`)]) {
      const text = readFileSync(bundle, "utf8");
      for (const stranger of ["dgram", "ftp-srv", "FtpSrv"]) assert.ok(!text.includes(stranger), stranger);
    }
    assert.ok(statSync(extension).size < 100 * 1024);
  });

  it("load as VS Code loads an extension: a CommonJS module with activate", () => {
    // Loading draws on the API as little as a module can: its classes are not there yet.
    const script = `
      const Module = require("node:module");
      const load = Module._load;
      Module._load = (name, ...rest) => (name === "vscode" ? {} : load(name, ...rest));
      const loaded = require(${JSON.stringify(join(process.cwd(), extension))});
      process.stdout.write(typeof loaded.activate);
    `;
    assert.equal(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" }), "function");
  });

  it("need nothing beside them: the program verifies the sample with no node_modules in sight", () => {
    const folder = mkdtempSync(join(tmpdir(), "boot-servers-"));
    try {
      copyFileSync(cli, join(folder, "cli.js"));
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(folder, "cli.js"), "verify", join(process.cwd(), "samples/firmware-drop"), "--json"],
        { cwd: folder, encoding: "utf8" },
      );
      assert.equal(status, 0, stderr + stdout);
      const report = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { type: string; ok: boolean };
      assert.deepEqual([report.type, report.ok], ["report", true]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }).timeout(60_000);

  it("tell their version, the one of package.json", () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    assert.equal(execFileSync(process.execPath, [cli, "--version"], { encoding: "utf8" }).trim(), version);
  });
});

/** The names in a zip archive and the Unix mode of each: its central directory (APPNOTE §4.3.12, §4.4.15). */
function zipModes(zip: Buffer): Map<string, number> {
  const modes = new Map<string, number>();
  for (
    let at = zip.indexOf("PK\x01\x02", 0, "latin1");
    at >= 0;
    at = zip.indexOf("PK\x01\x02", at + 46, "latin1")
  ) {
    const name = zip.toString("utf8", at + 46, at + 46 + zip.readUInt16LE(at + 28));
    modes.set(name, zip.readUInt32LE(at + 38) >>> 16);
  }
  return modes;
}

describe("the package", () => {
  it("holds the bundles, media, the licence and the documents, and nothing else, in less than 1 MB", function () {
    this.timeout(180_000);
    const folder = mkdtempSync(join(tmpdir(), "boot-servers-"));
    try {
      const file = join(folder, "boot-servers.vsix");
      execFileSync("npm", ["run", "vsix", "--", "--out", file], { stdio: "pipe" });
      const vsix = readFileSync(file);
      assert.ok(vsix.length < 1e6, `${vsix.length} bytes`);
      const modes = zipModes(vsix);
      assert.equal((modes.get("extension/media/bin/boot-servers") ?? 0) & 0o111, 0o111, "no program");
      assert.deepEqual([...modes.keys()].sort(), [
        "[Content_Types].xml",
        "extension.vsixmanifest",
        ...[
          "LICENSE.txt",
          "changelog.md",
          ...["cli.js", "cli.js.LICENSE.txt", "extension.js", ...later].sort().map((name) => `dist/${name}`),
          "media/activity.svg",
          "media/bin/boot-servers",
          "media/bin/boot-servers.cmd",
          "media/boot-plan.schema.json",
          "media/bootmanifest.language.json",
          "media/bootmanifest.tmLanguage.json",
          "media/icon.png",
          "media/timeline.css",
          "media/timeline.js",
          "package.json",
          "package.nls.json",
          "readme.md",
        ].map((name) => `extension/${name}`),
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
