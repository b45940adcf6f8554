import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createEngine } from "../../src/engine/engine";
import type { Engine } from "../../src/model/api";
import type { TransferRow } from "../../src/model/events";
import { anyPorts, defaultLimits, defaultWanted, type Limits } from "../../src/model/settings";
import { decodePacket, encodeAck, encodeError, encodeRequest } from "../../src/protocol/tftp/packet";
import { tftpRead } from "../support/loopbackBoard";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const mac = "dc:a6:32:01:36:c2";
const files = {
  "boot/start4.elf": "s".repeat(3000),
  "boot/config.txt": "arm_64bit=1\n",
  "boot/dc-a6-32-00-00-01/start4.elf": "another one's",
};

describe("a Raspberry Pi that boots", function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  let engine: Engine;
  let port: number;
  const sockets: Socket[] = [];

  async function serve(client: object, more: Partial<Limits> = {}): Promise<void> {
    const plan = { root: "boot", clients: [{ mac, address: "127.0.0.1", ...client }] };
    folder = await temporaryFolder({ ...files, ".vscode/boot-plan.json": JSON.stringify(plan) });
    engine = createEngine();
    const limits = { ...defaultLimits, ...more };
    await engine.configure({ ...defaultWanted, folder: folder.path, ports: anyPorts, limits });
    port = engine.snapshot().servers.get("tftp")?.port ?? 0;
  }
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close();
    await engine.stopNow();
    await folder.remove();
  });

  /** The row of a file once its transfer has ended. */
  function ended(file: string): Promise<TransferRow> {
    const isIt = (row: TransferRow): boolean => row.file === file && row.state !== "running";
    const there = [...engine.snapshot().transfers.values()].find(isIt);
    if (there !== undefined) return Promise.resolve(there);
    return new Promise((resolve) => {
      const off = engine.onRow((row) => {
        if (row.type !== "transfer" || !isIt(row)) return;
        off();
        resolve(row);
      });
    });
  }

  const without = async (file: string): Promise<void> => {
    await assert.rejects(tftpRead(port, file), /no such file/);
  };

  /** Asks for a file and goes on as `next` says at each DATA: a packet to send, or nothing. */
  async function ask(file: string, next: (block: number) => Uint8Array | undefined): Promise<void> {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    sockets.push(socket);
    await once(socket, "listening");
    socket.on("message", (bytes, from) => {
      const packet = decodePacket(bytes);
      const answer = packet.op === "DATA" ? next(packet.block) : undefined;
      if (answer !== undefined) socket.send(answer, from.port, from.address);
    });
    socket.send(encodeRequest({ op: "RRQ", file, mode: "octet", options: new Map() }), port, "127.0.0.1");
  }

  it("finds the files of its serial number and of its MAC in the root, but those of a folder that is there in it", async () => {
    await serve({ profile: "raspberry-pi" });
    assert.equal((await tftpRead(port, "9ffefdef/start4.elf")).length, 3000);
    assert.equal((await tftpRead(port, "dc-a6-32-01-36-c2/config.txt")).length, 12);
    assert.equal((await tftpRead(port, "dc-a6-32-00-00-01/start4.elf")).length, "another one's".length);
    await without("dc-a6-32-00-00-01/config.txt");
  });

  it("does without a dozen files, which is told as normal; a file that it needs is not", async () => {
    await serve({ profile: "raspberry-pi" });
    const asked = ["9ffefdef/recovery.elf", "pieeprom.sig", "recover4.elf", "dt-blob.bin", "bootcfg.txt"];
    for (const file of asked) {
      await without(file);
      const { state, normal, trouble } = await ended(file);
      assert.deepEqual(
        [state, normal, trouble?.code],
        ["refused", { board: "Raspberry Pi", why: "asks for it and does without" }, "file.missing"],
      );
    }
    await without("9ffefdef/bcm2711-rpi-4-b.dtb");
    assert.equal((await ended("9ffefdef/bcm2711-rpi-4-b.dtb")).normal, undefined);
  });

  it("ends a transfer early, or leaves it, where it wanted to know only that the file is there", async () => {
    await serve({ profile: "raspberry-pi" }, { firstPackets: 1, giveUpSeconds: 1 });
    await ask("9ffefdef/start4.elf", (block) =>
      block === 1 ? encodeAck(1) : encodeError(0, "Early terminate"),
    );
    await ask("start4.elf", () => undefined);
    for (const file of ["9ffefdef/start4.elf", "start4.elf"]) {
      const { state, normal, trouble } = await ended(file);
      assert.deepEqual(
        [state, normal, trouble],
        ["probe", { board: "Raspberry Pi", why: "looked only whether it is there" }, undefined],
      );
    }
  });

  it("that the plan does not say to be one is told as any board: what it does are failures", async () => {
    await serve({});
    await without("9ffefdef/start4.elf");
    await without("recovery.elf");
    assert.equal((await ended("recovery.elf")).normal, undefined);
    await ask("start4.elf", (block) => (block === 1 ? encodeAck(1) : encodeError(0, "Early terminate")));
    const { state, normal } = await ended("start4.elf");
    assert.deepEqual([state, normal], ["failed", undefined]);
  });
});
