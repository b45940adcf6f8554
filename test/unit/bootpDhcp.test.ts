import assert from "node:assert/strict";
import {
  decodeOptions,
  getOption,
  messageTypes,
  option,
  type OptionName,
} from "../../src/protocol/bootp/options";
import { bench, Bench, boardMac, dhcp, lab, otherMac, situation, type ReadReply } from "../support/bootp";
import { parseMac } from "../../src/protocol/bootp/packet";
import { encodeText } from "../../src/protocol/bytes";

const listed = { name: "bench-1", mac: boardMac, address: "192.168.7.10" };
const pooled = { mac: otherMac };
const pool = [{ first: "192.168.7.100", last: "192.168.7.101" }];
const boot = "u-boot.bin";
const server = (
  plan: Parameters<typeof situation>[0] = {},
  rest: Parameters<typeof situation>[1] = {},
): Bench => new Bench(situation({ boot, clients: [listed, pooled], pool, ...plan }, rest));

const value = <Name extends OptionName>(
  { packet }: ReadReply,
  name: Name,
): ReturnType<typeof getOption<Name>> => getOption(packet.options!, name);
const codes = ({ packet }: ReadReply): number[] => [...packet.options!.keys()];
const type = (reply: ReadReply): string =>
  Object.entries(messageTypes).find(([, code]) => code === value(reply, "messageType"))?.[0] ?? "none";

const other = { mac: otherMac };
const mine = { serverIdentifier: bench.address };

