import assert from "node:assert/strict";
import { concat } from "../../src/protocol/bytes";
import { option, type OptionName, type OptionValue } from "../../src/protocol/bootp/options";
import { encodePacket } from "../../src/protocol/bootp/packet";
import {
  aRequest,
  bench,
  Bench,
  boardMac,
  dhcp,
  lab,
  options,
  otherMac,
  situation,
  type ReadReply,
} from "../support/bootp";
import { seededRandom } from "../support/random";

type Values = { readonly [Name in OptionName]?: OptionValue<Name> };

const identifier = Uint8Array.of(0, ...Array.from({ length: 16 }, (_, index) => index));
/** What a PC's UEFI firmware asks with. */
const pxe: Values = {
  vendorClassIdentifier: "PXEClient:Arch:00007:UNDI:003016",
  clientArchitecture: [7],
  clientMachineIdentifier: identifier,
};
const match = [
  { userClass: "iPXE", boot: "menu.ipxe" },
  { architecture: [0], boot: "undionly.kpxe" },
  { architecture: [7, 9], boot: "ipxe.efi" },
];
const uBoot = { vendorClassIdentifier: "U-Boot.armv8" };

/** Another server has given it this address. */
const address = "192.168.7.77";
const booted = { address, port: 4011 };
const theirs = { serverIdentifier: "192.168.7.254", requestedAddress: address };

const proxy = (
  plan: Parameters<typeof situation>[0] = {},
  rest: Parameters<typeof situation>[1] = {},
): Bench => new Bench(situation({ boot: "u-boot.bin", match, ...plan }, { proxy: true, ...rest }));

/** What a reply says of addresses and times, and all of its options' codes. */
const given = ({ packet }: ReadReply): unknown => ({
  yiaddr: packet.yiaddr,
  ciaddr: packet.ciaddr,
  codes: [...packet.options!.keys()].sort((a, b) => a - b),
});
const bytes = ({ packet }: ReadReply, code: number): readonly number[] => [...packet.options!.get(code)!];

