import assert from "node:assert/strict";
import { holds } from "../support/patience";
import { sampleDrop } from "../support/sampleDrop";
import { openUi } from "../support/uiServer";
import { uiTestMs } from "../support/workbench";

const manifest = `# What the switch copies to its flash.
firmware: ETSW.b3
line card: fpga/line-card.bit : sha256=${"0".repeat(64)}
first boot: config/first-boot.flag : size=0
not built yet: rootfs.squashfs
kernel
`;

describe("a manifest in VS Code's user interface", function () {
  this.timeout(uiTestMs);
  const ui = openUi({
    make: (fixture) => sampleDrop(fixture, { "images/copy-files4.rc": manifest }),
  });

  it("has colours, problems at their places, and what can be done with it above its first line", async () => {
    const { page } = ui.workbench;
    await ui.workbench.openFile("copy-files4.rc");
    await page.locator(".codelens-decoration").filter({ hasText: "Copy Boot Commands" }).waitFor();
    await page.locator(".statusbar-item").filter({ hasText: "Boot Manifest" }).waitFor();
    // The case, the hash, and the line without a colon; a comment, a label and a name have colours of their own.
    await page.locator(".squiggly-error").nth(2).waitFor();
    await page.locator(".squiggly-warning").first().waitFor();
    const pieces = page.locator(".view-line").filter({ hasText: "firmware" }).locator("span span");
    // VS Code colours a text when it has loaded what it needs for that.
    await holds(async () => {
      const names = await Promise.all((await pieces.all()).map((piece) => piece.getAttribute("class")));
      const colours = new Set(names.map((name) => /\bmtk\d+\b/.exec(name ?? "")?.[0]));
      assert.ok(colours.size > 1, [...colours].join(" "));
    });
    await ui.workbench.picture("manifest");
  });
});
