import assert from "node:assert/strict";
import { decodePacket, encodePacket, parseMac, type BootpPacket } from "../../src/protocol/bootp/packet";
import { defaultPool } from "../../src/protocol/bootp/defaultPool";
import { option } from "../../src/protocol/bootp/options";
import { RivalWatch, type Standing } from "../../src/protocol/bootp/rivals";
import { decodeText } from "../../src/protocol/bytes";
import { effectiveAnswer, type Answer, type Answering } from "../../src/model/settings";
import { aRequest, bench, dhcp, lab, network, options } from "../support/bootp";
import { seededRandom } from "../support/random";

const ownMac = "02:00:00:00:07:01";
const loopback = { address: "127.0.0.1", netmask: "255.0.0.0", interfaceName: "lo" };
const rival = "192.168.7.254";

/** A watch, and a clock that the test moves. */
class Watching {
  now = 1_000;
  private xids = 100;
  readonly watch = new RivalWatch({ id: "one", xid: () => this.xids++, chaddrOf: () => parseMac(ownMac)! });

  constructor(networks = [bench]) {
    this.watch.follow(networks, this.now);
  }

  /** What is asked until then: "seconds: from". */
  until(seconds: number): string[] {
    const begin = this.now;
    const end = begin + seconds * 1000;
    const asked: string[] = [];
    for (;;) {
      asked.push(...this.watch.timeout(this.now).map(({ via }) => `${(this.now - begin) / 1000}: ${via}`));
      const next = this.watch.wakeAt;
      if (next === undefined || next > end) break;
      this.now = next;
    }
    this.now = end;
    return asked;
  }

  heard(packet: Partial<BootpPacket>): Standing {
    this.watch.heard(decodePacket(encodePacket({ ...aRequest(), ...packet })), this.now);
    return this.standing();
  }

  standing(address = bench.address): Standing {
    return this.watch.standing(address, this.now);
  }
}

const offer = (xid: number, server = rival, type: 2 | 5 = 2): Partial<BootpPacket> => ({
  op: 2,
  xid,
  options: options({ messageType: type, serverIdentifier: server }),
});

