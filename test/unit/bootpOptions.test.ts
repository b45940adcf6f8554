import assert from "node:assert/strict";
import { getOption, option, type OptionEntry, type OptionName } from "../../src/protocol/bootp/options";
import {
  aRequest,
  bench,
  Bench,
  boardMac,
  dhcp,
  otherMac,
  situation,
  type ReadReply,
} from "../support/bootp";

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
const other = { mac: otherMac };
const mine = { serverIdentifier: bench.address };

describe("the plan's options", () => {
  const text = (
    name: "hostName" | "domainName" | "tftpServerName" | "bootFileName",
    value: string,
  ): OptionEntry => option(name, value);
  const router = option("router", ["192.168.7.254"]);

  it("are sent to everybody, asked for or not, and a client's own count more", () => {
    const bench1 = server({
      options: [router, text("domainName", "lab"), text("hostName", "any")],
      clients: [{ ...listed, options: [text("hostName", "bench-1")] }, pooled],
    });
    const offer = bench1.reply(dhcp("DISCOVER"));
    assert.deepEqual(
      [value(offer, "router"), value(offer, "domainName"), value(offer, "hostName")],
      [["192.168.7.254"], "lab", "bench-1"],
    );
    assert.equal(value(bench1.reply(dhcp("DISCOVER", {}, other)), "hostName"), "any");
    const bootp = bench1.reply(aRequest());
    assert.deepEqual([value(bootp, "router"), value(bootp, "hostName")], [["192.168.7.254"], "bench-1"]);
  });

  it("are none unless the plan names them: no router, no name server, no route (security §4.2)", () => {
    const parameterRequestList = Uint8Array.of(1, 3, 6, 15, 33, 119, 121, 249, 252);
    assert.deepEqual(
      codes(server().reply(dhcp("DISCOVER", { parameterRequestList }))),
      [53, 54, 51, 1, 28, 58, 59],
    );
  });

  it("come in the order that was asked for, the others behind them (RFC 2132 §9.8)", () => {
    const bench1 = server({ options: [router, text("hostName", "a")] });
    const parameterRequestList = Uint8Array.of(12, 1, 3);
    const offer = bench1.reply(dhcp("DISCOVER", { parameterRequestList }));
    assert.deepEqual(codes(offer), [53, 54, 51, 12, 1, 3, 28, 58, 59]);
  });

  it("come with the mask before the router, whatever the order asked for (RFC 2132 §3.3)", () => {
    const bench1 = server({ options: [router, text("hostName", "a")] });
    for (const [asked, expected] of [
      [
        [12, 3, 28, 1],
        [53, 54, 51, 12, 1, 3, 28, 58, 59],
      ],
      [
        [3, 12],
        [53, 54, 51, 1, 3, 12, 28, 58, 59],
      ],
    ] as const) {
      const parameterRequestList = Uint8Array.from(asked);
      assert.deepEqual(codes(bench1.reply(dhcp("DISCOVER", { parameterRequestList }))), expected);
    }
  });

  it("stand in for what the server would say: mask, broadcast address, PXE's class", () => {
    const bench1 = server({
      options: [
        option("subnetMask", "255.255.255.128"),
        option("vendorClassIdentifier", "mine"),
        option("vendorSpecific", Uint8Array.of(1, 2)),
      ],
    });
    const offer = bench1.reply(dhcp("DISCOVER", { vendorClassIdentifier: "PXEClient" }));
    assert.deepEqual(
      [value(offer, "subnetMask"), value(offer, "vendorClassIdentifier"), value(offer, "vendorSpecific")],
      ["255.255.255.128", "mine", Uint8Array.of(1, 2)],
    );
  });

  it("66 and 67 fill the header as well, and the boot file stays the header's", () => {
    const named = [text("tftpServerName", "tftp.lab"), text("bootFileName", "other.bin")];
    const offer = server({ options: named }).reply(dhcp("DISCOVER"));
    assert.deepEqual([offer.packet.sname, offer.packet.file], ["tftp.lab", boot]);
    assert.deepEqual(
      [value(offer, "tftpServerName"), value(offer, "bootFileName")],
      ["tftp.lab", "other.bin"],
    );
    const without = new Bench(situation({ clients: [listed], options: named })).reply(dhcp("DISCOVER"));
    assert.equal(without.packet.file, "other.bin");
  });

  it("66 and 67 that are longer than sname and file go as options alone", () => {
    const named = [text("tftpServerName", "s".repeat(64)), text("bootFileName", "f".repeat(128))];
    const bench1 = new Bench(situation({ clients: [listed], options: named }));
    const offer = bench1.reply(dhcp("DISCOVER", { maximumMessageSize: 1500 }));
    assert.deepEqual([offer.packet.sname, offer.packet.file], ["", ""]);
    assert.deepEqual(
      [value(offer, "tftpServerName"), value(offer, "bootFileName")],
      ["s".repeat(64), "f".repeat(128)],
    );
  });

  it("are no part of a NAK (D6, table 3)", () => {
    const nak = server({ options: [router, text("tftpServerName", "x")] }).reply(
      dhcp("REQUEST", { ...mine, requestedAddress: "192.168.7.99" }),
    );
    assert.deepEqual([codes(nak), nak.packet.sname], [[53, 54, 56], ""]);
  });

  it("that find no room are left out whole, and the row says which", () => {
    const bench1 = server({ options: [option("vendorSpecific", new Uint8Array(100)), router] });
    const bootp = bench1.reply(aRequest());
    assert.deepEqual(
      [value(bootp, "router"), value(bootp, "vendorSpecific")],
      [["192.168.7.254"], undefined],
    );
    assert.deepEqual(bench1.view.notice?.code, "options.noRoom");
    assert.match(bench1.view.notice.message, /no room in its answer for option 43 of the plan/);
    bench1.reply(dhcp("DISCOVER"));
    assert.equal(bench1.view.notice, undefined);
  });

  it("are not missed by a board that sends no cookie: it reads none (RFC 1497)", () => {
    const bench1 = server({ options: [router] });
    bench1.reply(aRequest({ options: undefined }));
    assert.equal(bench1.view.notice, undefined);
  });
});

