import assert from "node:assert/strict";
import { rivalChecks } from "../../src/engine/doctor/rivalChecks";
import { searchRivals, type Rival, type RivalSearch } from "../../src/engine/rivalSearch";
import { bindError } from "../../src/engine/portHolder";
import type { UdpOptions } from "../../src/engine/udp";
import { nextTurn } from "../../src/engine/clock";
import { decodePacket, encodePacket, type BootpPacket } from "../../src/protocol/bootp/packet";
import { aRequest, bench, lab, options } from "../support/bootp";
import { VirtualClock } from "../support/virtualClock";

const loopback = { address: "127.0.0.1", netmask: "255.0.0.0", interfaceName: "lo" };

/** A search on a virtual clock, with what it sends. */
class Searching {
  readonly clock = new VirtualClock();
  readonly begin = this.clock.now();
  readonly sent: { readonly at: number; readonly via: string; readonly packet: BootpPacket }[] = [];
  readonly bound = new Set<string>();
  private readonly sockets: UdpOptions[] = [];
  private ended: RivalSearch | undefined;

  /** @param refused ports that may not be bound. */
  async start(networks = [bench], refused: readonly number[] = []): Promise<this> {
    const { clock } = this;
    void searchRivals(networks, {
      clock,
      openSocket: (socket) => {
        const { address, port } = socket;
        if (refused.includes(port))
          return Promise.reject(bindError("udp", socket, Object.assign(new Error(), { code: "EACCES" })));
        const where = `${address}:${port}`;
        this.bound.add(where);
        this.sockets.push(socket);
        return Promise.resolve({
          local: { address, port },
          send: (bytes, to) => {
            assert.deepEqual(to, { address: "255.255.255.255", port: 67 });
            this.sent.push({ at: clock.now() - this.begin, via: where, packet: decodePacket(bytes) });
          },
          close: () => {
            this.bound.delete(where);
            return Promise.resolve();
          },
        });
      },
    }).then((search) => (this.ended = search));
    return this.after(0);
  }

  /** What it came to; undefined: it goes on. */
  end(): RivalSearch | undefined {
    return this.ended;
  }

  /** Moves the clock, and lets the search go on. */
  async after(ms: number): Promise<this> {
    await nextTurn();
    this.clock.advance(ms);
    await nextTurn();
    return this;
  }

  /** An OFFER to the question that went out of this network. */
  async offered(via: string, server: string, from = server, netmask?: string): Promise<this> {
    const { xid } = this.sent.find((one) => one.via.startsWith(`${via}:`))!.packet;
    const told = { messageType: 2, serverIdentifier: server, ...(netmask && { subnetMask: netmask }) };
    const packet = { ...aRequest(), op: 2, xid, yiaddr: "10.9.0.200", options: options(told) };
    this.sockets[0]!.onPacket(encodePacket(packet), { address: from, port: 67 });
    return this.after(0);
  }
}

