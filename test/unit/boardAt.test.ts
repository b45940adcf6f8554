import assert from "node:assert/strict";
import { boardAt } from "../../src/engine/boardAt";
import type { Situation } from "../../src/engine/server";
import { encodeText } from "../../src/protocol/bytes";
import { verificationPrefix } from "../../src/protocol/bootp/clients";
import { Leases } from "../../src/protocol/bootp/leases";
import { VirtualClock } from "../support/virtualClock";
import { aRequest, Bench, boardMac, dhcp, options, otherMac, situation } from "../support/bootp";

const plan = situation({
  boot: "any.bin",
  clients: [
    { name: "bench-1", mac: boardMac, address: "192.168.7.10", boot: "one.bin" },
    { name: "bench-2", mac: otherMac },
  ],
  match: [
    { vendorClass: "AM335x ROM", boot: "MLO" },
    { mac: otherMac, boot: "two.bin" },
  ],
  pool: [{ first: "192.168.7.100", last: "192.168.7.150" }],
});

/** The boot file of the terms that TFTP finds for the address. */
function found(bench: Bench | undefined, address: string): string | undefined {
  const context = {
    boards: bench === undefined ? {} : { machine: bench.machine },
    situation: () => ({ plan: plan.plan }) as Situation,
    clock: new VirtualClock(),
  };
  return boardAt(context, address).boot.files[0];
}

describe("the board at an address", () => {
  it("is the one that is listed with it, where BOOTP is not served or has not heard it; else anybody", () => {
    for (const bench of [undefined, new Bench(plan)]) {
      assert.equal(found(bench, "192.168.7.10"), "one.bin");
      assert.equal(found(bench, "192.168.7.11"), "any.bin");
      assert.equal(found(bench, "::1"), "any.bin");
    }
  });

  it("is the one that BOOTP gave it to last, with what it said of itself", () => {
    const bench = new Bench(plan);
    const { packet } = bench.reply(
      aRequest({ mac: otherMac, options: options({ vendorClassIdentifier: "AM335x ROM" }) }),
    );
    assert.equal(found(bench, packet.yiaddr), "MLO");
    bench.ask(aRequest({ mac: otherMac, xid: 2 }));
    assert.equal(found(bench, packet.yiaddr), "two.bin");
  });

  it("is the one that asked last, of several that said they had it", () => {
    const bench = new Bench(plan);
    for (const [mac, file] of [
      [boardMac, "one.bin"],
      [otherMac, "two.bin"],
      [boardMac, "one.bin"],
    ] as const) {
      bench.now += 10;
      bench.ask(aRequest({ mac, ciaddr: "192.168.7.77" }));
      assert.equal(found(bench, "192.168.7.77"), file);
    }
  });

  it("is the one that a verification plays, for a minute after its last packet: then it is as if it never was", () => {
    const bench = new Bench(plan);
    const clientIdentifier = encodeText(`${verificationPrefix}1`);
    bench.ask(aRequest({ mac: otherMac, ciaddr: "192.168.7.1", options: options({ clientIdentifier }) }));
    const macAt = (ms: number): string | undefined =>
      bench.machine.clientAt("192.168.7.1", bench.now + ms)?.traits.mac;
    assert.deepEqual([0, 59_999, 60_000].map(macAt), [otherMac, otherMac, undefined]);
    bench.now += 50_000;
    bench.fetches("192.168.7.1", "two.bin");
    assert.equal(macAt(50_000), otherMac);
    bench.now += 60_000;
    assert.deepEqual(
      bench.fetches("192.168.7.1", "two.bin"),
      [],
      "nor is it called back by who loads there next",
    );
    assert.equal(macAt(0), undefined);
  });

  it("is known by its lease after a restart, whether its key is the MAC or an identifier with the MAC in it", () => {
    for (const clientIdentifier of [undefined, Uint8Array.of(1, 0x52, 0x54, 0, 0x12, 0x34, 0x57)]) {
      const before = new Bench(plan);
      const { packet } = before.reply(
        dhcp(
          "REQUEST",
          { ...(clientIdentifier && { clientIdentifier }), requestedAddress: "192.168.7.101" },
          { mac: otherMac },
        ),
      );
      const after = new Bench(plan, new Leases(before.machine.leases.kept()));
      assert.equal(found(after, packet.yiaddr), "two.bin");
    }
  });
});
