/** Datagrams that nobody wrote, at the sockets of running servers: what the fuzzer makes of real packets (faults §5). */

import assert from "node:assert/strict";
import { nextTurn } from "../../src/engine/clock";
import { createEngine } from "../../src/engine/engine";
import type { Engine } from "../../src/model/api";
import { anyPorts, defaultWanted } from "../../src/model/settings";
import { mutated, type Random } from "../fuzz/mutations";
import { targets } from "../fuzz/targets";
import { serverRow } from "../support/engines";
import { unlikeBytes } from "../support/files";
import { askBootp, tftpRead } from "../support/loopbackBoard";
import { seededRandom, seeds } from "../support/random";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { openPeer } from "../support/udpPeer";

/** `npm run fuzz` sends 50,000 to each. */
const count = Number(process.env["NOISE"] ?? 10_000);
const liveEach = 1_000;
/** One port sends so many: who asks again and again is answered once a second. */
const ofOnePort = 50;
/** A socket's buffer holds so many of any size; what it does not hold is lost, and nothing else. */
const together = 10;

describe("servers that hear datagrams that nobody wrote", function () {
  this.timeout(60_000 + 5 * count);
  const mac = "02:00:00:00:00:18";
  const firmware = unlikeBytes(20_000);
  let folder: TemporaryFolder;
  let engine: Engine;
  let errors: string[];

  beforeEach(async () => {
    folder = await temporaryFolder({
      "u-boot.bin": firmware,
      ".vscode/boot-plan.json": `{ "boot": "u-boot.bin" }`,
    });
    errors = [];
    engine = createEngine();
    engine.onRow((row) => {
      if (row.type === "log" && row.level === "error") errors.push(row.message);
    });
    await engine.configure({ ...defaultWanted, folder: folder.path, ports: anyPorts, uploads: "new" });
  });
  afterEach(async () => {
    await engine.stopNow();
    await folder.remove();
  });
  const portOf = (protocol: string): number => serverRow(engine, protocol).port;

  /** Sends them to the port, and to those that answer. @returns how many answered. */
  async function makeNoise(port: number, next: () => Uint8Array, random: Random): Promise<number> {
    const peer = await openPeer();
    let [answers, answered] = [0, port];
    try {
      for (let sent = 1; sent <= ofOnePort; sent += 1) {
        peer.send(next(), random() < 0.5 ? port : answered);
        if (sent % together === 0) await nextTurn();
        for (; peer.waiting > 0; answers += 1) answered = (await peer.next()).from.port;
      }
    } finally {
      await peer.socket.close();
    }
    return answers;
  }

  for (const protocol of ["tftp", "bootp"] as const) {
    it(`${protocol}: after each thousand of ${count} a board is told its file and has it (X18, S5, S9)`, async () => {
      const { inputs, words, invent } = await targets[protocol]!();
      let answers = 0;
      for (const seed of seeds(1)) {
        const random = seededRandom(seed);
        const next = (): Uint8Array =>
          invent !== undefined && random() < 0.5 ? invent(inputs, random) : mutated(inputs, words, random);
        for (let sent = ofOnePort; sent <= count; sent += ofOnePort) {
          answers += await makeNoise(portOf(protocol), next, random);
          if (sent % liveEach !== 0) continue;
          assert.equal((await askBootp(portOf("bootp"), mac))?.file, "u-boot.bin", `SEED=${seed}, ${sent}`);
          assert.ok(Buffer.from(await tftpRead(portOf("tftp"), "u-boot.bin")).equals(firmware));
        }
      }
      assert.ok(answers > count / 100, `${answers} answers`);
      assert.deepEqual(errors, []);
    });
  }
});