describe("DISCOVER (RFC 2131 §4.3.1)", () => {
  it("gets an OFFER with 53, 54, 51, yiaddr, siaddr and the file; T1 and T2 are 0.5 and 0.875 of the lease (D1, D10)", () => {
    const offer = server().reply(dhcp("DISCOVER", {}, { secs: 7 }));
    assert.equal(type(offer), "OFFER");
    assert.deepEqual(
      [offer.packet.yiaddr, offer.packet.siaddr, offer.packet.file, offer.to],
      [listed.address, bench.address, boot, "255.255.255.255:68"],
    );
    assert.equal(value(offer, "serverIdentifier"), bench.address);
    const lease = value(offer, "leaseTime")!;
    assert.equal(lease, 3600);
    assert.deepEqual(
      [value(offer, "renewalTime"), value(offer, "rebindingTime")],
      [lease * 0.5, lease * 0.875],
    );
    assert.deepEqual([offer.packet.secs, offer.packet.ciaddr], [0, "0.0.0.0"]);
  });

  it("keeps the offered address from the next client (D1)", () => {
    const bench1 = server({ clients: [pooled, { mac: boardMac }, { mac: "02:00:00:00:00:03" }] });
    const first = bench1.reply(dhcp("DISCOVER", {}, other)).packet.yiaddr;
    const second = bench1.reply(dhcp("DISCOVER")).packet.yiaddr;
    assert.deepEqual([first, second], ["192.168.7.100", "192.168.7.101"]);
    assert.deepEqual(bench1.ask(dhcp("DISCOVER", {}, { mac: "02:00:00:00:00:03" })), []);
    bench1.now += 60_000;
    assert.equal(bench1.reply(dhcp("DISCOVER", {}, { mac: "02:00:00:00:00:03" })).packet.yiaddr, first);
  });

  it("gets the same offer each time, by the same xid and by another (D2)", () => {
    const bench1 = server();
    const give = (xid: number): string => bench1.reply(dhcp("DISCOVER", {}, { ...other, xid })).packet.yiaddr;
    assert.deepEqual([1, 1, 2].map(give), ["192.168.7.100", "192.168.7.100", "192.168.7.100"]);
  });

  it("gets the address that it asks for, when the pool has it free (RFC 2131 §4.3.1)", () => {
    const wanted = (requestedAddress: string): string =>
      server().reply(dhcp("DISCOVER", { requestedAddress }, other)).packet.yiaddr;
    assert.equal(wanted("192.168.7.101"), "192.168.7.101");
    for (const not of ["192.168.7.200", "192.168.7.10", "10.1.1.1"])
      assert.equal(wanted(not), "192.168.7.100");
  });

  it("gets no OFFER without an address and a pool, and the row says so (DESIGN §2.1)", () => {
    const bench1 = server({ pool: [] });
    assert.deepEqual(bench1.ask(dhcp("DISCOVER", {}, other)), []);
    assert.deepEqual([bench1.view.stage, bench1.view.notice?.code], ["refused", "client.noAddress"]);
    assert.match(bench1.view.notice?.remedy ?? "", /"address".*"pool"/);
  });

  it("gets no OFFER where its address does not belong", () => {
    const bench1 = server({}, { networks: [lab] });
    assert.deepEqual(bench1.ask(dhcp("DISCOVER")), []);
    assert.match(bench1.view.notice?.message ?? "", /192\.168\.7\.10 is not in the network of 10\.78\.0\.1/);
  });

  it("gets an OFFER from each served network that has an address for it, and forgets the ones not taken (B10)", () => {
    const both = [...pool, { first: "10.78.0.100", last: "10.78.0.100" }];
    const bench1 = server({ pool: both, clients: [pooled, { mac: boardMac }] }, { networks: [bench, lab] });
    const offers = bench1.ask(dhcp("DISCOVER", {}, other));
    assert.deepEqual(
      offers.map((offer) => [offer.via, value(offer, "serverIdentifier"), offer.packet.yiaddr]),
      [
        ["192.168.7.1", "192.168.7.1", "192.168.7.100"],
        ["10.78.0.1", "10.78.0.1", "10.78.0.100"],
      ],
    );
    const wanted = { serverIdentifier: lab.address, requestedAddress: "10.78.0.100" };
    const ack = bench1.reply(dhcp("REQUEST", wanted, other));
    assert.deepEqual([type(ack), ack.via, ack.packet.yiaddr], ["ACK", lab.address, "10.78.0.100"]);
    assert.deepEqual(
      bench1.ask(dhcp("DISCOVER")).map(({ packet }) => packet.yiaddr),
      ["192.168.7.101"],
    );
  });

  it("names 66 and 67 in options and header both, in the order of option 55 (D12)", () => {
    const offer = server().reply(
      dhcp("DISCOVER", { parameterRequestList: Uint8Array.of(67, 66, 1, 3, 6, 15) }),
    );
    assert.deepEqual([offer.packet.file, offer.packet.siaddr], [boot, bench.address]);
    assert.deepEqual([value(offer, "bootFileName"), value(offer, "tftpServerName")], [boot, bench.address]);
    assert.deepEqual(codes(offer), [53, 54, 51, 67, 66, 1, 28, 58, 59]);
  });

  it("echoes the client identifier exactly (D16, RFC 6842 §3)", () => {
    for (const clientIdentifier of [
      Uint8Array.of(255, 0, 1, 2, 0),
      Uint8Array.of(1, 0x52, 0x54, 0, 0x12, 0x34, 0x56),
    ]) {
      const offer = server().reply(dhcp("DISCOVER", { clientIdentifier }));
      assert.deepEqual(value(offer, "clientIdentifier"), clientIdentifier);
    }
    assert.equal(value(server().reply(dhcp("DISCOVER")), "clientIdentifier"), undefined);
  });

  it("echoes what the relay agent added, last (D18, RFC 3046 §2.2)", () => {
    const relayAgentInformation = Uint8Array.of(1, 2, 3, 4);
    const relayed = { giaddr: "192.168.7.9" };
    const offer = server().reply(dhcp("DISCOVER", { relayAgentInformation }, relayed), {
      address: "192.168.7.9",
      port: 67,
    });
    assert.equal(offer.to, "192.168.7.9:67");
    assert.equal(codes(offer).at(-1), 82);
    assert.deepEqual(value(offer, "relayAgentInformation"), relayAgentInformation);
  });

  it("gets that back in the options field alone, however much the plan adds: a relay agent looks nowhere else (RFC 3046 §2.1)", () => {
    const relayAgentInformation = Uint8Array.of(1, 2, 3, 4);
    const giaddr = "192.168.7.9";
    for (const length of [100, 200, 240, 250, 300, 330, 420]) {
      const bench1 = server({ boot: [], options: [option("vendorSpecific", new Uint8Array(length))] });
      const request = dhcp("DISCOVER", { relayAgentInformation }, { giaddr });
      const { bytes } = bench1.reply(request, { address: giaddr, port: 67 });
      const field = new Map<number, Uint8Array>();
      decodeOptions(bytes.subarray(240), field);
      assert.deepEqual([...field].at(-1), [82, relayAgentInformation], `beside ${length} bytes`);
    }
  });

  it("gets no more bytes than option 57 says, and 548 always (D13)", () => {
    const clientIdentifier = new Uint8Array(250).fill(7);
    for (const [maximumMessageSize, longest] of [
      [undefined, 548],
      [100, 548],
      [576, 548],
      [1000, 972],
      [65535, 1472],
    ] as const) {
      const size = maximumMessageSize === undefined ? {} : { maximumMessageSize };
      const relayAgentInformation = new Uint8Array(255).fill(9);
      const request = dhcp(
        "DISCOVER",
        { clientIdentifier, relayAgentInformation, ...size },
        { giaddr: "192.168.7.9" },
      );
      const offer = server().reply(request, { address: "192.168.7.9", port: 67 });
      assert.ok(offer.bytes.length <= longest, `${offer.bytes.length} for ${String(maximumMessageSize)}`);
      assert.equal(codes(offer).includes(82), longest > 900, `all of it for ${String(maximumMessageSize)}`);
      assert.equal(type(offer), "OFFER");
    }
  });
});