describe("the watch for another DHCP server (DESIGN §2.1, everyone)", () => {
  it("asks twice, two seconds apart, and knows after four that there is none; then every ten minutes", () => {
    const bench1 = new Watching();
    assert.deepEqual(bench1.until(3.9), ["0: 192.168.7.1", "2: 192.168.7.1"]);
    assert.deepEqual(bench1.standing(), { kind: "asking" });
    assert.deepEqual(bench1.until(0.1), []);
    assert.deepEqual(bench1.standing(), { kind: "clear" });
    assert.deepEqual(bench1.until(1300), [
      "600: 192.168.7.1",
      "602: 192.168.7.1",
      "1204: 192.168.7.1",
      "1206: 192.168.7.1",
    ]);
    assert.deepEqual(bench1.standing(), { kind: "clear" });
  });

  it("asks by DISCOVER with the interface's own MAC, an identifier of its own and the broadcast flag", () => {
    const { watch, now } = new Watching();
    const [probe] = watch.timeout(now);
    const packet = decodePacket(probe!.packet);
    assert.equal(decodeText(packet.options!.get(61)!), "boot-servers-probe-one");
    assert.deepEqual([...packet.options!.get(53)!], [1]);
    assert.deepEqual(
      [packet.op, packet.flags, packet.giaddr, packet.hops, packet.chaddr],
      [1, 0x8000, "0.0.0.0", 0, parseMac(ownMac)],
    );
  });

  it("asks as a relay agent where replies to port 68 cannot be heard", () => {
    const { watch, now } = new Watching();
    watch.asRelay = true;
    const packet = decodePacket(watch.timeout(now)[0]!.packet);
    assert.deepEqual([packet.giaddr, packet.hops], [bench.address, 1]);
  });

  it("knows the one that answers, on the network that was asked alone, and asks it each minute", () => {
    const both = new Watching([bench, lab]);
    both.until(1);
    assert.deepEqual(both.heard(offer(100)), { kind: "rivals", addresses: [rival] });
    assert.deepEqual(both.standing(lab.address), { kind: "asking" });
    both.until(9);
    assert.deepEqual(both.standing(lab.address), { kind: "clear" });
    assert.deepEqual(both.until(60), ["51: 192.168.7.1", "53: 192.168.7.1"]);
  });

  it("hears one that comes later: by what it tells a client, and by the client that takes it", () => {
    for (const packet of [
      offer(7),
      offer(7, rival, 5),
      dhcp("REQUEST", { serverIdentifier: rival, requestedAddress: "192.168.7.9" }),
    ]) {
      const bench1 = new Watching();
      bench1.until(10);
      assert.deepEqual(bench1.heard(packet), { kind: "rivals", addresses: [rival] });
    }
  });

  it("takes one that cannot be placed for one on every network, and one that can for one on its own", () => {
    const both = new Watching([bench, lab]);
    both.until(10);
    both.heard(offer(7, "10.78.0.9"));
    assert.deepEqual([both.standing().kind, both.standing(lab.address).kind], ["clear", "rivals"]);
    both.heard(offer(7, "172.16.0.1"));
    assert.deepEqual([both.standing().kind, both.standing(lab.address).kind], ["rivals", "rivals"]);
  });

  it("forgets one that was not heard for ten minutes, though it was asked each minute", () => {
    const bench1 = new Watching();
    bench1.until(10);
    bench1.heard(offer(7));
    assert.equal(bench1.until(599.9).length, 18);
    assert.equal(bench1.standing().kind, "rivals");
    bench1.until(0.1);
    assert.deepEqual(bench1.standing(), { kind: "clear" });
  });

  it("names all that are there, each once, and as many as four", () => {
    const bench1 = new Watching();
    bench1.until(10);
    for (const server of [rival, "192.168.7.253", rival]) bench1.heard(offer(7, server));
    assert.deepEqual(bench1.standing(), { kind: "rivals", addresses: [rival, "192.168.7.253"] });
    bench1.until(300);
    for (let last = 10; last < 99; last += 1) bench1.heard(offer(7, `192.168.7.${last}`));
    assert.deepEqual(bench1.standing(), {
      kind: "rivals",
      addresses: [rival, "192.168.7.253", "192.168.7.10", "192.168.7.11"],
    });
    bench1.until(300);
    assert.deepEqual(bench1.standing(), { kind: "rivals", addresses: ["192.168.7.10", "192.168.7.11"] });
  });

  it("asks again when a client looks for an address, and the last question is a minute old: the answer may be unicast", () => {
    const bench1 = new Watching();
    bench1.until(10);
    bench1.heard(dhcp("DISCOVER"));
    assert.deepEqual(bench1.until(60), ["54: 192.168.7.1", "56: 192.168.7.1"]);
    bench1.until(300);
    bench1.heard(dhcp("DISCOVER"));
    assert.deepEqual(bench1.until(1), ["0: 192.168.7.1"]);
    bench1.heard(dhcp("DISCOVER"));
    assert.deepEqual(bench1.until(59), ["1: 192.168.7.1"], "a question that runs is not begun anew");
  });

  it("has something to do when a rival is forgotten: that is told at once", () => {
    const bench1 = new Watching();
    bench1.until(30);
    bench1.heard(offer(7));
    bench1.until(599);
    assert.equal(bench1.watch.wakeAt, bench1.now + 1000);
    bench1.until(1);
    assert.deepEqual(bench1.standing(), { kind: "clear" });
  });

  it("is not moved by this host's own answers, by plain BOOTP, by other messages, nor by nonsense", () => {
    const bench1 = new Watching();
    bench1.until(10);
    for (const packet of [
      offer(100, bench.address),
      dhcp("REQUEST", { serverIdentifier: bench.address }),
      dhcp("REQUEST", { serverIdentifier: "0.0.0.0" }),
      dhcp("REQUEST", { serverIdentifier: "127.0.0.1" }),
      dhcp("REQUEST"),
      dhcp("DISCOVER", { serverIdentifier: rival }),
      { op: 2, xid: 100 },
      { op: 2, xid: 100, options: new Map([option("serverIdentifier", rival)]) },
      { op: 2, xid: 100, options: new Map([option("messageType", 2), [54, Uint8Array.of(1)] as const]) },
    ] as readonly Partial<BootpPacket>[]) {
      assert.deepEqual(bench1.heard(packet), { kind: "clear" }, JSON.stringify(packet));
    }
  });

  it("asks a network that comes later, forgets one that goes, and never asks loopback", () => {
    const bench1 = new Watching([loopback]);
    assert.deepEqual([bench1.until(10), bench1.standing("127.0.0.1")], [[], { kind: "clear" }]);
    bench1.watch.follow([loopback, lab], bench1.now);
    assert.deepEqual(bench1.until(5), ["0: 10.78.0.1", "2: 10.78.0.1"]);
    bench1.watch.follow([], bench1.now);
    assert.deepEqual([bench1.until(2000), bench1.watch.wakeAt], [[], undefined]);
    assert.deepEqual(bench1.standing(lab.address), { kind: "asking" });
  });

  it("throws on no packet whatever", () => {
    const bench1 = new Watching();
    const random = seededRandom(5);
    const good = encodePacket({ ...aRequest(), ...offer(100) });
    for (let count = 0; count < 5000; count += 1) {
      const bytes = good.slice();
      for (let change = 0; change < 4; change += 1)
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      let packet: BootpPacket;
      try {
        packet = decodePacket(bytes);
      } catch {
        continue;
      }
      bench1.watch.heard(packet, bench1.now);
    }
  });
});