describe("proxy: a PXE client beside the network's own DHCP server (D20, PXE 2.1 §2.2)", () => {
  it("is offered its boot file and its server, no address, no lease, no mask, and looks for nothing else (43.6)", () => {
    const offer = proxy().reply(dhcp("DISCOVER", pxe));
    assert.deepEqual(given(offer), {
      yiaddr: "0.0.0.0",
      ciaddr: "0.0.0.0",
      codes: [43, 53, 54, 60, 97],
    });
    assert.deepEqual([offer.packet.siaddr, offer.packet.file], [bench.address, "ipxe.efi"]);
    assert.deepEqual(bytes(offer, 53), [2]);
    assert.equal(String.fromCharCode(...bytes(offer, 60)), "PXEClient");
    // Table 2-1: PXE_DISCOVERY_CONTROL, bit 3: the file of this offer is the one to load.
    assert.deepEqual(bytes(offer, 43), [6, 1, 8, 255]);
    assert.deepEqual(bytes(offer, 97), [...identifier]);
    assert.deepEqual([offer.via, offer.to], [bench.address, "255.255.255.255:68"]);
  });

  it("gets option 66 and 67 too where it asks for them, and 61 and 82 back (RFC 6842, RFC 3046)", () => {
    const request = dhcp("DISCOVER", {
      ...pxe,
      parameterRequestList: Uint8Array.of(1, 3, 66, 67),
      clientIdentifier: Uint8Array.of(1, 2, 3),
      relayAgentInformation: Uint8Array.of(1, 1, 7),
    });
    const { packet, to } = proxy().reply(
      { ...request, giaddr: "192.168.7.9" },
      { address: "192.168.7.9", port: 67 },
    );
    assert.deepEqual([...packet.options!.keys()], [53, 54, 61, 66, 67, 60, 43, 97, 82]);
    assert.equal(to, "192.168.7.9:67");
  });

  it("gets the file of its architecture, iPXE its script, and its row says why", () => {
    const table: readonly (readonly [Values, string, string | undefined])[] = [
      [{ clientArchitecture: [0] }, "undionly.kpxe", "its architecture is bios"],
      [{ clientArchitecture: [9] }, "ipxe.efi", "its architecture is uefi-x64"],
      [{ userClass: new TextEncoder().encode("iPXE") }, "menu.ipxe", "its user class is iPXE"],
      [{ clientArchitecture: [11] }, "u-boot.bin", undefined],
    ];
    for (const [values, file, why] of table) {
      const one = proxy();
      assert.equal(one.reply(dhcp("DISCOVER", { ...pxe, ...values })).packet.file, file);
      assert.deepEqual([one.view.stage, one.view.why, one.view.file], ["answered", why, file]);
    }
  });

  it("never gets an address, though the plan lists it with one and has a pool", () => {
    const one = proxy({
      clients: [{ name: "bench-1", mac: boardMac, address: "192.168.7.10", boot: "bench1.efi" }],
      pool: [{ first: "192.168.7.100", last: "192.168.7.150" }],
    });
    const { packet } = one.reply(dhcp("DISCOVER", pxe));
    assert.deepEqual([packet.yiaddr, packet.file], ["0.0.0.0", "bench1.efi"]);
    assert.equal(one.view.why, "it is bench-1");
    for (const request of [
      dhcp("REQUEST", { ...pxe, requestedAddress: "192.168.7.10" }),
      dhcp("REQUEST", { ...pxe, requestedAddress: "192.168.7.10", serverIdentifier: bench.address }),
      dhcp("REQUEST", pxe, { ciaddr: "192.168.7.10" }),
      dhcp("INFORM", pxe, { ciaddr: "192.168.7.10" }),
      dhcp("RELEASE", pxe, { ciaddr: "192.168.7.10" }),
      dhcp("DECLINE", { ...pxe, requestedAddress: "192.168.7.10" }),
    ]) {
      assert.deepEqual(one.ask(request), []);
    }
    assert.deepEqual(one.machine.leases.kept(), []);
  });

  it("is told what the plan's options say of booting, and nothing of the network", () => {
    const planned = [
      option("router", ["192.168.7.1"]),
      option("dns", ["192.168.7.1"]),
      option("rootPath", "/nfs"),
      option("pxelinuxPathPrefix", "pxe/"),
      option("vendorClassIdentifier", "mine"),
      [43, Uint8Array.of(6, 1, 3, 255)] as const,
      [175, Uint8Array.of(1)] as const,
    ];
    const one = proxy({ options: planned });
    const offer = one.reply(dhcp("DISCOVER", { ...pxe, parameterRequestList: Uint8Array.of(3, 6, 17) }));
    assert.deepEqual(
      [...offer.packet.options!.keys()].sort((a, b) => a - b),
      [17, 43, 53, 54, 60, 97, 175, 210],
    );
    assert.deepEqual(bytes(offer, 43), [6, 1, 3, 255]);
    assert.equal(one.view.notice, undefined, "what is left out on purpose is no lack of room");
  });

  it("is offered the file on each served network, from that network's own address", () => {
    const offers = proxy({}, { networks: [bench, lab] }).ask(dhcp("DISCOVER", pxe));
    assert.deepEqual(
      offers.map(({ via, packet }) => [via, packet.siaddr]),
      [
        [bench.address, bench.address],
        [lab.address, lab.address],
      ],
    );
  });

  it("that is a Raspberry Pi is told its menu and its server, and needs no file (DESIGN §2.4, profile)", () => {
    const one = proxy({ match: [{ mac: "52:54:00:*:*:*", profile: "raspberry-pi" }] });
    const offer = one.reply(
      dhcp("DISCOVER", { ...pxe, vendorClassIdentifier: "PXEClient:Arch:00000:UNDI:002001" }),
    );
    const { siaddr, file, yiaddr } = offer.packet;
    assert.deepEqual([siaddr, file, yiaddr], [bench.address, "", "0.0.0.0"]);
    assert.deepEqual([...offer.packet.options!.keys()], [53, 54, 97, 60, 43, 66]);
    assert.ok(String.fromCharCode(...bytes(offer, 43)).includes("Raspberry Pi Boot"));
    assert.deepEqual([one.view.stage, one.view.notice], ["answered", undefined]);
  });

  it("is refused, and its row says why, while no network is served", () => {
    const one = proxy({}, { networks: [] });
    assert.deepEqual(one.ask(dhcp("DISCOVER", pxe)), []);
    assert.deepEqual([one.view.stage, one.view.notice?.code], ["refused", "network.none"]);
  });

  it("has the plan's server as siaddr", () => {
    assert.equal(proxy({ server: "192.168.7.2" }).reply(dhcp("DISCOVER", pxe)).packet.siaddr, "192.168.7.2");
  });

  it("gets no packet where the plan has no file for it, and its row says so: a ROM would wait for one", () => {
    const one = new Bench(situation({}, { proxy: true }));
    assert.deepEqual(one.ask(dhcp("DISCOVER", pxe)), []);
    assert.deepEqual([one.view.stage, one.view.notice?.code], ["seen", "boot.none"]);
    assert.deepEqual(one.askBootServer(dhcp("REQUEST", pxe, { ciaddr: address }), booted), []);
    assert.equal(one.view.notice?.code, "boot.none");
  });

  it("fetches a sequence one file after the other, by the address that the other server gave it, then is left alone", () => {
    const one = proxy({ boot: ["a.efi", "b.rc"], match: [] });
    for (const file of ["a.efi", "b.rc"]) {
      assert.equal(one.reply(dhcp("DISCOVER", pxe)).packet.file, file);
      assert.equal(one.reply(dhcp("DISCOVER", pxe)).packet.file, file, "a lost packet skips none");
      // Who else waits for the same file does not matter: its REQUEST to the other server told its address.
      one.reply(dhcp("DISCOVER", pxe, { mac: otherMac }));
      assert.deepEqual(one.ask(dhcp("REQUEST", { ...pxe, ...theirs })), []);
      assert.equal(one.view.address, address);
      assert.equal(one.fetches(address, file)[0]?.id, boardMac);
    }
    assert.deepEqual(one.ask(dhcp("DISCOVER", pxe)), []);
    assert.equal(one.view.stage, "silent");
    one.now += 10_000;
    assert.equal(one.reply(dhcp("DISCOVER", pxe)).packet.file, "a.efi");
  });
});

