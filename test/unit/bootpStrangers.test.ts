import assert from "node:assert/strict";
import { encodePacket } from "../../src/protocol/bootp/packet";
import {
  aRequest,
  bench,
  Bench,
  boardMac,
  broadcaster,
  dhcp,
  lab,
  otherMac,
  situation,
} from "../support/bootp";
import { megabytes, memoryNow } from "../support/memory";

const pool = [{ first: "192.168.7.100", last: "192.168.7.199" }];
const rival = { code: "dhcp.rival", message: "the DHCP server 192.168.7.254 answers here" };
const everyone = (
  plan: Parameters<typeof situation>[0] = {},
  rest: Parameters<typeof situation>[1] = {},
): Bench => new Bench(situation({ boot: "u-boot.bin", pool, ...plan }, { answer: "everyone", ...rest }));
const mine = { serverIdentifier: bench.address };

describe("everyone: a DHCP client that nobody listed (DESIGN §2.1)", () => {
  it("gets an address of the pool and the file, and keeps them", () => {
    const bench1 = everyone();
    const { yiaddr, file } = bench1.reply(dhcp("DISCOVER")).packet;
    assert.deepEqual([yiaddr, file], ["192.168.7.100", "u-boot.bin"]);
    const ack = bench1.reply(dhcp("REQUEST", { ...mine, requestedAddress: yiaddr }));
    assert.deepEqual([ack.packet.yiaddr, bench1.view.stage], [yiaddr, "answered"]);
    assert.equal(bench1.reply(dhcp("DISCOVER", {}, { mac: otherMac })).packet.yiaddr, "192.168.7.101");
  });

  it("gets nothing where another server answers, or may; its row says why, and listed clients are answered", () => {
    const bench1 = everyone(
      { clients: [{ mac: otherMac, address: "192.168.7.10" }] },
      { obstacle: () => rival },
    );
    assert.deepEqual(bench1.ask(dhcp("DISCOVER")), []);
    assert.deepEqual([bench1.view.stage, bench1.view.notice], ["seen", rival]);
    assert.equal(bench1.reply(dhcp("DISCOVER", {}, { mac: otherMac })).packet.yiaddr, "192.168.7.10");
    assert.equal(bench1.machine.leases.kept().length, 0);
  });

  it("is answered on the networks where nobody else does it alone", () => {
    const both = everyone(
      { pool: [...pool, { first: "10.78.0.100", last: "10.78.0.199" }] },
      { networks: [bench, lab], obstacle: (address) => (address === bench.address ? rival : undefined) },
    );
    assert.deepEqual(
      both.ask(dhcp("DISCOVER")).map(({ via, packet }) => [via, packet.yiaddr]),
      [[lab.address, "10.78.0.100"]],
    );
  });

  it("never gets a NAK: not for another address, not for another network's (D4)", () => {
    const bench1 = everyone();
    bench1.reply(dhcp("DISCOVER"));
    for (const requestedAddress of ["192.168.7.250", "10.0.0.7"]) {
      assert.deepEqual(bench1.ask(dhcp("REQUEST", { requestedAddress })), []);
      assert.deepEqual(bench1.ask(dhcp("REQUEST", { ...mine, requestedAddress })), []);
      const from = { address: requestedAddress, port: 68 };
      assert.deepEqual(bench1.ask(dhcp("REQUEST", {}, { ciaddr: requestedAddress }), from), []);
    }
  });

  it("is answered behind a relay agent, by the agent", () => {
    const relayed = everyone().reply(dhcp("DISCOVER", {}, { giaddr: "192.168.7.9" }), {
      address: "192.168.7.9",
      port: 67,
    });
    assert.deepEqual([relayed.to, relayed.packet.yiaddr], ["192.168.7.9:67", "192.168.7.100"]);
  });

  it("finds no address where the pool is empty, and the row says so", () => {
    const bench1 = everyone({ pool: [] });
    assert.deepEqual(bench1.ask(dhcp("DISCOVER")), []);
    assert.equal(bench1.view.notice?.code, "client.noAddress");
  });

  for (const [count, size, last, told] of [
    [10_000, "a hundred addresses", "192.168.7.199", {}],
    [10_000, "60,000 addresses", "192.168.241.199", {}],
    [
      5_000,
      "a class as long as a frame holds",
      "192.168.7.199",
      { vendorClassIdentifier: "A".repeat(1_200) },
    ],
    [
      5_000,
      "600 user classes",
      "192.168.7.199",
      { userClass: Uint8Array.from({ length: 1_200 }, (_, at) => (at + 1) % 2) },
    ],
  ] as const) {
    it(`${count} MACs cost less than 10 MB and no listed client its answer, with ${size} (X27, S7)`, function () {
      this.timeout(60_000);
      const wide = { ...bench, address: "192.168.0.1", netmask: "255.255.0.0" };
      const listed = { mac: boardMac };
      const bench1 = everyone(
        { pool: [{ first: "192.168.7.100", last }], clients: [listed] },
        { networks: [wide], sightings: 4096 },
      );
      const template = encodePacket(dhcp("DISCOVER", told));
      const before = memoryNow().heap;
      for (let number = 0; number < count; number += 1) {
        const packet = template.slice();
        packet.set([0x02, 0, 0, 0, number >> 8, number & 0xff], 28);
        bench1.machine.receive({ packet, from: broadcaster, on: undefined }, bench1.situation, bench1.now);
      }
      const grown = memoryNow().heap - before;
      // After it, so that the machine is still there when its memory is measured.
      assert.match(bench1.reply(dhcp("DISCOVER")).packet.yiaddr, /^192\.168\./);
      this.test!.title += ` [${megabytes(grown)}]`;
      assert.ok(grown < 10 * 2 ** 20, megabytes(grown));
    });
  }
});

describe("a transfer from an address of which no client is known", () => {
  it("costs one look at the plan's aliases, not one for each stranger that waits", () => {
    let looks = 0;
    const aliases = new Proxy<Record<string, string>>(
      { "a.img": "b.bin" },
      {
        ownKeys: (target) => {
          looks += 1;
          return Reflect.ownKeys(target);
        },
      },
    );
    const bench1 = new Bench(situation({ boot: "u-boot.bin", aliases }));
    for (let index = 10; index < 100; index += 1) bench1.ask(aRequest({ mac: `02:00:00:00:00:${index}` }));
    const departure = { protocol: "tftp", address: "192.168.7.99", file: "b.bin", stage: "started" } as const;
    assert.deepEqual(bench1.machine.departed(departure, bench1.situation, bench1.now), []);
    assert.equal(looks, 1);
  });
});
