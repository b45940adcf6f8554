import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createEngine } from "../../src/engine/engine";
import { anyPorts, defaultWanted } from "../../src/model/settings";
import { attemptMs, holds } from "../support/patience";
import { sampleDrop } from "../support/sampleDrop";
import { openUi } from "../support/uiServer";
import { uiTestMs } from "../support/workbench";

const sample = resolve("samples/firmware-drop");
const file = "images/fpga/line-card.bit";

describe("verification in VS Code's user interface", function () {
  this.timeout(uiTestMs);
  // Each step goes on from where the one before left the screen.
  this.bail(true);
  /** Another boot server, with a copy of the drop. */
  const engine = createEngine();
  let copy = "";
  let target = "";
  const ui = openUi({
    make: async (fixture) => {
      copy = fixture.at("target");
      await cp(sample, copy, { recursive: true });
      await engine.configure({ ...defaultWanted, folder: copy, ports: anyPorts });
      const port = (id: string): number => engine.snapshot().servers.get(id)?.port ?? 0;
      target = `127.0.0.1 bootp=${port("bootp")} tftp=${port("tftp")} ftp=${port("ftp")}`;
      return sampleDrop(fixture, {
        ".vscode/settings.json": JSON.stringify({ "bootServers.verify.targets": [target] }),
      });
    },
  });
  after(() => engine.stopNow());

  it("the Testing view lists the drops before anything ran, and all of it is green on fresh servers", async () => {
    await ui.workbench.show("Testing");
    await ui.workbench.unfoldTest("firmware-drop");
    await ui.workbench.test("any board");
    await ui.workbench.picture("drops as tests");
    await ui.workbench.command("Test: Run All Tests");
    await ui.workbench.test("firmware-drop", "passed");
    await ui.workbench.unfoldTest("any board");
    await ui.workbench.test("FTP fpga/line-card.bit", "passed");
    await ui.workbench.picture("drop verified");
  });

  it("one byte changed on the target is red at the manifest's line, with what was expected and what came", async () => {
    const path = join(copy, file);
    const bytes = await readFile(path);
    bytes[70_000]! ^= 1;
    await writeFile(path, bytes);
    await ui.workbench.command("Boot Servers: Verify Firmware Drop on Target…");
    await ui.workbench.pick(target);
    await ui.workbench.test("firmware-drop", "failed");
    await ui.workbench.page
      .getByRole("tab", { name: /Verification of/ })
      .first()
      .waitFor();
    await ui.workbench.picture("report");
    const row = await ui.workbench.test("FTP fpga/line-card.bit", "failed");
    const peek = ui.workbench.page.locator(".test-output-peek, .zone-widget");
    await ui.workbench.toSee(peek, () => row.dblclick({ timeout: attemptMs }));
    await ui.workbench.picture("drop not verified");
    const editor = ui.workbench.page.locator(".editor-group-container .tab.active").first();
    await holds(async () => {
      assert.match((await editor.getAttribute("aria-label")) ?? "", /copy-files4\.rc/);
    });
  });
});