describe("proxy: port 4011 (D21, PXE 2.1 §2.2)", () => {
  const request = dhcp("REQUEST", pxe, { ciaddr: address, xid: 77 });

  it("a REQUEST there is acknowledged with the file, to the address and port that it came from", () => {
    for (const port of [4011, 68, 49152]) {
      const ack = proxy().askBootServer(request, { address, port });
      assert.deepEqual(
        ack.map(({ to, via, packet }) => [to, via, packet.file, packet.siaddr, packet.xid]),
        [[`${address}:${port}`, bench.address, "ipxe.efi", bench.address, 77]],
      );
      assert.deepEqual(given(ack[0]!), {
        yiaddr: "0.0.0.0",
        ciaddr: address,
        codes: [43, 53, 54, 60, 97],
      });
      assert.deepEqual(bytes(ack[0]!, 53), [5]);
    }
  });

  it("the reply goes there although the request has no ciaddr, or names a relay agent", () => {
    for (const fields of [{ ciaddr: "0.0.0.0" }, { giaddr: "192.168.7.9" }]) {
      const [ack] = proxy().askBootServer({ ...request, ...fields }, { address, port: 68 });
      assert.equal(ack?.to, `${address}:68`);
    }
  });

  it("it is no round of a sequence: the file of the offer comes again, with TFTP on another host as well", () => {
    for (const server of [undefined, "192.168.7.2"]) {
      const one = proxy({ boot: ["a.efi", "b.rc"], match: [], ...(server && { server }) });
      assert.equal(one.reply(dhcp("DISCOVER", pxe)).packet.file, "a.efi");
      one.now += 8_000;
      assert.equal(one.askBootServer(request, booted)[0]?.packet.file, "a.efi");
    }
  });

  it("it counts as the first question of who asks there alone, and its transfers are known by its address", () => {
    const one = proxy({ boot: ["a.efi", "b.rc"], match: [] });
    assert.equal(one.askBootServer(request, booted)[0]?.packet.file, "a.efi");
    one.fetches(address, "a.efi");
    assert.equal(one.askBootServer({ ...request, xid: 78 }, booted)[0]?.packet.file, "b.rc");
  });

  it("nothing else is answered there: no DISCOVER, no other client, nobody without an address", () => {
    const one = proxy();
    for (const other of [
      dhcp("DISCOVER", pxe, { ciaddr: address }),
      dhcp("INFORM", pxe, { ciaddr: address }),
      dhcp("REQUEST", uBoot, { ciaddr: address }),
      aRequest({ ciaddr: address }),
    ]) {
      assert.deepEqual(one.askBootServer(other, booted), []);
    }
    assert.deepEqual(one.askBootServer(request, { address: "0.0.0.0", port: 68 }), []);
    assert.equal(one.last?.dropped, "asks a boot server without an address");
  });

  it("a network that may not ask is refused there too", () => {
    const one = proxy({}, { allows: () => false });
    assert.deepEqual(one.askBootServer(request, booted), []);
    assert.equal(one.view.notice?.code, "access.network");
  });
});

