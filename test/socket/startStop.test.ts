import assert from "node:assert/strict";
import { createEngine } from "../../src/engine/engine";
import { anyPorts, defaultWanted } from "../../src/model/settings";
import { askBootp, ftpRead, tftpRead } from "../support/loopbackBoard";
import { megabytes, memoryNow } from "../support/memory";
import { holds } from "../support/patience";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const cycles = 1_000;
/** A board loads in one of so many. */
const loadsEvery = 25;

describe("an engine that is started and stopped a thousand times", () => {
  let folder: TemporaryFolder;
  before(async () => {
    folder = await temporaryFolder({
      "u-boot.bin": "boot",
      ".vscode/boot-plan.json": `{ "boot": "u-boot.bin" }`,
    });
  });
  after(() => folder.remove());

  it("serves the last time as the first, and its memory does not grow", async function () {
    this.timeout(120_000);
    const engine = createEngine();
    const portOf = (protocol: string): number => engine.snapshot().servers.get(protocol)?.port ?? 0;
    let before = memoryNow();
    for (let cycle = 1; cycle <= cycles; cycle += 1) {
      await engine.configure({ ...defaultWanted, folder: folder.path, ports: anyPorts });
      if (cycle % loadsEvery === 0) {
        assert.equal((await askBootp(portOf("bootp"), "52:54:00:00:00:01"))?.file, "u-boot.bin");
        assert.equal(Buffer.from(await tftpRead(portOf("tftp"), "u-boot.bin")).toString(), "boot");
        assert.equal(Buffer.from(await ftpRead(portOf("ftp"), "u-boot.bin")).toString(), "boot");
      }
      await engine.stopNow();
      // The first half has loaded and compiled all there is.
      if (cycle === cycles / 2) before = memoryNow();
    }
    // What was freed goes back to the system late.
    await holds(() => {
      const { heap, resident } = memoryNow();
      const grown = `heap ${megabytes(heap - before.heap)}, RSS ${megabytes(resident - before.resident)}`;
      assert.ok(heap - before.heap < 2e6 && resident - before.resident < 20e6, grown);
      this.test!.title += ` [${grown}]`;
    });
  });
});
