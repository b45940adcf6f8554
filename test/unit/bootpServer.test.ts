import assert from "node:assert/strict";
import { outsiderOf } from "../../src/model/outside";
import fc from "fast-check";
import { concat } from "../../src/protocol/bytes";
import { option } from "../../src/protocol/bootp/options";
import { decodePacket, encodePacket, shortestMessage } from "../../src/protocol/bootp/packet";
import type { BootpPacket } from "../../src/protocol/bootp/packet";
import { network, options, otherMac, situation, dhcp, lab } from "../support/bootp";
import { aRequest, bench, Bench, boardMac, broadcaster } from "../support/bootp";

const listed = { name: "bench-1", mac: boardMac, address: "192.168.7.10" };
const boot = "u-boot.bin";
const server = (
  plan: Parameters<typeof situation>[0] = { boot },
  rest: Parameters<typeof situation>[1] = {},
): Bench => new Bench(situation(plan, rest));

describe("a BOOTP reply", () => {
  it("copies xid, flags, giaddr, chaddr, htype, hlen and secs, and nothing else (B1, RFC 951 §7.3)", () => {
    const request = aRequest({
      xid: 0xfffffffe,
      secs: 7,
      flags: 0x8000,
      giaddr: "192.168.7.9",
      hops: 3,
      htype: 6,
    });
    const { packet } = server({ boot, clients: [listed] }).reply(request, {
      address: "192.168.7.9",
      port: 67,
    });
    assert.deepEqual(
      { ...packet, options: undefined },
      {
        options: undefined,
        chaddr: request.chaddr,
        op: 2,
        htype: 6,
        hlen: 6,
        hops: 0,
        xid: 0xfffffffe,
        secs: 7,
        flags: 0x8000,
        ciaddr: "0.0.0.0",
        yiaddr: listed.address,
        siaddr: bench.address,
        giaddr: "192.168.7.9",
        sname: "",
        file: boot,
      },
    );
  });

  it("has 300 bytes, for a request of 236 as well (B2, RFC 1542 §2.1)", () => {
    const short = encodePacket(aRequest({ options: undefined })).slice(0, 236);
    assert.equal(server().reply(short).bytes.length, 300);
    assert.equal(server().reply(aRequest()).bytes.length, 300);
  });

  it("has no cookie and no options where the request had none (B3, RFC 1497)", () => {
    for (const vendorArea of [0, 64]) {
      const request = concat(
        encodePacket(aRequest({ options: undefined })).slice(0, 236),
        new Uint8Array(vendorArea),
      );
      const { packet, bytes } = server().reply(request);
      assert.equal(packet.options, undefined);
      assert.equal(packet.file, boot);
      assert.ok(bytes.subarray(236).every((byte) => byte === 0));
    }
  });

  it("has mask and broadcast address, no message type, no lease, no router, no name server (B18, S12)", () => {
    const { packet } = server({ boot, clients: [listed] }).reply(aRequest());
    assert.deepEqual(
      [...packet.options!],
      [...options({ subnetMask: "255.255.255.0", broadcastAddress: "192.168.7.255" })],
    );
  });

  it("has no address of a network of 31 bits for broadcast, and its other address for the board (RFC 3021)", () => {
    const pool = [{ first: "10.0.0.0", last: "10.0.0.1" }];
    for (const [own, others] of [
      ["10.0.0.0", "10.0.0.1"],
      ["10.0.0.1", "10.0.0.0"],
    ] as const) {
      const { packet } = server({ boot, pool }, { networks: [network(own, "255.255.255.254")] }).reply(
        aRequest(),
      );
      assert.equal(packet.yiaddr, others);
      const told = options({ subnetMask: "255.255.255.254", broadcastAddress: "255.255.255.255" });
      assert.deepEqual([...packet.options!], [...told]);
    }
  });

  it("fits into a vendor area of 64 bytes, unless option 57 says more (B19, D13)", () => {
    const long = "a/very/long/path/of/a/boot/file/that/nearly/fills/the/vendor/area/u-boot.bin";
    const asked = { parameterRequestList: Uint8Array.of(67) };
    const short = server({ boot: long }).reply(aRequest({ options: options(asked) }));
    assert.equal(short.bytes.length, shortestMessage);
    assert.deepEqual([short.packet.file, short.packet.options?.has(67)], [long, false]);
    const more = server({ boot: long }).reply(
      aRequest({ options: options({ ...asked, maximumMessageSize: 576 }) }),
    );
    assert.ok(more.bytes.length > shortestMessage && more.bytes.length <= 548);
    assert.equal(more.packet.options?.has(67), true);
  });

  it("has what the relay agent added, whole and last, before all that finds no room (RFC 3046 §2.2)", () => {
    const relayAgentInformation = new Uint8Array(40).fill(1);
    const giaddr = "192.168.7.9";
    const asked = options({ relayAgentInformation });
    const { packet, bytes } = server({ boot, options: [option("hostName", "long")] }).reply(
      aRequest({ giaddr, options: asked }),
      { address: giaddr, port: 67 },
    );
    assert.equal(bytes.length, shortestMessage);
    assert.deepEqual([...packet.options!].at(-1), [...asked].at(-1));
    assert.deepEqual([...packet.options!.keys()], [1, 28, 82]);
    // A switch that snoops adds it without an address of its own.
    assert.ok(
      server()
        .reply(aRequest({ options: asked }))
        .packet.options!.has(82),
    );
  });

  it("has the reserved bits of flags zero (D22, RFC 1542 §3.1.1)", () => {
    assert.equal(server().reply(aRequest({ flags: 0x7fff })).packet.flags, 0);
    assert.equal(server().reply(aRequest({ flags: 0xffff })).packet.flags, 0x8000);
  });

  it("names the plan's server as siaddr, else the own address, never 0.0.0.0 (D23)", () => {
    assert.equal(server().reply(aRequest()).packet.siaddr, bench.address);
    assert.equal(server({ boot, server: "192.168.7.2" }).reply(aRequest()).packet.siaddr, "192.168.7.2");
  });

  it("carries the file in the header and, when asked, in options 67 and 66, in the order asked (D12)", () => {
    const asked = options({ parameterRequestList: Uint8Array.of(67, 66, 28, 1) });
    const { packet } = server().reply(aRequest({ options: asked }));
    assert.equal(packet.file, boot);
    assert.deepEqual([...packet.options!.keys()], [67, 66, 28, 1]);
    const without = server({}).reply(aRequest({ options: asked }));
    assert.deepEqual([without.packet.file, without.packet.options?.has(67)], ["", false]);
  });

  it("carries a name of more than 127 bytes in option 67 alone, and the row says so", () => {
    const bench1 = server({ boot: "x".repeat(128) });
    const request = aRequest({ options: options({ maximumMessageSize: 1500 }) });
    const { packet } = bench1.reply(request);
    assert.equal(packet.file, "");
    assert.equal(packet.options?.get(67)?.length, 128);
    assert.equal(bench1.view.notice?.code, "boot.nameTooLong");
    assert.equal(server({ boot: "x".repeat(127) }).reply(request).packet.file.length, 127);
  });

  it("is given although sname names another server (B7)", () => {
    assert.equal(server().reply(aRequest({ sname: "otherhost" })).packet.file, boot);
  });

  it("names the configured file whatever the request's file field says (B8)", () => {
    assert.equal(server().reply(aRequest({ file: "kernel" })).packet.file, boot);
    assert.equal(server({}).reply(aRequest({ file: "kernel" })).packet.file, "");
  });

  it("is one for each request: two boards with one MAC, or one xid, are both answered (B20)", () => {
    const bench1 = server();
    assert.equal(bench1.ask(aRequest(), { address: "192.168.7.20", port: 68 }).length, 1);
    assert.equal(bench1.ask(aRequest(), { address: "192.168.7.21", port: 68 }).length, 1);
    assert.equal(bench1.ask(aRequest({ mac: otherMac })).length, 1);
  });

  it("parses as what it is, for any request (S9, S10, S13)", () => {
    const some = fc.record({
      hops: fc.nat({ max: 20 }),
      htype: fc.constantFrom(1, 6, 32),
      flags: fc.nat({ max: 0xffff }),
      giaddr: fc.constantFrom("0.0.0.0", "192.168.7.9", "10.9.9.9", "255.255.255.255"),
      ciaddr: fc.constantFrom("0.0.0.0", "192.168.7.20", "10.9.9.9"),
      options: fc.option(
        fc
          .array(
            fc.tuple(fc.constantFrom(12, 50, 53, 54, 55, 57, 60, 61, 82), fc.uint8Array({ maxLength: 300 })),
            {
              maxLength: 6,
            },
          )
          .map((entries) => new Map(entries)),
        { nil: undefined },
      ),
      mac: fc.constantFrom(boardMac, otherMac),
    });
    const from = fc.constantFrom(
      broadcaster,
      { address: "10.9.9.9", port: 5 },
      { address: "127.0.0.1", port: 0 },
    );
    const networks = fc.constantFrom([], [bench], [bench, lab]);
    fc.assert(
      fc.property(some, from, networks, (fields, sender, served) => {
        const pool = [{ first: "192.168.7.100", last: "192.168.7.101" }];
        const bench1 = server({ boot, clients: [listed], pool }, { networks: served });
        for (const { packet, bytes } of bench1.ask(aRequest(fields), sender)) {
          assert.equal(packet.op, 2);
          assert.equal(packet.xid, 0x12345678);
          assert.ok(bytes.length >= shortestMessage && bytes.length <= 1472);
        }
      }),
    );
  });
});