describe("the search for other DHCP servers", () => {
  it("asks each network twice from port 68, two seconds apart, ends after four, and closes its ports", async () => {
    const search = await new Searching().start([loopback, bench, lab]);
    assert.deepEqual([...search.bound], ["0.0.0.0:68", "192.168.7.1:68", "10.78.0.1:68"]);
    await search.after(2000);
    assert.deepEqual(
      search.sent.map(({ at, via }) => `${at} ${via}`),
      ["0 192.168.7.1:68", "0 10.78.0.1:68", "2000 192.168.7.1:68", "2000 10.78.0.1:68"],
    );
    assert.equal(search.end(), undefined);
    await search.after(2000);
    assert.deepEqual(search.end(), { kind: "looked", rivals: [] });
    assert.deepEqual([...search.bound], []);
  });

  it("asks nobody on loopback", async () => {
    const search = await new Searching().start([loopback]);
    assert.deepEqual([search.end(), search.sent], [{ kind: "looked", rivals: [] }, []]);
  });

  it("tells who answered with what, and ends half a second after all networks have an answer", async () => {
    const search = await new Searching().start();
    await search.offered("192.168.7.1", "10.9.0.1", "192.168.7.9", "255.255.255.0");
    await search.offered("192.168.7.1", "192.168.7.254");
    await search.after(499);
    assert.equal(search.end(), undefined);
    await search.after(1);
    assert.deepEqual(search.end(), {
      kind: "looked",
      rivals: [
        {
          on: "192.168.7.1",
          server: "10.9.0.1",
          from: "192.168.7.9",
          offered: "10.9.0.200",
          netmask: "255.255.255.0",
        },
        { on: "192.168.7.1", server: "192.168.7.254", from: "192.168.7.254", offered: "10.9.0.200" },
      ],
    });
    assert.equal(search.clock.next(), undefined, "no timer is left");
  });

  it("is not moved by answers to others, nor by nonsense", async () => {
    const search = await new Searching().start([bench, lab]);
    await search.offered("10.78.0.1", "10.78.0.9");
    await search.after(2000);
    await search.after(1999);
    assert.equal(search.end(), undefined, "the other network has given none");
    await search.after(1);
    const ended = search.end();
    assert.deepEqual(ended?.kind === "looked" && ended.rivals.map(({ on }) => on), ["10.78.0.1"]);
  });

  it("asks as a relay agent where port 68 cannot be had, and is blind without port 67 as well", async () => {
    const relay = await new Searching().start([bench], [68]);
    assert.deepEqual(
      relay.sent.map(({ via, packet }) => [via, packet.giaddr, packet.hops]),
      [["192.168.7.1:67", "192.168.7.1", 1]],
    );
    const blind = await new Searching().start([bench], [67, 68]);
    const ended = blind.end();
    assert.match(ended?.kind === "blind" ? ended.why : "", /port 68 .*port 67 /);
    assert.deepEqual([...blind.bound], []);
  });
});

describe("what other DHCP servers mean", () => {
  const rival: Rival = {
    on: bench.address,
    server: "192.168.7.9",
    from: "192.168.7.9",
    offered: "10.9.0.200",
  };
  const of = (
    rivals: readonly Rival[],
    answer: "boards" | "everyone" = "boards",
    proxy = false,
  ): (string | undefined)[] =>
    rivalChecks({ kind: "looked", rivals }, [loopback, bench, lab], { answer, proxy }).map(
      ({ state, message }) => `${state}: ${message}`,
    );

  it("nothing on loopback; none is in order, but with proxy nobody gives addresses", () => {
    const looked = { kind: "looked", rivals: [] } as const;
    assert.deepEqual(rivalChecks(looked, [loopback], { answer: "everyone", proxy: false }), []);
    const none = "none answered on the network of 192.168.7.1, 10.78.0.1 within 4 seconds";
    assert.deepEqual(of([]), [`ok: ${none}`]);
    assert.deepEqual(of([], "everyone"), [`ok: ${none}: every board is answered`]);
    assert.deepEqual(of([], "boards", true), [
      `warning: ${none}, and proxy gives no addresses: nobody would`,
    ]);
  });

  it("one check for each server, with what it offers and what it calls itself where that is another name", () => {
    const other = { ...rival, server: "10.9.0.1", netmask: "255.255.0.0" };
    assert.deepEqual(of([rival, other, { ...rival, on: lab.address }], "boards", true), [
      "ok: 192.168.7.9 answers on the network of 192.168.7.1, 10.78.0.1, and offers 10.9.0.200; proxy goes beside it",
      "ok: 192.168.7.9 (option 54: 10.9.0.1) answers on the network of 192.168.7.1, and offers addresses of 10.9.0.0/16; proxy goes beside it",
    ]);
    assert.match(of([rival], "everyone")[0] ?? "", /^warning: .*in conflict with everyone/);
    assert.match(of([rival])[0] ?? "", /^warning: .*names no file of yours/);
  });
});
