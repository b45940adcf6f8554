import assert from "node:assert/strict";
import {
  BootpQuestion,
  encodeRelease,
  type Board,
  type QuestionOptions,
} from "../../src/protocol/bootp/client";
import { getOption, messageTypes } from "../../src/protocol/bootp/options";
import { decodePacket, encodePacket, parseMac, type BootpPacket } from "../../src/protocol/bootp/packet";
import { waysOf } from "../../src/engine/clients/bootpWays";
import type { BootpOptions } from "../../src/engine/clients/boardIo";
import { aRequest, Bench, bench, boardMac, options, situation } from "../support/bootp";
import { randomBytes, seededRandom, seeds } from "../support/random";

const board: Board = { chaddr: parseMac(boardMac)!, options: new Map() };
const xid = 0x12345678;
const server = { address: "192.168.7.1", port: 67 };

function question(changes: Partial<QuestionOptions> = {}): BootpQuestion {
  const envelope = { ciaddr: "192.168.7.20", giaddr: "0.0.0.0", flags: 0 };
  const defaults = { board, envelope, speech: "bootp", xid, serverPort: 67, tries: 3, tryMs: 2_000 } as const;
  return new BootpQuestion({ ...defaults, ...changes });
}

const reply = (fields: Partial<BootpPacket> = {}): Uint8Array =>
  encodePacket(
    aRequest({ op: 2, yiaddr: "192.168.7.10", siaddr: "192.168.7.1", file: "u-boot.bin", ...fields }),
  );

/** Runs a question against nobody; the time of each try, and the end. */
function unanswered(machine: BootpQuestion): { sent: [at: number, packet: BootpPacket][]; endedAt: number } {
  const sent: [number, BootpPacket][] = [];
  let step = machine.start(0);
  let now = 0;
  while (step.done === undefined) {
    for (const packet of step.send) sent.push([now, decodePacket(packet)]);
    now = step.wakeAt!;
    step = machine.timeout(now);
  }
  assert.deepEqual(step.done, {});
  return { sent, endedAt: now };
}

describe("the board's question", () => {
  it("is asked 3 times, 2 s each, with one xid, one chaddr and secs that count up (B14, DESIGN §2.2)", () => {
    const { sent, endedAt } = unanswered(question());
    assert.equal(endedAt, 6_000);
    assert.deepEqual(
      sent.map(([at, { xid: id, secs, op, ciaddr }]) => ({ at, id, secs, op, ciaddr })),
      [0, 2, 4].map((secs) => ({ at: secs * 1000, id: xid, secs, op: 1, ciaddr: "192.168.7.20" })),
    );
    for (const [, packet] of sent) {
      assert.deepEqual(packet.chaddr, board.chaddr);
      assert.deepEqual(packet.options, new Map(), "the cookie, and no option");
    }
  });

  it("carries the options it is told to, and a hop where it goes as a relay agent", () => {
    const asked = options({ vendorClassIdentifier: "PXEClient" });
    const envelope = { ciaddr: "0.0.0.0", giaddr: "192.168.7.20", flags: 0 };
    const packet = decodePacket(
      question({ board: { ...board, options: asked }, envelope }).start(0).send[0]!,
    );
    assert.deepEqual([packet.options, packet.giaddr, packet.hops], [asked, "192.168.7.20", 1]);
  });

  it("ignores other xid, other chaddr, op 1, short packets, other ports and a NAK, and takes the first valid (B15, S14)", () => {
    const machine = question();
    const bad: readonly [string, Uint8Array, typeof server][] = [
      ["xid", reply({ xid: 1 }), server],
      ["chaddr", reply({ chaddr: parseMac("02:00:00:00:00:09")! }), server],
      ["op", reply({ op: 1 }), server],
      ["short", reply().slice(0, 235), server],
      ["empty", new Uint8Array(), server],
      ["port", reply(), { ...server, port: 1067 }],
      ["refusal", reply({ options: options({ messageType: messageTypes.NAK }) }), server],
    ];
    machine.start(0);
    for (const [name, packet, from] of bad) {
      assert.deepEqual(machine.receive(packet, from, 10), { send: [], wakeAt: 2_000 }, name);
    }
    const { done } = machine.receive(reply({ file: "first" }), server, 20);
    assert.equal(done?.reply?.packet.file, "first");
    assert.deepEqual(machine.receive(reply({ file: "spoofed" }), server, 21), {
      send: [],
      wakeAt: undefined,
    });
    assert.deepEqual(machine.timeout(9_000), { send: [], wakeAt: undefined });
  });

  it("throws on no bytes whatever (X18)", () => {
    const machine = question();
    machine.start(0);
    const fixture = reply({ options: options({ messageType: 2, bootFileName: "x" }) });
    const [seed = 1] = seeds(1);
    const random = seededRandom(seed);
    for (let count = 0; count < 5_000; count += 1) {
      const bytes = fixture.slice(0, Math.ceil(random() * fixture.length));
      // Not the xid: what is to be tried lies behind it.
      for (let change = 0; change < 3; change += 1)
        bytes[Math.floor(random() * bytes.length)] = random() * 256;
      assert.doesNotThrow(() => question().receive(bytes, server, 1), `seed ${seed}`);
    }
    assert.deepEqual(machine.receive(randomBytes(300, seed), server, 1).send, []);
  });

  it("takes a late answer to an earlier try of the same question (X29)", () => {
    const machine = question();
    machine.start(0);
    machine.timeout(2_000);
    assert.equal(machine.receive(reply(), server, 3_999).done?.reply?.from, server);
  });
});