describe("where a reply goes, by the first rule that holds (B9, DESIGN §2.1, RFC 1542 §4.1.2)", () => {
  const to = (fields: Partial<BootpPacket>, from = broadcaster, rest = {}): string =>
    server({ boot, clients: [listed] }, rest).reply(aRequest(fields), from).to;

  it("to giaddr:67, whatever else the request says", () => {
    const relayed = { giaddr: "192.168.7.9", ciaddr: "192.168.7.20" };
    assert.equal(to(relayed, { address: "192.168.7.9", port: 4000 }), "192.168.7.9:67");
  });

  it("to where it came from on loopback, from port 68 as well", () => {
    const rest = { networks: [network("127.0.0.1", "255.0.0.0")] };
    assert.equal(to({}, { address: "127.0.0.1", port: 68 }, rest), "127.0.0.1:68");
    assert.equal(to({ ciaddr: "127.0.0.1" }, { address: "127.0.0.1", port: 40000 }, rest), "127.0.0.1:40000");
  });

  it("to where it came from when that is another port than 67 and 68, and an address", () => {
    assert.equal(
      to({ ciaddr: "192.168.7.21" }, { address: "192.168.7.20", port: 40000 }),
      "192.168.7.20:40000",
    );
    assert.equal(to({}, { address: "0.0.0.0", port: 40000 }), "255.255.255.255:68");
  });

  it("to ciaddr:68 from port 68 or 67", () => {
    for (const port of [67, 68])
      assert.equal(to({ ciaddr: "192.168.7.20" }, { address: "192.168.7.20", port }), "192.168.7.20:68");
  });

  it("never to a ciaddr that may not ask: who forges one would have this server write to a third (security §4.2)", () => {
    const rest = { allows: (address: string) => address.startsWith("192.168.7.") };
    assert.equal(to({ ciaddr: "192.168.7.20" }, broadcaster, rest), "192.168.7.20:68");
    for (const ciaddr of ["198.51.100.7", "224.0.0.1", "127.0.0.1"])
      assert.equal(to({ ciaddr }, broadcaster, rest), "255.255.255.255:68");
  });

  it("else to the broadcast address, the broadcast flag set or not", () => {
    for (const flags of [0, 0x8000]) assert.equal(to({ flags }), "255.255.255.255:68");
    assert.equal(to({}, { address: "192.168.7.20", port: 68 }), "255.255.255.255:68");
  });

  it("to the subnet's broadcast address where only the wildcard's socket can be had (macOS)", () => {
    assert.equal(to({}, broadcaster, { directedBroadcast: true }), "192.168.7.255:68");
  });
});