describe("proxy: who is no PXE client gets not one packet (D20)", () => {
  const asking = (one: Bench, ...requests: Parameters<Bench["ask"]>[0][]): Bench => {
    for (const request of requests) assert.deepEqual(one.ask(request), []);
    return one;
  };
  const everything = [
    dhcp("DISCOVER", uBoot),
    dhcp("DISCOVER"),
    dhcp("DISCOVER", { vendorClassIdentifier: "HTTPClient:Arch:00016" }),
    dhcp("DISCOVER", { vendorClassIdentifier: "pxeclient" }),
    dhcp("REQUEST", { ...uBoot, ...theirs }),
    dhcp("REQUEST", uBoot, { ciaddr: address }),
    dhcp("INFORM", uBoot, { ciaddr: address }),
    dhcp("DECLINE", { ...uBoot, ...theirs }),
    dhcp("RELEASE", uBoot, { ciaddr: address }),
    aRequest(),
    aRequest({ options: undefined }),
    aRequest({ options: options({ vendorClassIdentifier: "PXEClient" }) }),
    aRequest({ ciaddr: address }),
  ];

  it("listed or not, by DHCP and by plain BOOTP: its row says what to ask the other server's owner for", () => {
    for (const clients of [[], [{ name: "bench-1", mac: boardMac, address: "192.168.7.10" }]]) {
      for (const request of everything) {
        const { view } = asking(proxy({ clients }), request);
        assert.deepEqual([view.stage, view.notice?.code], ["seen", "proxy.notPxe"]);
        assert.equal(
          view.notice?.remedy,
          "Ask its owner for: next-server 192.168.7.1, filename u-boot.bin",
          view.notice?.message,
        );
        assert.deepEqual(view.nextServer, { servers: ["192.168.7.1"], file: "u-boot.bin" });
      }
    }
  });

  it("of two networks it is told the one on which the other server is, as soon as that is known", () => {
    const one = asking(proxy({}, { networks: [bench, lab] }), dhcp("DISCOVER", uBoot));
    const servers = (): unknown => one.view.nextServer?.servers;
    assert.deepEqual(servers(), [bench.address, lab.address]);
    assert.match(one.view.notice?.remedy ?? "", /next-server 192\.168\.7\.1 or 10\.78\.0\.1, filename/);
    const taken = { serverIdentifier: "10.78.0.254", requestedAddress: "10.78.0.50" };
    asking(one, dhcp("REQUEST", { ...uBoot, ...taken }));
    assert.deepEqual([servers(), one.view.address], [[lab.address], "10.78.0.50"]);
  });

  it("that loads its file all the same, since that server names it, is loading and has booted; no packet for it", () => {
    const one = asking(proxy(), dhcp("DISCOVER", uBoot), dhcp("REQUEST", { ...uBoot, ...theirs }));
    const stages = (...which: Parameters<Bench["transfer"]>[2][]): string[] =>
      one
        .transfer(address, "u-boot.bin", ...which)
        .map(({ stage, notice }) => `${stage} ${notice?.code ?? ""}`);
    assert.deepEqual(stages("started", "sent", "fetched"), ["loading ", "loading ", "loading "]);
    assert.deepEqual(stages("ended"), ["booted "]);
    asking(one, dhcp("DISCOVER", uBoot));
    assert.equal(one.view.stage, "seen");
  });

  it("is told the plan's server, the file of its own rule, and of a sequence the first", () => {
    const clients = [{ mac: boardMac, boot: ["one.bin", "two.rc"] }];
    const { view } = asking(proxy({ clients, server: "192.168.7.2" }), dhcp("DISCOVER", uBoot));
    assert.deepEqual(view.nextServer, { servers: ["192.168.7.2"], file: "one.bin" });
  });

  it("without a boot file in the plan it is told to name one first", () => {
    const { view } = asking(new Bench(situation({}, { proxy: true })), dhcp("DISCOVER", uBoot));
    assert.deepEqual(
      [view.nextServer, view.notice?.remedy],
      [undefined, "Name its boot file in the plan first."],
    );
  });

  it("a plan that answers listed clients alone leaves all others out, PXE or not (DESIGN §2.1)", () => {
    const clients = [{ name: "pc-1", mac: boardMac }];
    const one = proxy({ clients }, { answer: "listed" });
    assert.equal(one.reply(dhcp("DISCOVER", pxe)).packet.file, "ipxe.efi");
    for (const values of [pxe, uBoot]) {
      asking(one, dhcp("DISCOVER", values, { mac: otherMac }));
      assert.deepEqual([one.view.notice?.code, one.view.nextServer], ["client.unlisted", undefined]);
    }
  });

  it("a verification by plain BOOTP is told the file that a PXE client gets, and no address", () => {
    const one = proxy({ clients: [{ mac: boardMac, address: "192.168.7.10" }] });
    const clientIdentifier = new TextEncoder().encode("boot-servers-verify-1");
    const question = aRequest({ options: options({ clientIdentifier }) });
    const { packet } = one.reply(question);
    assert.deepEqual([packet.yiaddr, packet.file], ["0.0.0.0", "u-boot.bin"]);
    assert.deepEqual([...packet.options!.keys()], []);
    // As that board would be: it is no PXE client.
    assert.deepEqual(one.ask(dhcp("DISCOVER", { clientIdentifier })), []);
  });

  it("whatever comes, on either port: no reply has an address, and all are a PXE client's (3 × 4,000 packets)", () => {
    const one = proxy({
      clients: [{ mac: boardMac, address: "192.168.7.10" }],
      pool: [{ first: "192.168.7.100", last: "192.168.7.150" }],
    });
    const random = seededRandom(20);
    const below = (end: number): number => Math.floor(random() * end);
    let replies = 0;
    for (const good of [
      dhcp("DISCOVER", pxe),
      dhcp("REQUEST", { ...pxe, ...theirs }, { ciaddr: address }),
      aRequest({ ciaddr: address }),
    ].map((request) => encodePacket(request))) {
      for (let count = 0; count < 4_000; count += 1) {
        const packet = concat(good);
        for (let change = 0; change < 3; change += 1) packet[below(packet.length)] = below(256);
        const all = [...one.ask(packet), ...one.askBootServer(packet, booted)];
        for (const { packet: reply } of all) {
          replies += 1;
          assert.equal(reply.yiaddr, "0.0.0.0");
          assert.deepEqual(
            [51, 50, 1, 3, 6].filter((code) => reply.options?.has(code)),
            [],
          );
          assert.ok(reply.options?.has(60));
        }
      }
    }
    assert.ok(replies > 4_000, `${replies} replies`);
  });
});
