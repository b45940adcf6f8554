import assert from "node:assert/strict";
import { networkBoard } from "../../src/engine/clients/networkBoard";
import { systemClock } from "../../src/engine/clock";
import { createEngine } from "../../src/engine/engine";
import { commenter } from "../../src/engine/packets/recorder";
import type { Engine } from "../../src/model/api";
import { parseProfile } from "../../src/model/faults/parser";
import { faultsOf } from "../../src/model/faults/profile";
import { anyPorts, defaultWanted, type Wanted } from "../../src/model/settings";
import type { SeenPacket } from "../../src/protocol/capture/seen";
import { CaptureWriter } from "../../src/protocol/capture/writer";
import { decodePacket, encodeError, errorCode, type Packet } from "../../src/protocol/tftp/packet";
import { serverRow } from "../support/engines";
import { unlikeBytes } from "../support/files";
import { openWire } from "../support/ftpWire";
import { readFrame, readPcapng, type ReadPacket } from "../support/pcapng";
import { openRawClient, requestFor } from "../support/tftp";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const host = "127.0.0.1";
const password = "canary-7f3a";
/** Many windows of TFTP, several chunks of FTP. */
const image = unlikeBytes(900_001);

describe("the packets of a client", function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  let engine: Engine;
  let wanted: Wanted;

  const port = (protocol: string): number => serverRow(engine, protocol).port;
  const board = networkBoard(systemClock);

  beforeEach(async () => {
    folder = await temporaryFolder({ "image.itb": image });
    wanted = { ...defaultWanted, folder: folder.path, ports: anyPorts, ftpPassword: password };
    engine = createEngine();
  });

  afterEach(async () => {
    await engine.stopNow();
    await folder.remove();
  });

  const fetchTftp = async (): Promise<void> => {
    await board.fetchTftp({ host, port: port("tftp") }, "image.itb", () => undefined);
  };
  const fetchFtp = async (secret = password): Promise<void> => {
    const session = await board.openFtp({ host, port: port("ftp"), user: "boot", password: secret });
    await session.fetch("image.itb", () => undefined);
    await session.close();
  };

  /** A board that asks for the size, and breaks off. */
  const askTheSize = async (): Promise<void> => {
    const client = await openRawClient();
    client.send(requestFor("RRQ", "image.itb", { tsize: 0 }), { address: host, port: port("tftp") });
    const { from } = await client.next();
    client.send(encodeError(errorCode.optionRefused, "User aborted the transfer"), from);
    await client.close();
  };

  /** The TFTP packets of a capture; a DATA packet that is not kept whole as well. */
  const tftpOf = (packets: readonly ReadPacket[]): Packet[] =>
    packets
      .map(readFrame)
      .filter(({ protocol }) => protocol === "udp")
      .map(({ payload }) => decodePacket(payload));
  const blocksOf = (packets: readonly ReadPacket[]): number[] => [
    ...new Set(tftpOf(packets).flatMap((packet) => (packet.op === "DATA" ? [packet.block] : []))),
  ];
  const kept = async (): Promise<readonly ReadPacket[]> => readPcapng(await engine.packets(host)).packets;

  it("are none where it never came", async () => {
    await engine.configure(wanted);
    assert.deepEqual(await engine.packets("192.0.2.1"), new Uint8Array(0));
  });

  it("are the begin and the end of a transfer while nobody looks, and say how many are between", async () => {
    await engine.configure(wanted);
    await fetchTftp();
    const packets = await kept();
    const [request, agreed] = tftpOf(packets);
    assert.deepEqual([request?.op, agreed?.op], ["RRQ", "OACK"]);
    const blksize = agreed?.op === "OACK" ? Number(agreed.options.get("blksize")) : NaN;
    const last = Math.floor(image.length / blksize) + 1;
    const blocks = blocksOf(packets);
    assert.ok(blocks.includes(1) && blocks.includes(last), String(blocks));
    const told = packets.flatMap(
      ({ comment = "" }) => /(\d+) packets before it are not kept/.exec(comment)?.[1] ?? [],
    );
    assert.ok(Number(told[0]) > 0);
    const long = packets.find(({ length }) => length > blksize);
    assert.ok(long && long.frame.length < 200 && long.length === blksize + 46);
  });

  it("are all of them once somebody looked, snapped", async () => {
    await engine.configure(wanted);
    await engine.packets(host);
    await fetchTftp();
    const packets = await kept();
    const blocks = blocksOf(packets);
    assert.deepEqual(
      blocks.sort((a, b) => a - b),
      blocks.map((_, index) => index + 1),
    );
    const shortest = tftpOf(packets).findIndex((packet) => packet.op === "OACK");
    assert.ok(shortest >= 0 && blocks.length > 10);
  });

  it("hold no password, and an FTP transfer's begin with what is not kept of it", async () => {
    await engine.configure(wanted);
    await fetchFtp();
    const capture = await engine.packets(host);
    assert.ok(!Buffer.from(capture).includes(password));
    const { packets } = readPcapng(capture);
    const text = packets.map((packet) => readFrame(packet).payload.toString("latin1")).join("");
    assert.match(text, /USER boot\r\n.*PASS \*{8}\r\n.*RETR image\.itb\r\n/s);
    const comments = packets.flatMap(({ comment = [] }) => comment);
    assert.ok(comments.includes("password removed"));
    assert.ok(
      comments.some((comment) => /^\d+ bytes of 900001 are not kept$/.test(comment)),
      String(comments),
    );
  });

  it("say what the boot log makes of them", async () => {
    await engine.configure(wanted);
    const diagnosed = new Promise<string>((resolve) => {
      engine.onRow((row) => {
        if (row.type === "bootLine" && row.diagnosis !== undefined) resolve(row.diagnosis.message);
      });
    });
    await askTheSize();
    const message = await diagnosed;
    const last = (await kept()).at(-1);
    assert.equal(last?.comment, `ends it: User aborted the transfer; ${message}`);
  });

  describe("in a capture", () => {
    let seen: ReadPacket[] = [];
    let file: Buffer;
    const capture = async (work: () => Promise<void>): Promise<void> => {
      const writer = new CaptureWriter();
      const commented = commenter();
      const blocks: Uint8Array[] = [writer.head];
      const packet = (each: SeenPacket): void => void blocks.push(...writer.blocksOf(each, commented(each)));
      engine = createEngine({ capture: { packet } });
      await engine.configure(wanted);
      await work();
      await engine.stopNow();
      file = Buffer.concat(blocks);
      seen = [...readPcapng(file).packets];
    };

    it("are whole: the file of a TFTP transfer can be made of them", async () => {
      await capture(fetchTftp);
      const blocks = new Map<number, Uint8Array>();
      for (const packet of tftpOf(seen)) if (packet.op === "DATA") blocks.set(packet.block, packet.data);
      const whole = Buffer.concat([...blocks].sort(([a], [b]) => a - b).map(([, data]) => data));
      assert.ok(whole.equals(image));
    });

    it("say what the boot log makes of those before them", async () => {
      await capture(async () => {
        const diagnosed = new Promise<void>((resolve) => {
          engine.onRow((row) => {
            if (row.type === "bootLine" && row.diagnosis?.code === "tftp.askedSize") resolve();
          });
        });
        await askTheSize();
        await diagnosed;
        await fetchTftp();
      });
      const said = seen.filter(({ comment = "" }) =>
        comment.includes("before it: It asked for the size only"),
      );
      assert.deepEqual(
        tftpOf(said).map(({ op }) => op),
        ["RRQ"],
      );
    });

    it("say what a fault profile did to them, of those as well that are lost", async () => {
      const parsed = parseProfile("drop ack 0; drop data 2; corrupt data 3; double data 4");
      assert.ok("profile" in parsed);
      wanted = { ...wanted, faults: faultsOf([parsed.profile], 1) };
      await capture(fetchTftp);
      const comments = seen.flatMap(({ comment = [] }) => comment);
      for (const said of [
        /before it: injected fault: DATA 2 dropped/,
        /before it: injected fault: ACK 0 dropped/,
        /^injected fault: DATA 3 corrupted/,
        /^injected fault: DATA 4 doubled/,
      ])
        assert.ok(
          comments.some((comment) => said.test(comment)),
          `${String(said)}\n${comments.join("\n")}`,
        );
    });

    it("are whole: the file of an FTP transfer is what its data connection carried, once", async () => {
      await capture(() => fetchFtp());
      const frames = seen.map(readFrame);
      const control = port("ftp");
      const data = frames.filter(({ ports, length }) => !ports.includes(control) && length > 0);
      assert.ok(Buffer.concat(data.map(({ payload }) => payload)).equals(image));
      // Each segment goes on where the one before it ended.
      let next: number | undefined;
      for (const { seq, length } of data) {
        if (next !== undefined) assert.equal(seq, next);
        next = seq + length;
      }
      assert.ok(!file.includes(password));
    });

    it("hold no password that comes byte by byte, or wrong, or in place of the user's name", async () => {
      await capture(async () => {
        const wire = await openWire(port("ftp"));
        await wire.expect(`USER ${password}`, 331);
        for (const byte of `pass ${password}-wrong\r\n`) wire.send(byte);
        assert.equal((await wire.reply()).code, 530);
        await wire.expect("QUIT", 221);
        await wire.closed;
      });
      assert.ok(!file.includes(password));
      const comments = seen.flatMap(({ comment = [] }) => comment);
      assert.ok(comments.some((comment) => comment.includes("password removed")));
      assert.ok(comments.some((comment) => comment.includes("name of an unknown user removed")));
    });
  });
});