describe("several served networks (B10, DESIGN §2.1)", () => {
  const networks = [bench, lab];
  const pool = [
    { first: "192.168.7.100", last: "192.168.7.109" },
    { first: "10.78.0.100", last: "10.78.0.109" },
  ];
  const facts = (
    bench1: Bench,
    fields: Parameters<typeof aRequest>[0] = {},
    ...from: [typeof broadcaster?, string?]
  ): unknown =>
    bench1.ask(aRequest(fields), ...from).map(({ via, packet }) => [via, packet.siaddr, packet.yiaddr]);

  it("each answer a broadcast with their own siaddr and yiaddr", () => {
    assert.deepEqual(facts(server({ boot, pool }, { networks })), [
      ["192.168.7.1", "192.168.7.1", "192.168.7.100"],
      ["10.78.0.1", "10.78.0.1", "10.78.0.100"],
    ]);
  });

  it("are told apart by giaddr, the receiving socket, ciaddr and the source address", () => {
    const answer = [["10.78.0.1", "10.78.0.1", "0.0.0.0"]];
    const bench1 = server({ boot }, { networks });
    assert.deepEqual(facts(bench1, { giaddr: "10.78.0.9" }, { address: "10.78.0.9", port: 67 }), answer);
    assert.deepEqual(facts(bench1, {}, broadcaster, "10.78.0.1"), answer);
    assert.deepEqual(facts(bench1, { ciaddr: "10.78.0.20" }), answer);
    assert.deepEqual(facts(bench1, {}, { address: "10.78.0.20", port: 68 }), answer);
  });

  it("leave loopback out of a broadcast", () => {
    const local = network("127.0.0.1", "255.0.0.0");
    assert.deepEqual(facts(server({ boot }, { networks: [local, bench] })), [
      ["192.168.7.1", "192.168.7.1", "0.0.0.0"],
    ]);
  });

  it("leave a listed client to the one that its address belongs to", () => {
    const plan = { boot, clients: [{ ...listed, address: "10.78.0.77" }] };
    assert.deepEqual(facts(server(plan, { networks })), [["10.78.0.1", "10.78.0.1", "10.78.0.77"]]);
  });

  it("answer a listed client with its address where it belongs to none, and the row warns", () => {
    const bench1 = server({ boot, clients: [{ ...listed, address: "172.16.0.5" }] }, { networks });
    assert.deepEqual(facts(bench1), [
      ["192.168.7.1", "192.168.7.1", "172.16.0.5"],
      ["10.78.0.1", "10.78.0.1", "172.16.0.5"],
    ]);
    assert.equal(bench1.view.notice?.code, "client.wrongNetwork");
    assert.equal(bench1.view.stage, "answered");
  });

  it("that are none at the moment give a row with the reason, and no reply", () => {
    const bench1 = server({ boot }, { networks: [] });
    assert.deepEqual(facts(bench1), []);
    assert.deepEqual([bench1.view.stage, bench1.view.notice?.code], ["refused", "network.none"]);
  });
});