describe("an option of more than 255 bytes (D14, RFC 3396)", () => {
  const long = Uint8Array.from({ length: 300 }, (_, index) => index % 251);

  it("is read whole from its parts, and comes back in parts that are whole again", () => {
    const offer = server().reply(
      dhcp("DISCOVER", { clientIdentifier: long, maximumMessageSize: 1500 }, { ...other }),
    );
    assert.deepEqual(value(offer, "clientIdentifier"), long);
    // On the wire: 255 bytes, then the other 45 under the same code.
    const [first, second] = [Uint8Array.of(61, 255), Uint8Array.of(61, 45)].map((head) =>
      Buffer.from(offer.bytes).indexOf(head),
    );
    assert.equal(second! - first!, 257);
  });

  it("is one lease's key, all of it", () => {
    const bench1 = server({ clients: [pooled], pool: [{ first: "192.168.7.100", last: "192.168.7.102" }] });
    const give = (clientIdentifier: Uint8Array): string =>
      bench1.reply(dhcp("DISCOVER", { clientIdentifier }, other)).packet.yiaddr;
    const ending = Uint8Array.from(long).fill(9, 299);
    assert.deepEqual(
      [give(long), give(ending), give(long)].map((address) => address.slice(-3)),
      ["100", "101", "100"],
    );
  });
});

describe("a PXE ROM (D19, RFC 4578, PXE 2.1 §2.2)", () => {
  const vendorClassIdentifier = "PXEClient:Arch:00007:UNDI:003016";
  const guid = Uint8Array.from({ length: 17 }, (_, index) => index);

  it("is told PXEClient and to load the file of this answer, and gets its GUID back", () => {
    const offer = server().reply(
      dhcp("DISCOVER", { vendorClassIdentifier, clientMachineIdentifier: guid, clientArchitecture: [7] }),
    );
    assert.equal(value(offer, "vendorClassIdentifier"), "PXEClient");
    assert.deepEqual(value(offer, "vendorSpecific"), Uint8Array.of(6, 1, 8, 255));
    assert.deepEqual(value(offer, "clientMachineIdentifier"), guid);
    assert.equal(offer.packet.file, boot);
  });

  it("with a GUID of another length does not get it back, and is answered all the same", () => {
    const offer = server().reply(
      dhcp("DISCOVER", { vendorClassIdentifier, clientMachineIdentifier: guid.slice(1) }),
    );
    assert.equal(value(offer, "clientMachineIdentifier"), undefined);
    assert.equal(offer.packet.file, boot);
  });

  it("is told nothing of PXE where no file is named: it would wait for one", () => {
    const offer = new Bench(situation({ clients: [listed] })).reply(
      dhcp("DISCOVER", { vendorClassIdentifier }),
    );
    assert.deepEqual(
      [value(offer, "vendorClassIdentifier"), value(offer, "vendorSpecific")],
      [undefined, undefined],
    );
  });

  it("is no other client: U-Boot's class does not come back, nor anything of PXE", () => {
    const offer = server().reply(dhcp("DISCOVER", { vendorClassIdentifier: "U-Boot.armv8" }));
    assert.deepEqual(codes(offer), [53, 54, 51, 1, 28, 58, 59]);
  });

  it("has a list of architectures, and none where its length is odd or zero", () => {
    const read = (...bytes: number[]): ReturnType<typeof getOption<"clientArchitecture">> =>
      getOption(new Map([[93, Uint8Array.from(bytes)]]), "clientArchitecture");
    assert.deepEqual(
      [read(0, 7, 0, 9), read(0), read(), read(0, 0, 1)],
      [[7, 9], undefined, undefined, undefined],
    );
  });
});
