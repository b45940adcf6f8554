/** Takes the README's pictures from the real thing: `npm run pictures`. Look at them before they are committed. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { unlikeBytes } from "../support/files";
import { askBootp, ftpRead, tftpRead } from "../support/loopbackBoard";
import { attemptMs } from "../support/patience";
import { sampleDrop } from "../support/sampleDrop";
import { busyBoard, heldBoard, portsOf } from "../support/uiBoard";
import { openUi } from "../support/uiServer";
import { compareTwo, openTimeline } from "../support/uiTimeline";
import { uiTestMs } from "../support/workbench";

/** A board that writes what it got into its flash, which takes so long. */
const writing = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const rootfs = unlikeBytes(8 * 2 ** 20);

/** Boards by their MAC: the sample's plan lists the first. */
const [bench1, stranger] = ["52:54:00:12:34:56", "52:54:00:a1:b2:c3"] as const;

describe("the pictures of the README", function () {
  this.timeout(uiTestMs);
  this.bail(true);
  const ui = openUi({
    make: (fixture) => sampleDrop(fixture, { "images/rootfs.squashfs": rootfs }),
    // As most people see them, where these ports may be had.
    machineSettings: {
      "bootServers.bootp.port": 67,
      "bootServers.tftp.port": 69,
      "bootServers.ftp.port": 21,
    },
    screen: { pictures: "docs/images", height: 600, deviceScaleFactor: 2 },
  });
  const sideBar = () => ui.workbench.page.locator(".part.sidebar");
  const left = () => [ui.workbench.page.locator(".part.activitybar"), sideBar()];

  it("the views while boards boot", async () => {
    await ui.workbench.show("Boot Servers");
    await ui.workbench.command("Boot Servers: Start Boot Servers");
    const { bootp, tftp, ftp } = await portsOf(ui.workbench);
    await askBootp(bootp, bench1);
    await tftpRead(tftp, "bench1.bin");
    await askBootp(bootp, stranger);
    await tftpRead(tftp, "u-boot.bin");
    await askBootp(bootp, stranger);
    await ftpRead(ftp, "etsw.b3");
    await assert.rejects(tftpRead(tftp, "u-boot.img"));
    const { reading, goOn } = heldBoard(tftp, "rootfs.squashfs", rootfs.length * 0.6);
    await ui.workbench.row(/rootfs\.squashfs.*\d\d %/);
    await ui.workbench.command("Notifications: Clear All Notifications");
    await ui.workbench.picture("views", ...left());
    goOn();
    await reading;
  });

  it("the menu of a file that is missing", async () => {
    const row = await ui.workbench.row(/u-boot\.img.*not found/);
    // Beside the row's text, which the menu would cover.
    await ui.workbench.menuOf(row, { x: 410, y: 11 });
    await ui.workbench.page.locator(".monaco-menu .action-item").first().hover();
    const pane = ui.workbench.page.locator(".pane").filter({ hasText: "Transfers" });
    await ui.workbench.picture("missing-file", pane, ui.workbench.page.locator(".monaco-menu"));
    await ui.workbench.page.keyboard.press("Escape");
  });

  it("the right-click on a file", async () => {
    await ui.workbench.openMenu("images/u-boot.bin");
    const item = ui.workbench.page
      .locator(".monaco-menu .action-item")
      .filter({ hasText: "Serve as Boot File" });
    await item.hover();
    await ui.workbench.picture("right-click", ...left(), ui.workbench.page.locator(".monaco-menu"));
    await ui.workbench.page.keyboard.press("Escape");
  });

  it("the drop as a test, with a file that is not what its manifest says", async () => {
    const { page } = ui.workbench;
    const file = await readFile(resolve("samples/firmware-drop/images/fpga/line-card.bit"));
    file[70_000]! ^= 1;
    await ui.fixture.write("firmware-drop/images/fpga/line-card.bit", file);
    await ui.workbench.show("Testing");
    await ui.workbench.unfoldTest("firmware-drop");
    await ui.workbench.command("Test: Run All Tests");
    await ui.workbench.test("firmware-drop", "failed");
    await ui.workbench.unfoldTest("any board");
    const failed = await ui.workbench.test("FTP fpga/line-card.bit", "failed");
    const peek = page.locator(".test-output-peek, .zone-widget");
    await ui.workbench.toSee(peek, () => failed.dblclick({ timeout: attemptMs }));
    await ui.workbench.command("Notifications: Clear All Notifications");
    await ui.workbench.picture("drop-not-verified");
  });
});

describe("the picture of the boot timeline", function () {
  this.timeout(uiTestMs);
  this.bail(true);
  const ui = openUi({
    make: sampleDrop,
    screen: { pictures: "docs/images", height: 640, deviceScaleFactor: 2 },
  });

  async function boot(flashMs: number): Promise<void> {
    const { bootp, tftp, ftp } = await portsOf(ui.workbench);
    await askBootp(bootp, bench1);
    await busyBoard(tftp, "bench1.bin", 30_000, 350);
    await writing(600);
    await busyBoard(tftp, "Image", 30_000, flashMs);
    await tftpRead(tftp, "board.dtb");
    await writing(800);
    await ftpRead(ftp, "etsw.b3");
  }

  it("two boots of a board, one of them slower", async () => {
    await ui.workbench.show("Boot Servers");
    await ui.workbench.command("Boot Servers: Start Boot Servers");
    await boot(400);
    await boot(2600);
    const page = await openTimeline(ui.workbench);
    await compareTwo(ui.workbench, 2);
    await page.getByRole("heading", { name: /slower than/ }).waitFor();
    await ui.workbench.command("View: Toggle Primary Side Bar Visibility");
    await ui.workbench.command("Notifications: Clear All Notifications");
    await ui.workbench.picture("timeline", ui.workbench.page.locator(".part.editor"));
  });
});
