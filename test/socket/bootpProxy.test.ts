/** `proxy` on real sockets: port 67's and port 4011's, on loopback and on any free ports. */

import assert from "node:assert/strict";
import { ProxyPort } from "../../src/engine/bootpServer/proxyPort";
import { createEngine } from "../../src/engine/engine";
import type { Engine } from "../../src/model/api";
import type { ClientRow, LogRow } from "../../src/model/events";
import type { Plan } from "../../src/model/plan";
import { anyPorts, defaultWanted, type Answer } from "../../src/model/settings";
import { getOption } from "../../src/protocol/bootp/options";
import { decodePacket, encodePacket, type BootpPacket } from "../../src/protocol/bootp/packet";
import { aRequest, boardMac, dhcp, otherMac } from "../support/bootp";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { openPeer, type Peer } from "../support/udpPeer";

const pxe = { vendorClassIdentifier: "PXEClient:Arch:00007:UNDI:003016" };
const uBoot = { vendorClassIdentifier: "U-Boot.armv8" };
const ciaddr = "127.0.0.1";

describe("the BOOTP server as a proxy", () => {
  let folder: TemporaryFolder;
  let engine: Engine;
  let board: Peer;
  let logs: LogRow[];

  const savePlan = (plan: Partial<Plan>): Promise<string> =>
    folder.write(".vscode/boot-plan.json", JSON.stringify(plan));

  beforeEach(async () => {
    folder = await temporaryFolder({ "a.efi": "a", "b.efi": "b" });
    await savePlan({ boot: "a.efi", clients: [{ mac: boardMac, address: "127.0.0.10" }] });
    engine = createEngine();
    logs = [];
    engine.onRow((row) => {
      if (row.type === "log") logs.push(row);
    });
    board = await openPeer();
  });

  afterEach(async () => {
    await engine.stopNow();
    await board.socket.close();
    await folder.remove();
  });

  const serve = (answer: Answer): Promise<void> =>
    engine.configure({ ...defaultWanted, folder: folder.path, servers: ["bootp"], ports: anyPorts, answer });
  const port = (): number => engine.snapshot().servers.get("bootp")!.port;
  /** The port that stands for 4011. */
  const bootServerPort = (): number =>
    Number(/127\.0\.0\.1:(\d+) is open/.exec(logs.map(({ message }) => message).join("\n"))?.[1]);
  const row = (mac: string): ClientRow | undefined => engine.snapshot().clients.get(mac);

  async function ask(request: BootpPacket, to: number): Promise<readonly [type: number, ...BootpPacket[]]> {
    board.send(encodePacket(request), to);
    const { packet, from } = await board.next();
    assert.equal(from.port, to, "the port that was asked answers");
    const reply = decodePacket(packet);
    return [getOption(reply.options!, "messageType") ?? 0, reply];
  }

  for (const [answer, planned] of [
    ["proxy", undefined],
    ["proxy", "listed"],
    ["everyone", "proxy"],
  ] as const) {
    it(`${answer}, plan ${planned ?? "without a word of it"}: a PXE client is told its file on both ports, U-Boot nothing (D20, D21)`, async () => {
      await savePlan({
        boot: "a.efi",
        clients: [{ mac: boardMac, address: "127.0.0.10" }],
        pool: [],
        ...(planned && { answer: planned }),
      });
      await serve(answer);
      board.send(encodePacket(dhcp("DISCOVER", uBoot)), port());
      board.send(encodePacket(aRequest()), port());
      const [type, offer] = await ask(dhcp("DISCOVER", pxe, { xid: 7 }), port());
      // The first packet that came at all is the answer to the third that went out.
      assert.deepEqual([type, offer?.xid, offer?.yiaddr, offer?.file], [2, 7, "0.0.0.0", "a.efi"]);
      const [ackType, ack] = await ask(dhcp("REQUEST", pxe, { ciaddr, xid: 8 }), bootServerPort());
      assert.deepEqual([ackType, ack?.yiaddr, ack?.file], [5, "0.0.0.0", "a.efi"]);
      assert.equal(board.waiting, 0);
      assert.equal(row(boardMac)?.stage, "answered");
    });
  }

  it("the row of a board that is no PXE client has what to ask the other server's owner for", async () => {
    await serve("proxy");
    board.send(encodePacket(dhcp("DISCOVER", uBoot, { mac: otherMac })), port());
    await ask(dhcp("DISCOVER", pxe), port());
    const { stage, trouble, nextServer } = row(otherMac)!;
    assert.deepEqual([stage, trouble?.code], ["seen", "proxy.notPxe"]);
    assert.deepEqual(nextServer, { servers: ["127.0.0.1"], file: "a.efi" });
    assert.match(trouble?.remedy ?? "", /next-server 127\.0\.0\.1, filename a\.efi$/);
  });

  it("port 4011 is closed where nobody is a proxy, comes with the setting, and goes with it", async () => {
    await serve("boards");
    assert.equal(bootServerPort(), NaN);
    await serve("proxy");
    const other = bootServerPort();
    await ask(dhcp("REQUEST", pxe, { ciaddr }), other);
    await serve("boards");
    await (await openPeer("127.0.0.1", other)).socket.close();
  });
});

describe("port 4011 that another program has", () => {
  let holder: Peer;
  let changes: number;
  let proxyPort: ProxyPort;

  beforeEach(async () => {
    holder = await openPeer();
    changes = 0;
    proxyPort = new ProxyPort({
      port: holder.socket.local.port,
      onPacket: () => undefined,
      onError: () => undefined,
      onChange: () => (changes += 1),
      log: () => undefined,
    });
  });

  afterEach(async () => {
    await proxyPort.close();
    await holder.socket.close();
  });

  it("is told once, with what it means; the next change tries it again", async () => {
    await proxyPort.follow(["127.0.0.1"]);
    await proxyPort.follow(["127.0.0.1"]);
    assert.equal(changes, 1);
    const [warning] = proxyPort.warnings;
    assert.equal(warning?.code, "proxy.port");
    assert.match(warning.message, /^UDP port \d+ of 127\.0\.0\.1 is in use.*: PXE clients that ask there/);
    await holder.socket.close();
    await proxyPort.follow(["127.0.0.1"]);
    assert.deepEqual([changes, proxyPort.warnings, proxyPort.listens.length], [2, [], 1]);
  });

  it("is not kept by one that was closed while it was being opened", async () => {
    await holder.socket.close();
    const opening = proxyPort.follow(["127.0.0.1"]);
    await proxyPort.close();
    await opening;
    await proxyPort.follow(["127.0.0.1"]);
    assert.deepEqual(proxyPort.listens, []);
    holder = await openPeer("127.0.0.1", holder.socket.local.port);
  });
});