describe("who is answered (DESIGN §2.1)", () => {
  it("under boards: every plain BOOTP request, and DHCP of listed clients alone", () => {
    const bench1 = server({ boot, clients: [listed] });
    assert.equal(bench1.ask(aRequest({ mac: otherMac })).length, 1);
    assert.equal(bench1.ask(dhcp("DISCOVER")).length, 1);
    assert.equal(bench1.ask(dhcp("DISCOVER", {}, { mac: otherMac })).length, 0);
    assert.equal(bench1.view.stage, "seen");
    assert.match(bench1.view.notice?.remedy ?? "", /52:54:00:12:34:57.*clients.*--answer everyone/);
    const narrowed = server({ boot, answer: "boards" });
    assert.equal(narrowed.ask(dhcp("DISCOVER")).length, 0);
    assert.doesNotMatch(narrowed.view.notice?.remedy ?? "", /everyone/);
  });

  it("under listed: an unknown chaddr gets silence and a row (B12)", () => {
    const bench1 = server({ boot, clients: [listed] }, { answer: "listed" });
    assert.equal(bench1.ask(aRequest()).length, 1);
    assert.equal(bench1.ask(aRequest({ mac: otherMac })).length, 0);
    assert.deepEqual([bench1.view.stage, bench1.view.notice?.code], ["refused", "client.unlisted"]);
  });

  it("never a stranger by a NAK, whichever DHCP message it sends (D4)", () => {
    const bench1 = server({ boot });
    const wanted = { requestedAddress: "192.168.1.5" };
    for (const type of ["DISCOVER", "REQUEST", "DECLINE", "RELEASE", "INFORM"] as const) {
      assert.deepEqual(bench1.ask(dhcp(type, wanted)), [], type);
      assert.deepEqual(bench1.ask(dhcp(type, { ...wanted, serverIdentifier: bench.address })), [], type);
    }
  });

  it("as the plan says now: a change acts at the next request, and clears the row", () => {
    const bench1 = server({ boot });
    assert.deepEqual(bench1.ask(dhcp("DISCOVER")), []);
    bench1.situation = situation({ boot: "other.bin", clients: [listed] });
    const [row] = bench1.machine.planChanged(bench1.situation, bench1.now);
    assert.deepEqual(
      [row?.id, row?.name, row?.stage, row?.notice],
      [boardMac, "bench-1", "listed", undefined],
    );
    assert.equal(bench1.reply(dhcp("DISCOVER")).packet.file, "other.bin");
  });

  it("nobody outside the networks that may ask; 0.0.0.0 is inside", () => {
    const bench1 = server({ boot }, { allows: (address) => address.startsWith("192.168.7.") });
    assert.deepEqual(bench1.ask(aRequest(), { address: "10.9.9.9", port: 68 }), []);
    assert.deepEqual([bench1.view.stage, bench1.view.notice?.code], ["refused", "access.network"]);
    assert.equal(outsiderOf(bench1.view.notice), "10.9.9.9");
    assert.equal(bench1.ask(aRequest()).length, 1);
    assert.equal(bench1.ask(aRequest(), { address: "192.168.7.30", port: 68 }).length, 1);
  });

  it("no relay agent of an unknown network, but one for which a listed address or a pool exists (B11)", () => {
    const allows = (address: string): boolean => address.startsWith("192.168.7.");
    const relay = { address: "10.5.5.1", port: 67 };
    const request = aRequest({ giaddr: "10.5.5.1" });
    const unknown = server({ boot, clients: [listed] }, { allows });
    assert.deepEqual(unknown.ask(request, relay), []);
    assert.equal(unknown.view.notice?.code, "access.network");
    assert.equal(outsiderOf(unknown.view.notice), "10.5.5.1");
    for (const plan of [
      { boot, clients: [{ ...listed, address: "10.5.5.20" }] },
      { boot, clients: [listed], pool: [{ first: "10.5.5.50", last: "10.5.5.60" }] },
    ]) {
      assert.equal(server(plan, { allows }).reply(request, relay).to, "10.5.5.1:67");
    }
    const pooled = server({ boot, pool: [{ first: "10.5.5.50", last: "10.5.5.60" }] }, { allows });
    assert.equal(pooled.reply(request, relay).packet.yiaddr, "10.5.5.50");
    // A range may begin in the network before.
    const wide = server({ boot, pool: [{ first: "10.5.4.250", last: "10.5.6.5" }] }, { allows });
    assert.equal(wide.reply(request, relay).packet.yiaddr, "10.5.5.2");
  });

  it("no relay agent by the plan where the user named the networks that may ask (DESIGN §3, --allow)", () => {
    const allows = (address: string): boolean => address.startsWith("192.168.7.");
    const plan = { boot, clients: [{ ...listed, address: "10.5.5.20" }] };
    const named = server(plan, { allows, allowsPlanned: false });
    assert.deepEqual(named.ask(aRequest({ giaddr: "10.5.5.1" }), { address: "10.5.5.1", port: 67 }), []);
    assert.equal(named.view.notice?.code, "access.network");
  });

  it("whose relay agent was answered may load too, as long as the plan has an address there (DESIGN §3, --allow)", () => {
    const plan = { boot, clients: [{ ...listed, address: "10.5.5.20" }] };
    const bench1 = server(plan);
    const { relays } = bench1.machine;
    const loads = (address: string, its = bench1.situation.plan): boolean => relays.hasBehind(address, its);
    bench1.ask(aRequest({ giaddr: "10.6.6.1" }), { address: "10.6.6.1", port: 67 });
    assert.deepEqual(
      ["10.5.5.20", "10.6.6.20"].map((address) => loads(address)),
      [false, false],
    );
    bench1.ask(aRequest({ giaddr: "10.5.5.1" }), { address: "10.5.5.1", port: 67 });
    assert.deepEqual(
      ["10.5.5.20", "10.5.5.99", "10.5.6.20", "10.6.6.20"].map((address) => loads(address)),
      [true, true, false, false],
    );
    assert.equal(loads("10.5.5.20", situation({ boot }).plan), false);
  });
});