describe("option 53 (RFC 2132 §9.6)", () => {
  const asked = (...bytes: number[]): readonly ReadReply[] => {
    const request = dhcp("DISCOVER");
    return server().ask({ ...request, options: new Map([[53, Uint8Array.from(bytes)]]) });
  };

  it("of length 0 makes no DHCP message: it is answered as BOOTP (D15)", () => {
    const [reply] = asked();
    assert.equal(reply?.packet.file, boot);
    assert.equal(reply.packet.options?.has(53), false);
  });

  it("of length 2, of value 99, or that a server sends, gets nothing (D15)", () => {
    for (const bytes of [[1, 1], [99], [0], [messageTypes.OFFER], [messageTypes.ACK], [messageTypes.NAK]]) {
      assert.deepEqual(asked(...bytes), [], bytes.join());
    }
  });
});

describe("REQUEST in SELECTING (RFC 2131 §4.3.2)", () => {
  it("with this server's identifier and the offered address gets an ACK (D3)", () => {
    const bench1 = server();
    for (const [fields, address] of [
      [{}, listed.address],
      [other, "192.168.7.100"],
    ] as const) {
      bench1.reply(dhcp("DISCOVER", {}, fields));
      const ack = bench1.reply(dhcp("REQUEST", { ...mine, requestedAddress: address }, fields));
      assert.deepEqual([type(ack), ack.packet.yiaddr, ack.packet.file], ["ACK", address, boot]);
      assert.equal(value(ack, "leaseTime"), 3600);
    }
  });

  it("with another server's identifier gets silence, and the offer is forgotten (D3)", () => {
    const bench1 = server({
      clients: [pooled, { mac: boardMac }],
      pool: [{ first: "192.168.7.100", last: "192.168.7.100" }],
    });
    bench1.reply(dhcp("DISCOVER", {}, other));
    assert.deepEqual(bench1.ask(dhcp("DISCOVER")), []);
    const elsewhere = { serverIdentifier: "10.9.9.99", requestedAddress: "10.9.9.5" };
    assert.deepEqual(bench1.ask(dhcp("REQUEST", elsewhere, other)), []);
    assert.equal(bench1.view.notice?.code, "dhcp.otherServer");
    assert.equal(bench1.reply(dhcp("DISCOVER")).packet.yiaddr, "192.168.7.100");
  });

  it("with another address than the offered one gets a NAK: broadcast, yiaddr 0, only 53, 54, 56, 61 (D6, table 3)", () => {
    const clientIdentifier = encodeText("\x01board");
    const wrong = { ...mine, requestedAddress: "192.168.7.66", clientIdentifier };
    const nak = server().reply(dhcp("REQUEST", wrong, { flags: 0 }));
    assert.deepEqual([type(nak), nak.to], ["NAK", "255.255.255.255:68"]);
    const { yiaddr, siaddr, ciaddr, file } = nak.packet;
    assert.deepEqual([yiaddr, siaddr, ciaddr, file], ["0.0.0.0", "0.0.0.0", "0.0.0.0", ""]);
    assert.deepEqual(codes(nak), [53, 54, 56, 61]);
  });

  it("relayed, gets the NAK by the relay agent with the broadcast flag set (RFC 2131 §4.3.2)", () => {
    const relayed = { giaddr: "192.168.7.9", flags: 0 };
    const wrong = { ...mine, requestedAddress: "192.168.7.66" };
    const nak = server().reply(dhcp("REQUEST", wrong, relayed), { address: "192.168.7.9", port: 67 });
    assert.deepEqual([nak.to, nak.packet.flags], ["192.168.7.9:67", 0x8000]);
  });

  it("with identifier 0.0.0.0, as iPXE sends it after a plain BOOTP reply, gets an ACK (boards.md)", () => {
    const nobody = { serverIdentifier: "0.0.0.0" };
    for (const requestedAddress of [listed.address, "0.0.0.0"]) {
      const ack = server().reply(dhcp("REQUEST", { ...nobody, requestedAddress }));
      assert.deepEqual([type(ack), ack.packet.yiaddr, ack.packet.file], ["ACK", listed.address, boot]);
    }
  });
});

