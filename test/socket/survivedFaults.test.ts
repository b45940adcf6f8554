/** What happens to a process that serves, and to its folder: killed, stopped for a while, short of descriptors or of room, taken away (faults §5). */

import assert from "node:assert/strict";
import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { delay, systemClock } from "../../src/engine/clock";
import { createEngine } from "../../src/engine/engine";
import type { TransferRow } from "../../src/model/events";
import { anyPorts, defaultWanted } from "../../src/model/settings";
import { encodeAck, type DataPacket } from "../../src/protocol/tftp/packet";
import { serverRow } from "../support/engines";
import { assertFile, unlikeBytes } from "../support/files";
import { openWire, until, type Wire } from "../support/ftpWire";
import { askBootp, ftpRead, tftpRead, tftpStore } from "../support/loopbackBoard";
import { serve, thisHost, type OursOptions, type Served } from "../support/ours";
import { holds } from "../support/patience";
import { blockSize, slowReader, slowWriter } from "../support/slowPeers";
import { onSmallDisk } from "../support/smallDisk";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { openRawClient, requestFor } from "../support/tftp";

const protocols = ["bootp", "tftp", "ftp"] as const;
const blocks = 21;
const content = unlikeBytes((blocks - 1) * blockSize + 7);
const portFlags = (ports: readonly number[]): string[] =>
  protocols.flatMap((protocol, index) => [`--${protocol}-port`, `${ports[index]}`]);

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

  const start = async (more: readonly string[] = [], options: OursOptions = {}): Promise<Served> => {
    const flags = [...portFlags([0, 0, 0]), "--uploads", "overwrite", ...more];
    const served = await serve(thisHost, folder.path, flags, options);
    return lastly(served, ({ running }) => running.kill());
  };
  const portsOf = (served: Served): number[] => protocols.map((protocol) => served.server(protocol).port);

  it("killed with -9 in the middle it leaves no file under a real name, and the next one has its ports at once (X4)", async () => {
    const first = await start();
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
    const second = await start(portFlags(ports));
    assert.deepEqual(
      second.ready.servers.map(({ state }) => state),
      ["running", "running", "running"],
    );
    assert.ok(Buffer.from(await tftpRead(tftp, "fw.bin")).equals(content));
    await tftpStore(tftp, "new.bin", content);
    // What the first one had begun is looked for after the start.
    await holds(async () => {
      assert.equal((await readdir(folder.path)).length, 3);
    });
    await assertFile(folder.at("new.bin"), content);
    await assertFile(folder.at("old.bin"), Buffer.from("old"));
  });

  it("stopped for longer than it waits for a silent board it asks that board once more, and goes on (X14)", async function () {
    if (process.platform === "win32") this.skip();
    const giveUpSeconds = 4;
    const served = await start(["--limit", `giveUpSeconds=${giveUpSeconds}`]);
    const [, port = 0] = portsOf(served);
    const board = lastly(await openRawClient(), (each) => each.close());
    board.send(requestFor("RRQ", "fw.bin"), { address: "127.0.0.1", port });
    const { from } = await board.next();
    const block = async (number: number): Promise<DataPacket> => {
      for (;;) {
        const { packet } = await board.next();
        assert.ok(packet.op === "DATA", JSON.stringify(packet));
        if (packet.block === number) return packet;
      }
    };
    board.send(encodeAck(1), from);
    await block(2);
    served.running.signal("SIGSTOP");
    await delay(systemClock, giveUpSeconds * 1000 + 2000);
    // Copies that it sent before.
    while (board.waiting.length > 0) await board.next();
    served.running.signal("SIGCONT");
    await block(2);
    for (let number = 3; number <= blocks; number += 1) {
      board.send(encodeAck(number - 1), from);
      const { data } = await block(number);
      assert.ok(Buffer.from(data).equals(content.subarray((number - 1) * blockSize, number * blockSize)));
    }
    board.send(encodeAck(blocks), from);
    await served.row("transfer", ({ state }) => state === "finished");
  });

  it("with a full disk tells who uploads, leaves nothing of it, and takes the same file once there is room (X6)", async function () {
    const through = onSmallDisk(folder.path);
    if (through === undefined) this.skip();
    const password = "canary-5d21";
    const served = await start([], { through, env: { BOOT_SERVERS_FTP_PASSWORD: password } });
    const [, tftp = 0, ftp = 0] = portsOf(served);
    // As the process sees it.
    const disk = `/proc/${served.running.pid}/root${folder.path}`;
    const image = unlikeBytes(400_000);
    const ftpStore = async (): Promise<number> => {
      const wire = lastly(await openWire(ftp), (each) => {
        each.destroy();
      });
      await wire.expect("USER boot", 331);
      await wire.expect(`PASS ${password}`, 230);
      return (await wire.store("STOR fw.bin", image)).code;
    };
    await writeFile(`${disk}/fw.bin`, "old");
    await writeFile(`${disk}/log.bin`, new Uint8Array(700_000));
    await assert.rejects(tftpStore(tftp, "fw.bin", image), /ERROR 3 "the disk is full"/);
    assert.equal(await ftpStore(), 552);
    for (const protocol of ["tftp", "ftp"]) {
      const fits = (row: TransferRow): boolean => row.protocol === protocol && row.state === "failed";
      const { trouble } = await served.row("transfer", fits);
      assert.deepEqual(trouble, {
        code: "disk.full",
        message: "the disk is full",
        remedy: "Make room on it.",
      });
    }
    // What was begun goes after the client was told.
    await holds(async () => {
      assert.equal((await readdir(disk)).length, 2);
    });
    await assertFile(`${disk}/fw.bin`, Buffer.from("old"));
    await rm(`${disk}/log.bin`);
    await tftpStore(tftp, "fw.bin", image);
    await assertFile(`${disk}/fw.bin`, image);
    await rm(`${disk}/fw.bin`);
    assert.equal(await ftpStore(), 226);
    await assertFile(`${disk}/fw.bin`, image);
  });

  it("with 256 descriptors tells boards that it cannot serve 300 of them at once, and serves each of them later (X11)", async function () {
    if (process.platform === "win32") this.skip();
    this.timeout(300_000);
    const boards = 300;
    // As many as the port's buffer holds on a busy machine, too.
    const together = 20;
    const fewDescriptors = ["sh", "-c", 'ulimit -n 256; exec "$@"', "sh"];
    const served = await start(["--limit", "giveUpSeconds=600"], { through: fewDescriptors });
    const { port } = served.server("tftp");
    /** True: the board has its file; false: it was told no. Who hears nothing asks again: the system drops packets. */
    const deadline = performance.now() + 280_000;
    const load = async (hold?: () => Promise<void>): Promise<boolean> => {
      while (performance.now() < deadline) {
        const got = await tftpRead(port, "fw.bin", hold).catch((error: unknown) => error as Error);
        if (got instanceof Error) {
          if (/refused.*ERROR 0/.test(got.message)) return false;
          continue;
        }
        assert.ok(Buffer.from(got).equals(content));
        return true;
      }
      throw new Error("a board was not answered");
    };
    let letGo = (): void => undefined;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    const ends: Promise<boolean>[] = [];
    // Whoever is served keeps the server waiting until each of them is, or knows that it is not.
    for (let asked = 0; asked < boards; asked += together) {
      const answers = Array.from(
        { length: together },
        () =>
          new Promise<void>((answered) => {
            ends.push(load(() => (answered(), gate)).finally(answered));
          }),
      );
      await Promise.all(answers);
    }
    letGo();
    const first = await Promise.all(ends);
    const refused = first.filter((has) => !has).length;
    assert.ok(refused > 0 && refused < boards, `${refused} were told no`);
    let left = refused;
    const askAgain = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        while (!(await load())) assert.ok(performance.now() < deadline, "a board is still told no");
      }
    };
    await Promise.all(Array.from({ length: together }, askAgain));
    const rows = await served.running.waitFor("a row for each", () => {
      const all = served.rows().filter((row) => row.type === "transfer");
      const no = all.filter(({ state }) => state === "refused");
      return no.length < refused ? undefined : no;
    });
    for (const { trouble } of rows)
      assert.match(trouble?.remedy ?? "", /raise the limit of open files \(ulimit -n\)/);
    assert.equal(served.running.stderr, "");
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
