import assert from "node:assert/strict";
import { describeBootLine } from "../../src/model/bootLog";
import { encodeAck } from "../../src/protocol/tftp/packet";
import { encodePacket } from "../../src/protocol/bootp/packet";
import { aRequest, boardMac } from "../support/bootp";
import { tftpRead } from "../support/loopbackBoard";
import { serve, startOurs, thisHost } from "../support/ours";
import type { Running } from "../support/processes";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { openRawClient, requestFor } from "../support/tftp";
import { openPeer } from "../support/udpPeer";

const freePorts = ["--bootp-port", "0", "--tftp-port", "0", "--ftp-port", "0"];

/** Asks BOOTP as the board, and resolves once it is answered. */
async function ask(port: number): Promise<void> {
  const board = await openPeer();
  board.send(encodePacket(aRequest({ ciaddr: "127.0.0.1" })), port);
  await board.next();
  await board.socket.close();
}

describe("serve --boot-log", function () {
  this.timeout(120_000);
  let folder: TemporaryFolder;
  let running: Running | undefined;

  beforeEach(async () => {
    const plan = { boot: "small.bin", clients: [{ name: "bench-1", mac: boardMac }] };
    folder = await temporaryFolder({ "small.bin": "boot", ".vscode/boot-plan.json": JSON.stringify(plan) });
  });
  afterEach(async () => {
    await running?.kill();
    await folder.remove();
  });

  for (const flags of [[], ["--boot-log"]]) {
    it(`--json ${flags.join("")} prints ${flags.length === 0 ? "no boot line" : "the boot lines"}`, async () => {
      const served = await serve(thisHost, folder.path, [...freePorts, ...flags]);
      running = served.running;
      await ask(served.server("bootp").port);
      await tftpRead(served.server("tftp").port, "small.bin");
      await served.row("transfer", ({ state }) => state === "finished");
      if (flags.length > 0) await served.row("bootLine", ({ event }) => event === "end");
      await served.stop();
      const lines = served.rows().flatMap((row) => (row.type === "bootLine" ? [describeBootLine(row)] : []));
      if (flags.length === 0) assert.deepEqual(lines, []);
      else
        assert.match(
          lines[0] ?? "",
          /^BOOTREQUEST xid 12345678 ciaddr 127\.0\.0\.1 → BOOTREPLY file small\.bin /,
        );
    });
  }

  const said = (pattern: RegExp): Promise<RegExpExecArray> =>
    running!.waitFor(pattern.source, (output) => pattern.exec(output) ?? undefined);
  const port = async (protocol: string): Promise<number> =>
    Number((await said(new RegExp(`${protocol} +listening on 127\\.0\\.0\\.1:(\\d+)`)))[1]);

  it("prints what a silent board was sent while it is silent", async () => {
    running = startOurs(thisHost, ["serve", folder.path, ...freePorts, "--boot-log"]);
    const board = await openRawClient();
    board.send(requestFor("RRQ", "small.bin", { tsize: 0 }), {
      address: "127.0.0.1",
      port: await port("tftp"),
    });
    const { from } = await board.next();
    await said(/127\.0\.0\.1 boot 1 · RRQ small\.bin octet tsize 0 → OACK tsize 4(, sent .*)? …/);
    board.send(encodeAck(0), from);
    await said(/127\.0\.0\.1 boot 1 · DATA 1, OACK acknowledged after .* first byte after /);
    await said(/127\.0\.0\.1 boot 1 · DATA 1 sent \d+×, .* …/);
    await board.close();
  });

  it("prints each line once, when it is final, with the board's name, and nothing else of what went well", async () => {
    running = startOurs(thisHost, ["serve", folder.path, ...freePorts, "--boot-log"]);
    await said(/Ctrl\+C stops them/);
    await tftpRead(await port("tftp"), "small.bin");
    await said(/\d\d:\d\d:\d\d {2}tftp {2}127\.0\.0\.1 boot 1 · small\.bin sent: 4 B in /);
    await ask(await port("bootp"));
    await said(/ bootp bench-1 boot 1 · BOOTREQUEST xid 12345678 .* → BOOTREPLY file small\.bin /);
    running.signal("SIGINT");
    assert.equal((await running.ended).code, 0);
    // What came from its address is the board's now, and is not printed again for that.
    assert.equal(running.output.match(/small\.bin sent: /g)?.length, 1);
    assert.doesNotMatch(running.output, /sha256|answered/);
  });
});
