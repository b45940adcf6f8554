/** What happens to a process that serves, and to its folder: killed, stopped for a while, taken away (faults §5). */

import assert from "node:assert/strict";
import { readdir, rename } from "node:fs/promises";
import { delay, systemClock } from "../../src/engine/clock";
import { createEngine } from "../../src/engine/engine";
import { anyPorts, defaultWanted } from "../../src/model/settings";
import { serverRow } from "../support/engines";
import { assertFile, unlikeBytes } from "../support/files";
import { openWire, until, type Wire } from "../support/ftpWire";
import { askBootp, ftpRead, tftpRead, tftpStore } from "../support/loopbackBoard";
import { serve, thisHost, type OursOptions, type Served } from "../support/ours";
import { blockSize, slowReader, slowWriter } from "../support/slowPeers";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const protocols = ["bootp", "tftp", "ftp"] as const;
const content = unlikeBytes(20 * blockSize + 7);

describe("a process that serves", function () {
  this.timeout(120_000);
  let folder: TemporaryFolder;
  const open: (() => unknown)[] = [];
  const lastly = <T>(thing: T, close: (thing: T) => unknown): T => {
    open.push(() => close(thing));
    return thing;
  };
  beforeEach(async () => {
    folder = await temporaryFolder({ "fw.bin": content, "old.bin": "old" });
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
    await folder.remove();
  });

  const start = async (ports: readonly number[], options: OursOptions = {}): Promise<Served> => {
    const flags = protocols.flatMap((protocol, index) => [`--${protocol}-port`, `${ports[index] ?? 0}`]);
    const served = await serve(thisHost, folder.path, [...flags, "--uploads", "overwrite"], options);
    return lastly(served, ({ running }) => running.kill());
  };
  const portsOf = (served: Served): number[] => protocols.map((protocol) => served.server(protocol).port);

  it("killed with -9 in the middle it leaves no file under a real name, and the next one has its ports at once (X4)", async () => {
    const first = await start([]);
    const ports = portsOf(first);
    const [, tftp = 0] = ports;
    const reader = lastly(await slowReader(tftp, "fw.bin"), (board) => board.close());
    const writers = await Promise.all(
      ["old.bin", "new.bin"].map(async (file) =>
        lastly(await slowWriter(tftp, file, content), (board) => board.close()),
      ),
    );
    for (const board of [reader, ...writers]) assert.equal(await board.step(), true);
    await first.running.kill();
    await assertFile(folder.at("old.bin"), Buffer.from("old"));
    const second = await start(ports);
    assert.deepEqual(
      second.ready.servers.map(({ state }) => state),
      ["running", "running", "running"],
    );
    assert.ok(Buffer.from(await tftpRead(tftp, "fw.bin")).equals(content));
    await tftpStore(tftp, "new.bin", content);
    // What the first one had begun is looked for after the start.
    for (let names: string[] = []; names.length !== 3; names = await readdir(folder.path));
    await assertFile(folder.at("new.bin"), content);
    await assertFile(folder.at("old.bin"), Buffer.from("old"));
  });

  it("stopped for two seconds it goes on where it was (X14)", async function () {
    if (process.platform === "win32") this.skip();
    const served = await start([]);
    const [, tftp = 0] = portsOf(served);
    const reader = lastly(await slowReader(tftp, "fw.bin"), (board) => board.close());
    assert.equal(await reader.step(), true);
    served.running.signal("SIGSTOP");
    await delay(systemClock, 2_000);
    served.running.signal("SIGCONT");
    await reader.finish();
    assert.ok(Buffer.from(reader.bytes).equals(content));
  });
});

describe("the folder that is served", function () {
  this.timeout(60_000);

  it("may go away and come back: its files are missing meanwhile, and what was being read is read to its end (X21)", async () => {
    const folder = await temporaryFolder({ "project/fw.bin": content });
    const engine = createEngine();
    const closing: (() => unknown)[] = [];
    try {
      await engine.configure({ ...defaultWanted, folder: folder.at("project"), ports: anyPorts });
      const [bootp = 0, tftp = 0, ftp = 0] = protocols.map((protocol) => serverRow(engine, protocol).port);
      const reader = await slowReader(tftp, "fw.bin");
      closing.push(() => reader.close());
      await rename(folder.at("project"), folder.at("elsewhere"));
      await assert.rejects(tftpRead(tftp, "fw.bin"), /ERROR 1 /);
      const wire: Wire = await openWire(ftp);
      closing.push(() => {
        wire.destroy();
      });
      await wire.expect("USER x", 331);
      await wire.expect("PASS y", 230);
      await wire.expect("SIZE fw.bin", 550);
      assert.ok(await askBootp(bootp, "02:00:00:00:00:21"), "BOOTP answers");
      await reader.finish();
      assert.ok(Buffer.from(reader.bytes).equals(content));
      await rename(folder.at("elsewhere"), folder.at("project"));
      assert.ok(Buffer.from(await tftpRead(tftp, "fw.bin")).equals(content));
      assert.ok(Buffer.from(await ftpRead(ftp, "fw.bin")).equals(content));
      await until(() => protocols.every((protocol) => serverRow(engine, protocol).state === "running"));
    } finally {
      for (const close of closing) await close();
      await engine.stopNow();
      await folder.remove();
    }
  });
});