describe("the pool of a network where the plan has none", () => {
  const pool = (address: string, netmask: string): string | undefined => {
    const range = defaultPool(network(address, netmask));
    return range && `${range.first}-${range.last}`;
  };
  it("is .100 to .199 around the host, and in a small network its upper half", () => {
    assert.equal(pool("192.168.7.1", "255.255.255.0"), "192.168.7.100-192.168.7.199");
    assert.equal(pool("10.20.30.40", "255.0.0.0"), "10.20.30.100-10.20.30.199");
    assert.equal(pool("10.0.0.1", "255.255.255.240"), "10.0.0.8-10.0.0.14");
    assert.equal(pool("10.0.0.130", "255.255.255.128"), "10.0.0.192-10.0.0.254");
    assert.equal(pool("10.0.0.1", "255.255.255.252"), "10.0.0.2-10.0.0.2");
    assert.equal(pool("10.0.0.1", "255.255.255.254"), undefined);
    assert.equal(pool("10.0.0.1", "255.255.255.255"), undefined);
  });
});

it("a plan narrows what the machine allows, and never widens it (DESIGN §2.1)", () => {
  const proxy = { answer: "boards", proxy: true } as const;
  const listedProxy = { answer: "listed", proxy: true } as const;
  const table: readonly (readonly [Answer, Answer | undefined, string | Answering])[] = [
    ["everyone", undefined, "everyone"],
    ["everyone", "everyone", "everyone"],
    ["everyone", "boards", "boards"],
    ["everyone", "listed", "listed"],
    ["everyone", "proxy", proxy],
    ["boards", "everyone", "boards"],
    ["boards", undefined, "boards"],
    ["boards", "proxy", "boards"],
    ["listed", "everyone", "listed"],
    ["listed", "proxy", "listed"],
    ["proxy", undefined, proxy],
    ["proxy", "proxy", proxy],
    ["proxy", "boards", proxy],
    ["proxy", "everyone", proxy],
    ["proxy", "listed", listedProxy],
  ];
  for (const [machine, plan, expected] of table) {
    const wanted = typeof expected === "string" ? { answer: expected, proxy: false } : expected;
    assert.deepEqual(effectiveAnswer(machine, plan), wanted, `${machine} ${plan}`);
  }
});
