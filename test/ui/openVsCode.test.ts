import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { commandsWith, Running } from "../support/processes";
import { withinASecondMs } from "../support/pace";
import { skipOrFail } from "../support/programs";
import { temporaryFolder } from "../support/temporaryFolder";

describe("npm run vscode", () => {
  it("tells the address of a VS Code with a copy of the sample; Ctrl+C leaves no process and no file", async function () {
    this.timeout(600_000);
    const fixture = await temporaryFolder();
    const script = new Running([process.execPath, "scripts/vscode.mjs", "--browser"], {
      // Its temporary folder is made in ours; without a display it opens no browser on somebody's screen.
      env: { TMPDIR: fixture.path, DISPLAY: "", WAYLAND_DISPLAY: "" },
    });
    try {
      const said = await script.waitFor(
        "address",
        (output) => /^(missing: .*)|^Open (http:\S+)\n/m.exec(output) ?? undefined,
        590_000,
      );
      const [, lack, url] = said;
      if (lack !== undefined) skipOrFail(this, [lack]);
      const folder = new URL(url!).searchParams.get("folder")!;
      assert.ok(folder.startsWith(fixture.path) && readdirSync(folder).includes(".vscode"), folder);
      const page = await fetch(url!);
      assert.equal(page.status, 200);
      assert.match(await page.text(), /vscode/);
      assert.notDeepEqual(commandsWith(fixture.path), []);
      script.signal("SIGINT");
      assert.equal((await script.endedWithin(withinASecondMs)).code, 0);
      assert.deepEqual(commandsWith(fixture.path), []);
      assert.deepEqual(readdirSync(fixture.path), []);
    } finally {
      await script.kill();
      await fixture.remove();
    }
  });
});