describe("a packet that is no request", () => {
  const silent = (fields: Partial<BootpPacket>, from = broadcaster): string | undefined => {
    const bench1 = server({ boot });
    assert.deepEqual(bench1.ask(aRequest(fields), from), []);
    assert.deepEqual(bench1.last?.clients, []);
    return bench1.last.dropped;
  };

  it("is dropped: op 2 and others (B13, S9)", () => {
    for (const op of [0, 2, 3, 255]) assert.match(silent({ op }) ?? "", /op is/);
  });

  it("is dropped: hlen beyond 16, or not 6 for Ethernet (B13, S9)", () => {
    for (const hlen of [0, 5, 16]) assert.match(silent({ hlen }) ?? "", /hlen/);
    for (const hlen of [17, 255]) {
      const bytes = encodePacket(aRequest());
      bytes[2] = hlen;
      const bench1 = server();
      assert.deepEqual(bench1.ask(bytes), []);
      assert.match(bench1.last?.dropped ?? "", /hlen/);
    }
  });

  it("is dropped: more than 16 hops (B11, RFC 1542 §4.1.1)", () => {
    assert.match(silent({ hops: 17 }) ?? "", /hops/);
    assert.equal(server().ask(aRequest({ hops: 16 })).length, 1);
  });

  it("is dropped: source port 0, an option past the end, a few bytes (B5, security §4.2)", () => {
    assert.match(silent({}, { address: "192.168.7.3", port: 0 }) ?? "", /port 0/);
    for (const bytes of [new Uint8Array(), new Uint8Array(100)]) {
      const bench1 = server();
      assert.deepEqual(bench1.ask(bytes), []);
      assert.match(bench1.last?.dropped ?? "", /236/);
    }
  });

  it("is dropped: no hardware address and no client identifier (RFC 4390 §2.1); one of them is enough", () => {
    const infiniband = { htype: 32, hlen: 0, chaddr: new Uint8Array() };
    assert.match(silent(infiniband) ?? "", /no client/);
    const identified = aRequest({
      ...infiniband,
      options: options({ clientIdentifier: Uint8Array.of(255, 1, 2) }),
    });
    assert.equal(server().reply(identified).packet.file, boot);
  });

  it("with the cookie and no options at all is a request (S9)", () => {
    const bytes = encodePacket(aRequest()).slice(0, 240);
    assert.equal(server().reply(bytes).packet.file, boot);
  });
});

