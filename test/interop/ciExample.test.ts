/** The script of docs/ci.md, as it stands there, run by an ordinary user where there is nothing but loopback. */

import assert from "node:assert/strict";
import { chmod, cp, readFile, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { elementsIn, isRed } from "../support/junit";
import { makeNetwork, type Host, type TestNetwork } from "../support/namespace";
import type { Finished } from "../support/processes";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

describe("the example of docs/ci.md", function () {
  this.timeout(90_000);
  let network: TestNetwork | undefined;
  let host: Host;
  let work: TemporaryFolder;

  before(async function () {
    network = await makeNetwork(this, { host: {} }, "ordinary user");
    host = network.host("host");
  });
  after(() => network?.close());

  beforeEach(async () => {
    const [, script] = /```sh\n(.*?)```/s.exec(await readFile("docs/ci.md", "utf8")) ?? [];
    assert.ok(script !== undefined, "docs/ci.md has no script");
    work = await temporaryFolder({ "verify-drop.sh": script, "reports/": "" });
    await chmod(work.path, 0o755);
    await chmod(work.at("reports"), 0o777);
    await cp("dist/cli.js", work.at("tools/boot-servers.js"));
    await cp("samples/firmware-drop", work.at("firmware-drop"), { recursive: true });
  });
  afterEach(() => work.remove());

  /** As the pipelines of the page run it. */
  const run = (): Promise<Finished> =>
    host.run("sh", ["verify-drop.sh", "firmware-drop", "reports"], {
      cwd: work.path,
      env: { PATH: `${resolve(process.execPath, "..")}:${process.env["PATH"] ?? ""}` },
      timeoutMs: 60_000,
    });
  const report = (name: string): Promise<string> => readFile(work.at(`reports/${name}.xml`), "utf8");

  it("passes for the sample, with both reports, and leaves no server behind", async () => {
    const { code, stdout, stderr } = await run();
    assert.equal(code, 0, stdout + stderr);
    for (const name of ["drop", "target"]) {
      const xml = await report(name);
      assert.ok(!isRed(xml), xml);
      assert.ok(elementsIn(xml, "testcase") > 10, xml);
      assert.equal(elementsIn(xml, "testsuite"), 2, xml);
    }
    assert.doesNotMatch(stdout, /\u001b/);
    const listening = await host.succeed("ss", ["-Hlnut"]);
    assert.equal(listening.stdout, "");
  });

  it("fails with the exit code of the verification where a file of the drop is not what its manifest says", async () => {
    await work.write("firmware-drop/images/fpga/line-card.bit", "another build");
    assert.equal((await run()).code, 1);
    const xml = await report("drop");
    assert.match(
      xml,
      /<failure message="[^"]*copy-files4\.rc line 5 expects another hash" type="file\.hash">/,
    );
    await assert.rejects(report("target"));
  });

  it("fails where the plan is gone bad, and the report says at which line", async () => {
    await work.write("firmware-drop/.vscode/boot-plan.json", `{\n  "boot": 7\n}`);
    await rm(work.at("reports"), { recursive: true, force: true });
    await chmod(work.path, 0o777);
    assert.equal((await run()).code, 2);
    assert.match(await report("drop"), /boot-plan\.json:2:\d+ /);
  });
});
