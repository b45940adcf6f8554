import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { captureQueue } from "../../src/cli/captureQueue";
import { magic } from "../../src/protocol/capture/pcapng";
import type { SeenPacket } from "../../src/protocol/capture/seen";
import { ours, serve, thisHost } from "../support/ours";
import { readFrame, readPcapng } from "../support/pcapng";
import { seenPacket } from "../support/seenPacket";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { VirtualClock } from "../support/virtualClock";

const anyPort = ["--bootp-port", "0", "--tftp-port", "0", "--ftp-port", "0"];

describe("--pcap FILE", function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;

  beforeEach(async () => {
    folder = await temporaryFolder({ "drop/u-boot.bin": "boot", "firmware.bin": "precious" });
  });

  afterEach(() => folder.remove());

  const drop = (): string => join(folder.path, "drop");
  const at = (name: string): string => join(folder.path, name);
  const verify = (file: string): ReturnType<typeof ours> =>
    ours(thisHost, ["verify", drop(), "--bootp", "skip", "--pcap", file]);

  it("never replaces what is no capture, nor writes into the served root: it says so and does nothing", async () => {
    const exists = await verify(at("firmware.bin"));
    assert.equal(exists.code, 2);
    assert.match(exists.stderr, /exists and is no capture, so it is not replaced/);
    assert.equal(await readFile(at("firmware.bin"), "utf8"), "precious");
    const inside = await verify(join(drop(), "boot.pcapng"));
    assert.equal(inside.code, 2);
    assert.match(inside.stderr, /lies in the served root: .* \.boot\.pcapng/);
    const nowhere = await verify(at("no/such/boot.pcapng"));
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /cannot be written/);
  });

  it("replaces a capture, and may lie beside what is served under a name with a dot", async () => {
    const file = join(drop(), ".boot.pcapng");
    await writeFile(file, Buffer.concat([magic, Buffer.alloc(100_000)]));
    const { code, stderr } = await verify(file);
    assert.equal(code, 0, stderr);
    const { packets, dropped } = readPcapng(await readFile(file));
    assert.ok(packets.length > 10);
    assert.equal(dropped, 0);
  });

  it("- writes to stdout alone, and people's words go to stderr", async () => {
    const { code, stdout, stderr } = await verify("-");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Verified/);
    assert.ok(stdout.startsWith("\n\r\r\n"), JSON.stringify(stdout.slice(0, 100)));
    assert.ok(!stdout.includes("Verified"));
    const twice = await ours(thisHost, ["verify", drop(), "--pcap", "-", "--json"]);
    assert.equal(twice.code, 2);
    assert.match(twice.stderr, /both want stdout/);
  });

  it("holds all that serve saw once Ctrl+C ended it", async () => {
    const file = at("serve.pcapng");
    const served = await serve(thisHost, drop(), [...anyPort, "--pcap", file]);
    const target = ["--target", "127.0.0.1"].concat(
      ...(["bootp", "tftp", "ftp"] as const).map((each) => [`--${each}-port`, `${served.server(each).port}`]),
    );
    const board = at("board.pcapng");
    const asked = await ours(thisHost, ["verify", drop(), ...target, "--bootp", "skip", "--pcap", board]);
    assert.equal(asked.code, 0, asked.stderr);
    await served.stop();
    // The boards' side of the same packets: what one sent the other got.
    const told = async (name: string, sent: boolean): Promise<string[]> => {
      const { packets } = readPcapng(await readFile(name));
      const udp = packets.filter((packet) => readFrame(packet).protocol === "udp" && packet.sent === sent);
      return [
        ...new Set(udp.map(({ frame }) => hashOf(readFrame({ frame, length: frame.length }).payload))),
      ].sort();
    };
    assert.ok((await told(file, true)).length > 1);
    assert.deepEqual(await told(file, true), await told(board, false));
    assert.deepEqual(await told(file, false), await told(board, true));
  });
});

const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("a capture that cannot be written as fast as packets come", () => {
  const packet = (block: number): SeenPacket => {
    const bytes = new Uint8Array(1000);
    bytes.set([0, 3, 0, block]);
    return seenPacket(bytes, { at: block, sent: true });
  };

  it("leaves packets out, counts them, and says where; nobody waits for it", async () => {
    const written: Uint8Array[] = [];
    let goOn: () => void = () => undefined;
    const write = (bytes: Uint8Array): Promise<void> =>
      new Promise((resolve) => {
        written.push(bytes);
        goOn = resolve;
      });
    const queue = captureQueue(
      new VirtualClock(),
      write,
      (error) => {
        assert.ifError(error);
      },
      3_000,
    );
    // One turn of the loop: nothing of it is written yet.
    for (let block = 1; block <= 10; block += 1) queue.packet(packet(block));
    const taken = 10 - queue.dropped;
    assert.ok(queue.dropped > 0 && taken >= 3);
    // The disk takes what waits, and the next packet is taken again.
    const flush = async (): Promise<void> => {
      for (let turn = 0; turn < 5; turn += 1) {
        goOn();
        await setImmediate();
      }
    };
    await setImmediate();
    await flush();
    queue.packet(packet(11));
    const closed = queue.close();
    await flush();
    await closed;
    const { packets, dropped } = readPcapng(Buffer.concat(written));
    assert.equal(packets.length, taken + 1);
    assert.equal(dropped, 10 - taken);
    assert.match(packets.at(-1)?.comment ?? "", new RegExp(`^${10 - taken} packets before it are missing`));
  });

  it("writes however many packets came while the disk was busy", async () => {
    const written: Uint8Array[] = [];
    const queue = captureQueue(
      new VirtualClock(),
      (bytes) => {
        written.push(bytes);
        return Promise.resolve();
      },
      (error) => {
        assert.ifError(error);
      },
    );
    // More than a call of a function takes as its arguments.
    const ack = { ...packet(1), bytes: Uint8Array.of(0, 4, 0, 1), length: 4 };
    const many = 130_000;
    for (let count = 0; count < many; count += 1) queue.packet(ack);
    await queue.close();
    const { packets, dropped } = readPcapng(Buffer.concat(written));
    assert.deepEqual([packets.length, dropped], [many, 0]);
  });

  it("ends once where it cannot be written at all, and the servers go on", async () => {
    const failures: unknown[] = [];
    const full = (): Promise<void> => Promise.reject(new Error("no space left"));
    const queue = captureQueue(new VirtualClock(), full, (error) => failures.push(error));
    await setImmediate();
    queue.packet(packet(1));
    await queue.close();
    assert.equal(failures.length, 1);
  });
});
