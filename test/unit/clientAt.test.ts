import assert from "node:assert/strict";
import { clientAt } from "../../src/engine/clientAt";
import type { Situation } from "../../src/engine/server";
import { Leases } from "../../src/protocol/bootp/leases";
import { aRequest, Bench, boardMac, dhcp, options, otherMac, situation } from "../support/bootp";

const plan = situation({
  clients: [
    { name: "bench-1", mac: boardMac, address: "192.168.7.10" },
    { name: "bench-2", mac: otherMac },
  ],
  match: [{ vendorClass: "AM335x ROM", boot: "MLO" }],
  pool: [{ first: "192.168.7.100", last: "192.168.7.150" }],
});

/** Who TFTP finds at the address: the client's name, and the file of its rule. */
function found(bench: Bench | undefined, address: string): unknown {
  const { client, rule } = clientAt(
    {
      boards: bench === undefined ? {} : { machine: bench.machine },
      situation: () => ({ plan: plan.plan }) as Situation,
    },
    address,
  );
  return [client?.name, rule?.boot];
}

describe("the client at an address", () => {
  it("is the listed one, where BOOTP is not served or has not heard it", () => {
    assert.deepEqual(found(undefined, "192.168.7.10"), ["bench-1", undefined]);
    assert.deepEqual(found(new Bench(plan), "192.168.7.10"), ["bench-1", undefined]);
    assert.deepEqual(found(new Bench(plan), "192.168.7.11"), [undefined, undefined]);
  });

  it("is the one that BOOTP gave it to last, with what it said of itself", () => {
    const bench = new Bench(plan);
    const { packet } = bench.reply(
      aRequest({ mac: otherMac, options: options({ vendorClassIdentifier: "AM335x ROM" }) }),
    );
    assert.deepEqual(found(bench, packet.yiaddr), ["bench-2", "MLO"]);
    bench.ask(aRequest({ mac: otherMac, xid: 2 }));
    assert.deepEqual(found(bench, packet.yiaddr), ["bench-2", undefined]);
  });

  it("is the one that asked last, of several that said they had it", () => {
    const bench = new Bench(plan);
    for (const [mac, name] of [
      [boardMac, "bench-1"],
      [otherMac, "bench-2"],
      [boardMac, "bench-1"],
    ] as const) {
      bench.now += 10;
      bench.ask(aRequest({ mac, ciaddr: "192.168.7.77" }));
      assert.deepEqual(found(bench, "192.168.7.77"), [name, undefined]);
    }
  });

  it("is known by its lease after a restart, whether its key is the MAC or an identifier with the MAC in it", () => {
    for (const clientIdentifier of [undefined, Uint8Array.of(1, 0x52, 0x54, 0, 0x12, 0x34, 0x57)]) {
      const before = new Bench(plan);
      const { packet } = before.reply(
        dhcp(
          "REQUEST",
          { ...(clientIdentifier && { clientIdentifier }), requestedAddress: "192.168.7.101" },
          {
            mac: otherMac,
          },
        ),
      );
      const after = new Bench(plan, new Leases(before.machine.leases.kept()));
      assert.deepEqual(found(after, packet.yiaddr), ["bench-2", undefined]);
    }
  });
});