describe("REQUEST in INIT-REBOOT (RFC 2131 §4.3.2)", () => {
  it("for the right address gets an ACK, and for a wrong one a NAK (D4)", () => {
    assert.equal(type(server().reply(dhcp("REQUEST", { requestedAddress: listed.address }))), "ACK");
    assert.equal(type(server().reply(dhcp("REQUEST", { requestedAddress: "192.168.1.5" }))), "NAK");
  });

  it("gets its address of the pool back after a restart of the server", () => {
    const ack = server().reply(dhcp("REQUEST", { requestedAddress: "192.168.7.101" }, other));
    assert.deepEqual([type(ack), ack.packet.yiaddr], ["ACK", "192.168.7.101"]);
  });

  it("gets silence where this server has no address for the client (D4)", () => {
    const bench1 = server({ pool: [] });
    assert.deepEqual(bench1.ask(dhcp("REQUEST", { requestedAddress: "192.168.1.5" }, other)), []);
  });

  it("of an unlisted client gets silence, never a NAK (D4)", () => {
    assert.deepEqual(
      server().ask(dhcp("REQUEST", { requestedAddress: "192.168.1.5" }, { mac: "02:00:00:00:00:07" })),
      [],
    );
  });
});

describe("REQUEST in RENEWING and REBINDING (RFC 2131 §4.3.2)", () => {
  const renewing = { ...other, ciaddr: "192.168.7.100" };

  it("extends the lease: ACK to ciaddr, with ciaddr and yiaddr (D5)", () => {
    const bench1 = server({
      clients: [pooled, { mac: boardMac }],
      pool: [{ first: "192.168.7.100", last: "192.168.7.100" }],
    });
    bench1.reply(dhcp("DISCOVER", {}, other));
    bench1.reply(dhcp("REQUEST", { ...mine, requestedAddress: "192.168.7.100" }, other));
    bench1.now += 3_599_000;
    for (const [from, on] of [
      [{ address: "192.168.7.100", port: 68 }, bench.address],
      [{ address: "192.168.7.100", port: 68 }, undefined],
    ] as const) {
      const ack = bench1.reply(dhcp("REQUEST", {}, renewing), from, on);
      assert.deepEqual([type(ack), ack.to], ["ACK", "192.168.7.100:68"]);
      assert.deepEqual([ack.packet.ciaddr, ack.packet.yiaddr], ["192.168.7.100", "192.168.7.100"]);
      assert.equal(value(ack, "leaseTime"), 3600);
    }
    bench1.now += 3_599_000;
    assert.deepEqual(bench1.ask(dhcp("DISCOVER")), [], "it is still held");
    bench1.now += 1_001;
    assert.equal(bench1.reply(dhcp("DISCOVER")).packet.yiaddr, "192.168.7.100");
  });

  it("of an address that is not its own any more gets a NAK, by broadcast (D6)", () => {
    const nak = server().reply(dhcp("REQUEST", {}, { ciaddr: "192.168.7.77" }), {
      address: "192.168.7.77",
      port: 68,
    });
    assert.deepEqual([type(nak), nak.to], ["NAK", "255.255.255.255:68"]);
  });

  for (const [whose, client, ciaddr] of [
    ["a listed", {}, "10.5.5.20"],
    ["a pool's", other, "10.5.5.50"],
  ] as const) {
    it(`by unicast, past the relay agent, extends ${whose} address of its network (RFC 2131 §4.3.2)`, () => {
      const plan = {
        clients: [{ ...listed, address: "10.5.5.20" }, pooled],
        pool: [{ first: "10.5.5.50", last: "10.5.5.50" }],
      };
      const bench1 = server(plan, { allows: (address) => address.startsWith("192.168.7.") });
      const relayed = { ...client, giaddr: "10.5.5.1" };
      const relay = { address: "10.5.5.1", port: 67 };
      const wanted = { ...mine, requestedAddress: ciaddr };
      const first = bench1.reply(dhcp("REQUEST", wanted, relayed), relay, bench.address);
      const from = { address: ciaddr, port: 68 };
      const again = bench1.reply(dhcp("REQUEST", {}, { ...client, ciaddr }), from, bench.address);
      assert.deepEqual([type(again), again.to, again.packet.yiaddr], ["ACK", `${ciaddr}:68`, ciaddr]);
      assert.deepEqual(again.packet.options, first.packet.options);
      const inform = bench1.reply(dhcp("INFORM", {}, { ...client, ciaddr }), from, bench.address);
      assert.deepEqual([inform.to, value(inform, "broadcastAddress")], [`${ciaddr}:68`, "10.5.5.255"]);
    });
  }
});

