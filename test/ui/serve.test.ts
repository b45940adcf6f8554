import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { sha256, unlikeBytes } from "../support/files";
import { askBootp, tftpRead } from "../support/loopbackBoard";
import { comesTrue, holds } from "../support/patience";
import { sampleDrop } from "../support/sampleDrop";
import { heldBoard, portOf } from "../support/uiBoard";
import { openUi } from "../support/uiServer";
import { uiTestMs } from "../support/workbench";

const large = unlikeBytes(8 * 2 ** 20);

describe("the packaged extension in VS Code's user interface", function () {
  this.timeout(uiTestMs);
  // Each step goes on from where the one before left the screen.
  this.bail(true);
  const ui = openUi({
    make: (fixture) => sampleDrop(fixture, { "images/rootfs.img": large }),
  });

  it("starts from the palette, and each server says where it listens and that nothing has come yet", async () => {
    await ui.workbench.show("Boot Servers");
    await ui.workbench.command("Boot Servers: Start Boot Servers");
    for (const name of ["BOOTP", "TFTP", "FTP"]) {
      await ui.workbench.row(new RegExp(`${name}.*127\\.0\\.0\\.1:\\d+, nothing received yet`));
    }
    await ui.workbench.picture("started");
  });

  it("shows a large file's progress while a board loads it, and then that it arrived", async () => {
    const port = await portOf(ui.workbench, "TFTP");
    const { reading, goOn } = heldBoard(port, "rootfs.img", large.length / 2);
    await ui.workbench.row(/rootfs\.img.*\d\d %/);
    await ui.workbench.picture("loading");
    goOn();
    assert.equal(sha256(await reading), sha256(large));
    await ui.workbench.row(/rootfs\.img.*8\.0 MiB in /);
    await ui.workbench.picture("loaded");
  });

  it("shows a file that was asked for and is not there, with the nearest name", async () => {
    const port = await portOf(ui.workbench, "TFTP");
    await assert.rejects(tftpRead(port, "u-boot.img"));
    await ui.workbench.row(/u-boot\.img.*not found.*u-boot\.bin/);
    await ui.workbench.picture("missing");
  });

  it("serves a file as boot file by a right-click: the next BOOTP answer names it", async () => {
    const port = await portOf(ui.workbench, "BOOTP");
    const answer = async (): Promise<string | undefined> => (await askBootp(port, "02:00:00:00:00:01"))?.file;
    assert.equal(await answer(), "u-boot.bin");
    const menu = await ui.workbench.openMenu("images/bench1.bin");
    await ui.workbench.picture("right-click");
    await menu.choose("Serve as Boot File");
    // The servers follow the saved plan within a second.
    await holds(async () => {
      assert.equal(await answer(), "bench1.bin");
    });
    await ui.workbench.show("Boot Servers");
    await ui.workbench.row(/02:00:00:00:00:01.*bench1\.bin/);
    await ui.workbench.picture("served as boot file");
  });

  it("serves another file under the name that was missing, from the menu of its row", async () => {
    const port = await portOf(ui.workbench, "TFTP");
    const row = await ui.workbench.row(/u-boot\.img.*not found/);
    await (await ui.workbench.menuOf(row)).choose("Serve a File Under This Name…");
    await ui.workbench.pick("u-boot.bin");
    const expected = sha256(await readFile(resolve("samples/firmware-drop/images/u-boot.bin")));
    const got = async (): Promise<string | undefined> =>
      tftpRead(port, "u-boot.img").then(sha256, () => undefined);
    await holds(async () => {
      assert.equal(await got(), expected);
    });
    await ui.workbench.row(/u-boot\.img.*KiB in /);
    await ui.workbench.picture("served under the missing name");
  });

  it("stops from the palette, and the view says how to start", async () => {
    await ui.workbench.command("Boot Servers: Stop Boot Servers");
    await ui.workbench.page.getByRole("button", { name: "Start Boot Servers" }).first().waitFor();
    await ui.workbench.status("Boot: stopped").waitFor();
    // The next test would take the ports in these for its own.
    await ui.workbench.noRow(/127\.0\.0\.1:\d+/);
    await ui.workbench.picture("stopped");
  });

  it("a board's transfer outlives its extension host, and then no process is left (DESIGN §2.1)", async () => {
    await ui.workbench.command("Boot Servers: Start Boot Servers");
    const tftp = await portOf(ui.workbench, "TFTP");
    const child = ui.processes().find(({ command }) => command.includes("serve --stdio"));
    assert.ok(child !== undefined, JSON.stringify(ui.processes()));
    const { reading, goOn } = heldBoard(tftp, "rootfs.img", large.length / 2);
    await ui.workbench.row(/rootfs\.img.*\d\d %/);
    const runs = (pid: number): boolean => ui.processes().some((each) => each.pid === pid);
    process.kill(child.parent, "SIGKILL");
    assert.ok(await comesTrue(() => !runs(child.parent)));
    goOn();
    assert.equal(sha256(await reading), sha256(large));
    assert.ok(await comesTrue(() => !runs(child.pid)), JSON.stringify(ui.processes()));
  });
});
