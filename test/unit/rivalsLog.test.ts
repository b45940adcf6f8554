import assert from "node:assert/strict";
import { Rivals } from "../../src/engine/bootpServer/rivals";
import type { UdpOptions } from "../../src/engine/udp";
import { encodePacket } from "../../src/protocol/bootp/packet";
import { aRequest, bench, lab, options } from "../support/bootp";
import { VirtualClock } from "../support/virtualClock";

/** Rivals on a virtual clock, with what the log says. */
class Listening {
  readonly clock = new VirtualClock();
  readonly lines: string[] = [];
  /** Sockets that are open. */
  open = 0;
  private hear: UdpOptions["onPacket"] = () => undefined;
  readonly rivals = new Rivals({
    clock: this.clock,
    sockets: { port: 67, send: () => undefined, warnings: [] },
    onChange: () => undefined,
    log: (level, message) => this.lines.push(`${level}: ${message}`),
    openSocket: (socket) => {
      this.hear = socket.onPacket;
      this.open += 1;
      const close = (): Promise<void> => {
        this.open -= 1;
        return Promise.resolve();
      };
      const local = { address: socket.address, port: socket.port };
      return Promise.resolve({ local, send: () => undefined, close });
    },
  });

  /** What is said after this server told somebody an address, and in the seconds after that. */
  offered(server: string, seconds = 0): string[] {
    const offer = { ...aRequest(), op: 2, options: options({ messageType: 2, serverIdentifier: server }) };
    this.hear(encodePacket(offer), { address: server, port: 67 });
    return this.after(seconds);
  }

  after(seconds: number): string[] {
    this.clock.advance(seconds * 1000);
    return this.lines.splice(0);
  }
}

const left = "so boards that the plan does not list are left to it";
const one = (server: string): string =>
  `warning: the DHCP server ${server} answers on the network of 192.168.7.1, ${left}`;
const two = `warning: the DHCP servers 192.168.7.254, 192.168.7.253 answer on the network of 192.168.7.1, ${left}`;
const clear = (address: string): string =>
  `info: no other DHCP server answers on the network of ${address}: boards that the plan does not list are answered`;

describe("what the log says of other DHCP servers under everyone", () => {
  it("one line that there is none, one for each that is heard, however often, and one when all are gone", async () => {
    const bench1 = new Listening();
    await bench1.rivals.follow([bench, lab]);
    assert.deepEqual(bench1.after(3.9), []);
    assert.deepEqual(bench1.after(0.1), [clear(bench.address), clear(lab.address)]);
    assert.deepEqual(bench1.offered("192.168.7.254"), [one("192.168.7.254")]);
    for (let minute = 0; minute < 9; minute += 1)
      assert.deepEqual(bench1.offered("192.168.7.254", 60), [], `minute ${minute}`);
    assert.deepEqual(bench1.offered("192.168.7.253", 60), [two]);
    assert.deepEqual(bench1.offered("192.168.7.254", 60), [], "by turns is no news");
    assert.deepEqual(bench1.offered("192.168.7.253", 599), [one("192.168.7.253")]);
    assert.deepEqual(bench1.after(1), [clear(bench.address)], "at once, and nothing of the other network");
    await bench1.rivals.close();
    assert.equal(bench1.clock.next(), undefined, "no timer is left");
  });
});

describe("what listens for other DHCP servers", () => {
  it("is one socket as long as strangers are answered, and none without", async () => {
    const bench1 = new Listening();
    await bench1.rivals.follow([]);
    assert.equal(bench1.open, 0);
    await bench1.rivals.follow([bench]);
    await bench1.rivals.follow([bench, lab]);
    assert.equal(bench1.open, 1);
    await bench1.rivals.follow([]);
    assert.equal(bench1.open, 0);
    assert.equal(bench1.clock.next(), undefined, "no timer is left");
    await bench1.rivals.follow([bench]);
    assert.equal(bench1.open, 1);
    assert.deepEqual(bench1.after(4), [clear(bench.address)]);
    await bench1.rivals.close();
    assert.equal(bench1.open, 0);
  });

  it("is what was wanted last, however fast that changes", async () => {
    const bench1 = new Listening();
    const { rivals } = bench1;
    await Promise.all([[bench], [], [bench], []].map((networks) => rivals.follow(networks)));
    assert.equal(bench1.open, 0);
    await Promise.all([[bench], [], [lab]].map((networks) => rivals.follow(networks)));
    assert.equal(bench1.open, 1);
    assert.deepEqual(bench1.after(4), [clear(lab.address)]);
    void rivals.follow([]);
    void rivals.follow([bench]);
    await rivals.close();
    assert.equal(bench1.open, 0);
  });
});