describe("the board's DHCP", () => {
  const offer = (fields: Partial<BootpPacket> = {}, changes = {}): Uint8Array =>
    reply({
      ...fields,
      options: options({ messageType: messageTypes.OFFER, serverIdentifier: server.address, ...changes }),
    });
  const ack = (type: keyof typeof messageTypes = "ACK", from = server.address): Uint8Array =>
    reply({ options: options({ messageType: messageTypes[type], serverIdentifier: from }) });
  const dhcp = (): BootpQuestion => {
    const machine = question({
      speech: "dhcp",
      envelope: { ciaddr: "0.0.0.0", giaddr: "0.0.0.0", flags: 0 },
    });
    machine.start(0);
    return machine;
  };

  it("asks by DISCOVER, takes the OFFER, asks by REQUEST for it, and ends with the ACK (RFC 2131 §3.1)", () => {
    const machine = dhcp();
    const request = decodePacket(machine.receive(offer(), server, 10).send[0]!);
    assert.equal(getOption(request.options!, "messageType"), messageTypes.REQUEST);
    assert.equal(getOption(request.options!, "requestedAddress"), "192.168.7.10");
    assert.equal(getOption(request.options!, "serverIdentifier"), server.address);
    assert.equal(machine.receive(ack(), server, 20).done?.reply?.packet.yiaddr, "192.168.7.10");
  });

  it("ignores an OFFER without 54, with yiaddr 0, of another xid, and a plain BOOTP reply (D24)", () => {
    const machine = dhcp();
    const noServer = reply({ options: options({ messageType: messageTypes.OFFER }) });
    for (const bad of [noServer, offer({ yiaddr: "0.0.0.0" }), offer({ xid: 1 }), reply(), ack()]) {
      assert.deepEqual(machine.receive(bad, server, 10), { send: [], wakeAt: 2_000 });
    }
    assert.equal(machine.receive(offer(), server, 10).send.length, 1);
  });

  it("takes the ACK of the server that it chose alone, and a NAK for silence (D24)", () => {
    const machine = dhcp();
    machine.receive(offer(), server, 10);
    assert.equal(machine.receive(ack("ACK", "192.168.7.2"), server, 20).done, undefined);
    assert.deepEqual(machine.receive(ack("NAK"), server, 30).done, {});
  });

  it("asks again by REQUEST when the ACK is lost, and gives up after its tries", () => {
    const machine = dhcp();
    machine.receive(offer(), server, 500);
    const types: (number | undefined)[] = [];
    let step = machine.timeout(2_500);
    let now = 2_500;
    while (step.done === undefined) {
      types.push(...step.send.map((packet) => getOption(decodePacket(packet).options!, "messageType")));
      now = step.wakeAt!;
      step = machine.timeout(now);
    }
    assert.deepEqual([types, now], [[messageTypes.REQUEST, messageTypes.REQUEST], 6_500]);
  });

  it("asks by REQUEST with the secs of the DISCOVER, however long the OFFER took (RFC 2131 §3.1, 3)", () => {
    const machine = dhcp();
    const discover = machine.timeout(2_000).send[0]!;
    const requests = [machine.receive(offer(), server, 3_500).send[0]!, machine.timeout(5_500).send[0]!];
    assert.deepEqual(
      [discover, ...requests].map((packet) => decodePacket(packet).secs),
      [2, 2, 2],
    );
  });

  it("speaks with our server: DISCOVER, OFFER, REQUEST, ACK, RELEASE", () => {
    const pool = [{ first: "192.168.7.100", last: "192.168.7.100" }];
    const bench1 = new Bench(situation({ boot: "u-boot.bin", pool, clients: [{ mac: boardMac }] }));
    const machine = question({
      speech: "dhcp",
      envelope: { ciaddr: "0.0.0.0", giaddr: "0.0.0.0", flags: 0 },
    });
    let step = machine.start(0);
    while (step.done === undefined) {
      const answer = bench1.reply(step.send[0]!);
      step = machine.receive(answer.bytes, { address: bench.address, port: 67 }, 0);
    }
    const { packet } = step.done.reply!;
    assert.deepEqual([packet.yiaddr, packet.file], ["192.168.7.100", "u-boot.bin"]);
    bench1.situation = situation({ pool, clients: [{ mac: boardMac }, { mac: "02:00:00:00:00:01" }] });
    const other = aRequest({
      mac: "02:00:00:00:00:01",
      options: options({ messageType: messageTypes.DISCOVER }),
    });
    assert.equal(bench1.ask(other).length, 0);
    assert.deepEqual(bench1.ask(encodeRelease(board, packet, 7)), []);
    assert.equal(bench1.reply(other).packet.yiaddr, "192.168.7.100");
  });
});

describe("the ways to ask (DESIGN §2.2, 1)", () => {
  const ways = (changes: Partial<BootpOptions>): readonly string[] =>
    waysOf({ way: "auto", port: 67, mac: boardMac, options: new Map(), release: false, ...changes });

  it("are any port, then 68, then as a relay with a target or on loopback; else a broadcast", () => {
    const all = ["anyPort", "clientPort", "relay"];
    assert.deepEqual(ways({ target: "192.168.7.1" }), all);
    assert.deepEqual(ways({ localAddress: "127.0.0.1" }), all);
    assert.deepEqual(ways({ localAddress: "192.168.7.20" }), ["broadcast"]);
    assert.deepEqual(ways({}), ["broadcast"]);
  });

  it("are the one that was wished for", () => {
    assert.deepEqual(ways({ way: "relay", target: "192.168.7.1" }), ["relay"]);
    assert.deepEqual(ways({ way: "broadcast", target: "192.168.7.1" }), ["broadcast"]);
  });
});
