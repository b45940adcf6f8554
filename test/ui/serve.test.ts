import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cp, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  installExtension,
  installServer,
  MissingError,
  processesOf,
  startServer,
} from "../../scripts/vscodeServer.mjs";
import { freePorts } from "../extension/windows";
import { browserLack, openBrowser } from "../support/browser";
import { sha256, unlikeBytes } from "../support/files";
import { askBootp, tftpRead } from "../support/loopbackBoard";
import { skipOrFail } from "../support/programs";
import { temporaryFolder } from "../support/temporaryFolder";
import { Workbench } from "../support/workbench";

const large = unlikeBytes(8 * 2 ** 20);

/** The port that a server's row tells. */
async function portOf(workbench: Workbench, server: string): Promise<number> {
  const row = await workbench.row(new RegExp(`${server}.*listening on 127\\.0\\.0\\.1:\\d+`));
  return Number(/127\.0\.0\.1:(\d+)/.exec(await row.innerText())![1]);
}

/** A board that loads the large file and stops in the middle until it may go on. */
function readInHalves(port: number): { readonly reading: Promise<Uint8Array>; readonly goOn: () => void } {
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const reading = tftpRead(port, "rootfs.img", (bytes) => (bytes > large.length / 2 ? held : undefined));
  return {
    reading,
    goOn: () => {
      goOn();
    },
  };
}

/** Resolves once it is no longer so; mocha's limit ends it. */
async function whenNot(so: () => boolean): Promise<void> {
  while (so()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("the packaged extension in VS Code's user interface", function () {
  this.timeout(60_000);
  // Each step goes on from where the one before left the screen.
  this.bail(true);
  /** What `before` opened, to be closed in the reverse order, as far as it came. */
  const opened: (() => Promise<void>)[] = [];
  let workbench: Workbench;
  let server: { readonly processes: () => ReturnType<typeof processesOf> };

  before(async function () {
    this.timeout(600_000);
    const lack = browserLack();
    if (lack !== undefined) skipOrFail(this, [lack]);
    const installed = (() => {
      try {
        return installServer("newest");
      } catch (error) {
        if (error instanceof MissingError) return error.message;
        throw error;
      }
    })();
    if (typeof installed === "string") {
      skipOrFail(this, [installed]);
      return;
    }
    const fixture = await temporaryFolder();
    opened.push(() => fixture.remove());
    await cp(resolve("samples/firmware-drop"), fixture.at("firmware-drop"), { recursive: true });
    await fixture.write("firmware-drop/images/rootfs.img", large);
    const vsix = fixture.at("boot-servers.vsix");
    execFileSync("npm", ["run", "vsix", "--", "--out", vsix], { stdio: "pipe" });
    const dataFolder = fixture.at("server");
    installExtension(installed, { dataFolder, vsix });
    const started = await startServer(installed, { dataFolder, machineSettings: freePorts });
    opened.push(() => started.end());
    server = { processes: () => processesOf(started.group) };
    const browser = await openBrowser();
    opened.push(() => browser.close());
    workbench = await Workbench.open(browser, started.port, fixture.at("firmware-drop"));
  });

  after(async () => {
    for (const close of opened.reverse()) await close();
  });

  afterEach(async function () {
    if (this.currentTest?.state === "failed") await workbench.picture(`failed ${this.currentTest.title}`);
  });

  it("starts from the palette, and each server says where it listens and that nothing has come yet", async () => {
    await workbench.show("Boot Servers");
    await workbench.command("Boot Servers: Start Boot Servers");
    for (const name of ["BOOTP", "TFTP", "FTP"]) {
      await workbench.row(new RegExp(`${name}.*listening on 127\\.0\\.0\\.1:\\d+, nothing received yet`));
    }
    await workbench.picture("started");
  });

  it("shows a large file's progress while a board loads it, and then that it arrived", async () => {
    const port = await portOf(workbench, "TFTP");
    const { reading, goOn } = readInHalves(port);
    await workbench.row(/rootfs\.img.*\d\d %/);
    await workbench.picture("loading");
    goOn();
    assert.equal(sha256(await reading), sha256(large));
    await workbench.row(/rootfs\.img.*8\.0 MiB in /);
    await workbench.picture("loaded");
  });

  it("shows a file that was asked for and is not there, with the nearest name", async () => {
    const port = await portOf(workbench, "TFTP");
    await assert.rejects(tftpRead(port, "u-boot.img"));
    await workbench.row(/u-boot\.img.*not found.*u-boot\.bin/);
    await workbench.picture("missing");
  });

  it("serves a file as boot file by a right-click: the next BOOTP answer names it", async () => {
    const port = await portOf(workbench, "BOOTP");
    const answer = async (): Promise<string | undefined> => (await askBootp(port, "02:00:00:00:00:01"))?.file;
    assert.equal(await answer(), "u-boot.bin");
    await workbench.openMenu("images/bench1.bin");
    await workbench.picture("right-click");
    await workbench.choose("Serve as Boot File");
    // The servers follow the saved plan within a second; mocha's limit ends this.
    while ((await answer()) !== "bench1.bin");
    await workbench.show("Boot Servers");
    await workbench.row(/02:00:00:00:00:01.*bench1\.bin/);
    await workbench.picture("served as boot file");
  });

  it("serves another file under the name that was missing, from the menu of its row", async () => {
    const port = await portOf(workbench, "TFTP");
    const row = await workbench.row(/u-boot\.img.*not found/);
    await row.click({ button: "right" });
    await workbench.choose("Serve a File Under This Name…");
    await workbench.pick("u-boot.bin");
    const expected = sha256(await readFile(resolve("samples/firmware-drop/images/u-boot.bin")));
    const got = async (): Promise<string | undefined> =>
      tftpRead(port, "u-boot.img").then(sha256, () => undefined);
    while ((await got()) !== expected);
    await workbench.row(/u-boot\.img.*KiB in /);
    await workbench.picture("served under the missing name");
  });

  it("stops from the palette, and the view says how to start", async () => {
    await workbench.command("Boot Servers: Stop Boot Servers");
    await workbench.page.getByRole("button", { name: "Start Boot Servers" }).first().waitFor();
    await workbench.status("Boot: stopped").waitFor();
    await workbench.picture("stopped");
  });

  it("a board's transfer outlives its extension host, and then no process is left (DESIGN §2.1)", async () => {
    await workbench.command("Boot Servers: Start Boot Servers");
    const tftp = await portOf(workbench, "TFTP");
    const child = server.processes().find(({ command }) => command.includes("serve --stdio"));
    assert.ok(child !== undefined, JSON.stringify(server.processes()));
    const { reading, goOn } = readInHalves(tftp);
    await workbench.row(/rootfs\.img.*\d\d %/);
    const runs = (pid: number): boolean => server.processes().some((each) => each.pid === pid);
    process.kill(child.parent, "SIGKILL");
    await whenNot(() => runs(child.parent));
    goOn();
    assert.equal(sha256(await reading), sha256(large));
    await whenNot(() => runs(child.pid));
  });
});
