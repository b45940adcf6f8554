import type { FrameLocator } from "playwright-core";
import { askBootp, ftpRead, tftpRead } from "../support/loopbackBoard";
import { attemptMs } from "../support/patience";
import { sampleDrop } from "../support/sampleDrop";
import { busyBoard, portsOf } from "../support/uiBoard";
import { openUi } from "../support/uiServer";
import { compareTwo, openTimeline, timelinePage } from "../support/uiTimeline";
import { uiTestMs } from "../support/workbench";

const bench1 = "52:54:00:12:34:56";
/** So long a board that writes its flash says nothing: longer than what is no wait. */
const flashMs = 700;

describe("the boot timeline in VS Code's user interface", function () {
  this.timeout(uiTestMs);
  // Each step goes on from where the one before left the screen.
  this.bail(true);
  const ui = openUi({
    make: sampleDrop,
  });
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

  it("shows where the time of a boot went, each file with a text for screen readers", async () => {
    await ui.workbench.show("Boot Servers");
    await ui.workbench.command("Boot Servers: Start Boot Servers");
    const began = performance.now();
    await boot(flashMs);
    firstBootMs = performance.now() - began;
    await openTimeline(ui.workbench);
    await row(/^bench-1, today \d\d:\d\d:\d\d, .*3 files.*Longest: /).waitFor();
    await row(/^bench1\.bin to the board over TFTP\. .*First byte after /).waitFor();
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

  it("the board boots again, and both stand side by side", async () => {
    // Whatever the first boot took here, with all that was done for the first time: this file makes the difference.
    await boot(flashMs * 3 + 2 * firstBootMs);
    await compareTwo(ui.workbench);
    await page()
      .getByRole("heading", { name: /^bench-1, today .*slower than today .*: Image over TFTP \+/ })
      .waitFor();
    await page()
      .getByRole("row", { name: /^Image over TFTP/ })
      .waitFor();
    await ui.workbench.picture("timeline compared");
    await ui.workbench.command("Preferences: Toggle between Light/Dark Themes");
    await page().locator("body.vscode-dark").waitFor();
    await ui.workbench.picture("timeline compared dark");
  });
});