describe("clients that nobody listed", () => {
  it("are bounded, and listed ones stay: 10,000 DISCOVERs of random MACs (X27, S7)", () => {
    const bench1 = server({ boot, clients: [listed] }, { sightings: 100 });
    bench1.reply(aRequest());
    const rows = new Set([boardMac]);
    const packets = [encodePacket(aRequest()), encodePacket(dhcp("DISCOVER"))];
    for (let count = 0; count < 10_000; count += 1) {
      const packet = packets[count % 2]!.slice();
      packet.set([0x02, 0, 0, 0, count >> 8, count & 0xff], 28);
      bench1.last = bench1.machine.receive(
        { packet, from: broadcaster, on: undefined },
        bench1.situation,
        bench1.now,
      );
      rows.add(bench1.view.id);
      for (const id of bench1.last.forgotten) assert.ok(rows.delete(id), id);
    }
    assert.equal(rows.size, 101);
    assert.ok(rows.has(boardMac));
    assert.equal(bench1.reply(aRequest()).packet.yiaddr, listed.address);
  });

  it("are told apart by identifiers of any length, of which little is remembered (X27, RFC 4361)", () => {
    const bench1 = server({ boot });
    const ids = [20, 64, 65, 1_000, 1_001].flatMap((length) =>
      [1, 2].flatMap((last) => {
        const clientIdentifier = new Uint8Array(length).fill(7).fill(last, length - 1);
        // Hardware without an address: RFC 4390.
        const hardware = { chaddr: new Uint8Array(0), hlen: 0, htype: 32 };
        bench1.ask(dhcp("DISCOVER", { clientIdentifier }, hardware));
        return bench1.last!.clients.map(({ id }) => id);
      }),
    );
    assert.deepEqual([ids.length, new Set(ids).size], [10, 10]);
    for (const id of ids) assert.ok(id.length < 160 && /^[\x20-\x7e]+$/.test(id), id);
  });

  it("do not starve the listed ones of the pool: the last addresses are theirs (S7)", () => {
    const pool = [{ first: "192.168.7.100", last: "192.168.7.109" }];
    const bench1 = server({ boot, pool, clients: [{ mac: boardMac }] });
    const given = new Set<string>();
    for (let count = 0; count < 50; count += 1) {
      const mac = `02:00:00:00:00:${count.toString(16).padStart(2, "0")}`;
      given.add(bench1.reply(aRequest({ mac })).packet.yiaddr);
    }
    assert.equal(given.size, 10, "nine addresses and 0.0.0.0");
    assert.ok(given.has("0.0.0.0"));
    const { yiaddr } = bench1.reply(dhcp("DISCOVER")).packet;
    assert.ok(!given.has(yiaddr) && yiaddr.startsWith("192.168.7.10"), yiaddr);
  });

  it("get an address of the pool by plain BOOTP, the same each time, and none that is another's", () => {
    const pool = [{ first: "192.168.7.0", last: "192.168.7.12" }];
    const taken = [
      { ...listed, address: "192.168.7.2" },
      { mac: "02:00:00:00:00:99", address: "192.168.7.3" },
    ];
    const bench1 = server({ boot, pool, clients: taken, server: "192.168.7.5" });
    const give = (last: number): string =>
      bench1.reply(aRequest({ mac: `02:00:00:00:00:0${last}` })).packet.yiaddr;
    assert.deepEqual([1, 2, 1, 3].map(give), ["192.168.7.4", "192.168.7.6", "192.168.7.4", "192.168.7.7"]);
  });

  it("keep the address that they say they have (RFC 951 §7.3)", () => {
    const bench1 = server({ boot, pool: [{ first: "192.168.7.100", last: "192.168.7.109" }] });
    const { packet } = bench1.reply(aRequest({ ciaddr: "192.168.7.50" }), {
      address: "192.168.7.50",
      port: 68,
    });
    assert.deepEqual([packet.ciaddr, packet.yiaddr], ["192.168.7.50", "0.0.0.0"]);
  });
});

it("a BOOTP round trip is deterministic: the same request, the same bytes", () => {
  const bench1 = server({ boot, clients: [listed] });
  assert.deepEqual(bench1.reply(aRequest()).bytes, bench1.reply(aRequest()).bytes);
  assert.equal(decodePacket(bench1.reply(aRequest()).bytes).file, boot);
});
