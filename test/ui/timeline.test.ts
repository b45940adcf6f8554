import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FrameLocator } from "playwright-core";
import { mostBoots } from "../../src/extension/timeline/boot";
import { readBoots } from "../../src/extension/timeline/bootHistory";
import { askBootp, ftpRead, tftpRead } from "../support/loopbackBoard";
import { attemptMs, comesTrue } from "../support/patience";
import { reloadOnceKept } from "../support/reload";
import { sampleDrop } from "../support/sampleDrop";
import { busyBoard, portsOf } from "../support/uiBoard";
import { openUi } from "../support/uiServer";
import { compareTwo, openTimeline, timelinePage } from "../support/uiTimeline";
import { uiTestMs } from "../support/workbench";

const bench1 = "52:54:00:12:34:56";
/** So long a board that writes its flash says nothing: longer than what is no wait. */
const flashMs = 700;
const slower = /^bench-1, today .*slower than today .*: Image over TFTP \+/;

describe("the boot timeline in VS Code's user interface", function () {
  this.timeout(uiTestMs);
  // Each step goes on from where the one before left the screen.
  this.bail(true);
  const ui = openUi({ make: sampleDrop });
  let firstBootMs = 0;
  const page = (): FrameLocator => timelinePage(ui.workbench);
  const row = (label: RegExp) => page().getByRole("button", { name: label });

  /** A board asks, loads two files over TFTP, is busy in the middle of one, and loads one over FTP. */
  async function boot(busyMs: number): Promise<void> {
    const { bootp, tftp, ftp } = await portsOf(ui.workbench);
    await askBootp(bootp, bench1);
    await tftpRead(tftp, "bench1.bin");
    await busyBoard(tftp, "Image", 300_000, busyMs);
    await ftpRead(ftp, "etsw.b3");
  }

  /** One that loads a small file, and of which nothing else is known. */
  const other = (board: number): string => `52:54:00:00:01:${String(board).padStart(2, "0")}`;

  async function others(from: number, count: number): Promise<void> {
    const { bootp, tftp } = await portsOf(ui.workbench);
    for (let board = from; board < from + count; board += 1) {
      await askBootp(bootp, other(board));
      await tftpRead(tftp, "board.dtb");
    }
  }

  /** True once the history on the disk ends with a whole boot of this board. */
  async function isKept(client: string): Promise<boolean> {
    const storage = ui.fixture.at("server/data/User/workspaceStorage");
    const files = await readdir(storage, { recursive: true }).catch(() => []);
    const file = files.find((each) => each.endsWith("boots.json"));
    const boots = file === undefined ? [] : readBoots(await readFile(join(storage, file), "utf8"));
    const last = boots?.at(-1);
    return last?.client === client && last.files.some(({ state }) => state === "finished");
  }

  it("shows where the time of a boot went, each file with a text for screen readers", async () => {
    await ui.workbench.show("Boot Servers");
    await ui.workbench.command("Boot Servers: Start Boot Servers");
    // Too many by these, in the end.
    await others(0, 3);
    const began = performance.now();
    await boot(flashMs);
    firstBootMs = performance.now() - began;
    await openTimeline(ui.workbench);
    await row(/^bench-1, today \d\d:\d\d:\d\d, .*3 files.*Longest: /).waitFor();
    await row(/^bench1\.bin to the board over TFTP\. .*first byte after /).waitFor();
    await row(/^Image to the board over TFTP\. .*nothing came from the board for/).waitFor();
    await row(/^etsw\.b3 to the board over FTP\. /).waitFor();
    await page()
      .getByRole("note", { name: /^BOOTP and DHCP, \d+ questions?\. 0 ms: .*bench1\.bin/ })
      .waitFor();
    await ui.workbench.command("Notifications: Clear All Notifications");
    await ui.workbench.picture("timeline");
  });

  it("a click on a file shows its row in the Transfers view", async () => {
    const selected = ui.workbench.page
      .locator('.monaco-list-row.selected[role="treeitem"]')
      .filter({ hasText: "etsw.b3" });
    await ui.workbench.toSee(selected, () =>
      row(/^etsw\.b3 to the board over FTP/).click({ timeout: attemptMs }),
    );
  });

  it("is moved through by keys", async () => {
    const focused = page().locator(":focus");
    // From the lane's head; the view that has just shown a row may take the keys to itself a moment later.
    await ui.workbench.toSee(focused.and(row(/^bench1\.bin to/)), async () => {
      await row(/^bench-1, today/).focus({ timeout: attemptMs });
      // The lane's two buttons, the row of BOOTP, and the first file.
      for (let each = 0; each < 4; each += 1) await ui.workbench.page.keyboard.press("ArrowDown");
    });
  });

  it("is zoomed by its keys, its buttons and the wheel, and shows the whole again", async () => {
    const { keyboard, mouse } = ui.workbench.page;
    const whole = page().locator('.lanes[style*="--zoom: 1;"]');
    const zoomed = page().locator('.lanes:not([style*="--zoom: 1;"])');
    const press = (key: string) => async () => {
      await row(/^bench-1, today/).focus({ timeout: attemptMs });
      await keyboard.press(key);
    };
    const click = (title: RegExp) => () => row(title).click({ timeout: attemptMs });
    const turnWheel = async () => {
      await page().locator(".lanes").hover({ timeout: attemptMs });
      await keyboard.down("Control");
      await mouse.wheel(0, -300);
      await keyboard.up("Control");
    };
    for (const [zoomIn, zoomOut] of [
      [press("+"), press("-")],
      [click(/^Zoom in/), click(/^Zoom out/)],
      [turnWheel, click(/^Show the whole/)],
      [press("+"), press("0")],
    ] as const) {
      await ui.workbench.toSee(zoomed, zoomIn);
      await ui.workbench.toSee(whole, zoomOut);
    }
  });

  it("the board boots again, and both stand side by side", async () => {
    // Whatever the first boot took here, with all that was done for the first time: this file makes the difference.
    // At most as long as the server waits for a silent board.
    await boot(flashMs * 3 + Math.min(2 * firstBootMs, 40_000));
    await compareTwo(ui.workbench, 5);
    await page().getByRole("heading", { name: slower }).waitFor();
    await page()
      .getByRole("row", { name: /^Image over TFTP/ })
      .waitFor();
    await ui.workbench.picture("timeline compared");
    await ui.workbench.command("Preferences: Toggle between Light/Dark Themes");
    await page().locator("body.vscode-dark").waitFor();
    await ui.workbench.picture("timeline compared dark");
  });

  it("the last fifty boots are kept", async () => {
    await others(3, mostBoots - 2);
    await page()
      .locator(".fold")
      .nth(mostBoots - 1)
      .waitFor();
    assert.ok(await comesTrue(() => isKept(other(mostBoots))));
    assert.equal(await page().locator(".fold").count(), mostBoots);
  });

  it("is there again after a reload of the window, with its boots and with what was compared", async () => {
    const twoCompared = /"timelineChoice":\{[^}]*"compare":\["[^"]+","[^"]+"\]/;
    const isOpen = /"editorpart\.state":.*bootServers\.timeline/;
    await reloadOnceKept(ui.workbench, twoCompared, isOpen);
    await page().getByRole("heading", { name: slower }).waitFor();
    assert.equal(await page().locator(".fold").count(), mostBoots);
  });
});
