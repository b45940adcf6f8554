import assert from "node:assert/strict";
import { portMemory, TransferPorts } from "../../src/engine/tftpServer/ports";
import type { UdpSocket } from "../../src/engine/udp";
import { VirtualClock } from "../support/virtualClock";

/** Ports of transfers where the system hands out what the test says. */
class Handed {
  private next = 0;
  private readonly ports: TransferPorts;

  constructor(
    readonly clock = new VirtualClock(),
    memory = portMemory(),
  ) {
    this.ports = new TransferPorts(clock, memory, ({ address, port }) =>
      Promise.resolve({
        local: { address, port: port === 0 ? this.next : port },
        send: () => undefined,
        close: () => Promise.resolve(),
      }),
    );
  }

  open(next: number): Promise<UdpSocket> {
    this.next = next;
    return this.ports.open({ address: "127.0.0.1", onPacket: () => undefined });
  }

  /** The port of a transfer that ends at once. */
  async use(next: number): Promise<number> {
    const socket = await this.open(next);
    await socket.close();
    return socket.local.port;
  }
}

describe("the ports of TFTP's transfers", () => {
  it("are not used again for a minute after their transfer has ended, however long it ran (S15)", async () => {
    const handed = new Handed();
    const long = await handed.open(40_000);
    handed.clock.advance(120_000);
    await long.close();
    assert.notEqual(await handed.use(40_000), 40_000);
    handed.clock.advance(59_999);
    assert.notEqual(await handed.use(40_000), 40_000);
    handed.clock.advance(1);
    assert.equal(await handed.use(40_000), 40_000);
  });

  it("rest that long however many transfers there are, until half of the ports do", async () => {
    const handed = new Handed();
    // Each far from the one before, none twice, and none where the server chooses by itself.
    const ports = Array.from({ length: 9_000 }, (_, index) => 20_000 + ((index * 7_919) % 16_384));
    for (const port of ports) assert.equal(await handed.use(port), port);
    assert.notEqual(await handed.use(ports[1_000]!), ports[1_000]);
    assert.equal(await handed.use(ports[0]!), ports[0]);
  });

  it("rest for all threads that share a memory, whatever their clocks count from", async () => {
    const memory = portMemory();
    const handed = new Handed(new VirtualClock(), memory);
    const later = new VirtualClock();
    later.advance(600_000);
    later.wallOffset -= 600_000;
    const other = new Handed(later, structuredClone(memory));
    await handed.use(40_000);
    assert.notEqual(await other.use(40_001), 40_001, "the next one is easy to guess");
    assert.notEqual(await other.use(40_000), 40_000);
    later.advance(60_000);
    assert.equal(await other.use(40_000), 40_000);
    assert.notEqual(await handed.use(40_000), 40_000);
  });

  it("rest no longer where the wall clock is set back", async () => {
    const handed = new Handed();
    await handed.use(40_000);
    await handed.use(50_000);
    handed.clock.wallOffset -= 86_400_000;
    assert.equal(await handed.use(40_000), 40_000);
  });
});