describe("RELEASE, DECLINE and INFORM", () => {
  const one = [{ first: "192.168.7.100", last: "192.168.7.100" }];
  const bound = (): Bench => {
    const bench1 = server({ pool: one, clients: [pooled, { mac: boardMac }] });
    bench1.reply(dhcp("DISCOVER", {}, other));
    bench1.reply(dhcp("REQUEST", { ...mine, requestedAddress: "192.168.7.100" }, other));
    return bench1;
  };

  it("RELEASE frees the address without a reply, and it stays the client's until another needs it (D8)", () => {
    const bench1 = bound();
    assert.deepEqual(bench1.ask(dhcp("RELEASE", mine, { ...other, ciaddr: "192.168.7.100" })), []);
    assert.equal(bench1.reply(dhcp("DISCOVER", {}, other)).packet.yiaddr, "192.168.7.100");
    bench1.ask(dhcp("RELEASE", mine, { ...other, ciaddr: "192.168.7.100" }));
    assert.equal(bench1.reply(dhcp("DISCOVER")).packet.yiaddr, "192.168.7.100");
    assert.deepEqual(bench1.ask(dhcp("DISCOVER", {}, other)), []);
  });

  it("RELEASE of another client's address changes nothing (D8)", () => {
    const bench1 = bound();
    bench1.ask(dhcp("RELEASE", mine, { ciaddr: "192.168.7.100" }));
    assert.deepEqual(bench1.ask(dhcp("DISCOVER")), []);
  });

  it("DECLINE keeps the address from everybody for a while, and the row says so (D7, RFC 2131 §4.3.3)", () => {
    const bench1 = bound();
    assert.deepEqual(bench1.ask(dhcp("DECLINE", { ...mine, requestedAddress: "192.168.7.100" }, other)), []);
    assert.equal(bench1.view.notice?.code, "dhcp.declined");
    assert.deepEqual(bench1.ask(dhcp("DISCOVER", {}, other)), []);
    bench1.now += 600_000;
    assert.equal(bench1.reply(dhcp("DISCOVER", {}, other)).packet.yiaddr, "192.168.7.100");
  });

  it("INFORM gets an ACK with the file, yiaddr 0 and no times (D9, RFC 2131 §4.3.5)", () => {
    const from = { address: listed.address, port: 68 };
    const asked = { parameterRequestList: Uint8Array.of(1, 66, 67) };
    const ack = server().reply(dhcp("INFORM", asked, { ciaddr: listed.address }), from);
    assert.deepEqual([type(ack), ack.to, ack.packet.yiaddr], ["ACK", "192.168.7.10:68", "0.0.0.0"]);
    assert.deepEqual([ack.packet.file, value(ack, "bootFileName")], [boot, boot]);
    assert.deepEqual(codes(ack), [53, 54, 1, 66, 67, 28]);
  });
});

