import assert from "node:assert/strict";
import { truncate } from "node:fs/promises";
import { runToEnd } from "../support/processes";
import { temporaryFolder } from "../support/temporaryFolder";

describe("the program", () => {
  it("verifies a file of 1 GiB over TFTP and FTP in less than 200 MB", async () => {
    const folder = await temporaryFolder({
      "large.bin": "",
      ".vscode/boot-plan.json": `{ "tftp": ["large.bin"], "ftp": ["large.bin"] }`,
    });
    try {
      await truncate(folder.at("large.bin"), 2 ** 30);
      // At its end the program writes the most memory that it ever had, in KiB.
      const tell = "process.on('exit',()=>process.stderr.write(String(process.resourceUsage().maxRSS)))";
      const command = [process.execPath, "--import", `data:text/javascript,${tell}`, "dist/cli.js", "verify"];
      const { code, stdout, stderr } = await runToEnd([...command, folder.path], { timeoutMs: 120_000 });
      assert.equal(code, 0, stdout);
      assert.ok(Number(stderr) > 1000, "no memory was measured");
      assert.ok(Number(stderr) * 1024 < 200e6, `${stderr} KiB`);
    } finally {
      await folder.remove();
    }
  }).timeout(130_000);
});