describe("the pool (D11)", () => {
  const third = { mac: "02:00:00:00:00:03" };
  const bound = (bench1: Bench, client: { readonly mac: string }): string => {
    const { yiaddr } = bench1.reply(dhcp("DISCOVER", {}, client)).packet;
    return bench1.reply(dhcp("REQUEST", { ...mine, requestedAddress: yiaddr }, client)).packet.yiaddr;
  };
  const clients = [pooled, { mac: boardMac }, third];

  it("that is exhausted gives silence and a row that says so", () => {
    const bench1 = server({ clients });
    assert.notEqual(bound(bench1, other), bound(bench1, { mac: boardMac }));
    assert.deepEqual(bench1.ask(dhcp("DISCOVER", {}, third)), []);
    assert.equal(bench1.view.stage, "refused");
    assert.equal(bench1.view.notice?.code, "client.noAddress");
    assert.match(bench1.view.notice.message, /no free one in a pool of the network of 192\.168\.7\.1/);
  });

  it("has an address again when a lease has run out by the clock, the one that ran out first", () => {
    const bench1 = server({ clients });
    const first = bound(bench1, other);
    bench1.now += 10_000;
    bound(bench1, { mac: boardMac });
    bench1.now += 3_589_999;
    assert.deepEqual(bench1.ask(dhcp("DISCOVER", {}, third)), []);
    bench1.now += 1;
    assert.equal(bound(bench1, third), first);
    assert.deepEqual(bench1.ask(dhcp("DISCOVER", {}, other)), [], "its own is another's now");
  });

  it("has the client's last address before an earlier one that it comes to have again (RFC 2131 §4.3.1)", () => {
    const bench1 = server();
    const earlier = bound(bench1, other);
    const later = [{ first: "192.168.7.200", last: "192.168.7.201" }];
    bench1.situation = situation({ boot, clients: [listed, pooled], pool: later });
    const ciaddr = bound(bench1, other);
    assert.deepEqual([earlier, ciaddr], ["192.168.7.100", "192.168.7.200"]);
    bench1.situation = situation({ boot, clients: [listed, pooled], pool: [...pool, ...later] });
    const renewed = bench1.reply(dhcp("REQUEST", {}, { ...other, ciaddr }), { address: ciaddr, port: 68 });
    assert.deepEqual([type(renewed), renewed.packet.yiaddr], ["ACK", ciaddr]);
    assert.equal(bench1.reply(dhcp("DISCOVER", {}, other)).packet.yiaddr, ciaddr);
  });

  it("keeps a lease that is renewed in time", () => {
    const bench1 = server({ clients });
    const ciaddr = bound(bench1, other);
    bound(bench1, { mac: boardMac });
    bench1.now += 1_800_000;
    bench1.reply(dhcp("REQUEST", {}, { ...other, ciaddr }), { address: ciaddr, port: 68 });
    bench1.now += 1_799_999;
    assert.deepEqual(bench1.ask(dhcp("DISCOVER", {}, third)), []);
  });
});

describe("the lease's key (RFC 2131 §4.2)", () => {
  it("is option 61 if it is there, else htype and chaddr: one MAC with two identifiers has two leases (D17)", () => {
    const bench1 = server({ clients: [pooled], pool: [{ first: "192.168.7.100", last: "192.168.7.102" }] });
    const give = (...identifier: number[]): string => {
      const entries = identifier.length > 0 ? [option("clientIdentifier", Uint8Array.from(identifier))] : [];
      const request = dhcp("DISCOVER", {}, other);
      return bench1.reply({ ...request, options: new Map([...request.options!, ...entries]) }).packet.yiaddr;
    };
    assert.deepEqual(
      [give(), give(1), give(2), give(1), give()],
      [100, 101, 102, 101, 100].map((n) => `192.168.7.${n}`),
    );
  });

  it("is the same for an identifier that is htype and chaddr: U-Boot sends none, its system that one (RFC 4361 §7)", () => {
    const bench1 = server({
      clients: [pooled, { mac: boardMac }],
      pool: [{ first: "192.168.7.100", last: "192.168.7.102" }],
    });
    const give = (fields: Parameters<typeof dhcp>[2], clientIdentifier?: Uint8Array): string =>
      bench1.reply(dhcp("DISCOVER", clientIdentifier && { clientIdentifier }, fields)).packet.yiaddr;
    const address = parseMac(otherMac)!;
    const ofType = (htype: number): Uint8Array => Uint8Array.of(htype, ...address);
    assert.equal(give(other), "192.168.7.100");
    assert.equal(give(other, ofType(1)), "192.168.7.100");
    assert.equal(give({ ...other, htype: 6 }, ofType(6)), "192.168.7.101");
    assert.equal(give({ ...other, htype: 6 }), "192.168.7.101");
    // Another board's MAC is none of its own.
    assert.equal(give({ mac: boardMac }, ofType(1)), "192.168.7.102");
  });

  it("does not matter for a client with an address of its own: that goes by the MAC", () => {
    const bench1 = server();
    for (const id of [1, 2]) {
      const offer = bench1.reply(dhcp("DISCOVER", { clientIdentifier: Uint8Array.of(id, 9) }));
      assert.equal(offer.packet.yiaddr, listed.address);
    }
    assert.equal(bench1.view.id, boardMac);
  });
});
