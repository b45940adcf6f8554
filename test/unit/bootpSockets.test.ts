import assert from "node:assert/strict";
import { openBootpSockets, type BootpSockets } from "../../src/engine/bootpServer/sockets";
import { bindError } from "../../src/engine/portHolder";
import type { Endpoint, UdpOptions, UdpSocket } from "../../src/engine/udp";

/** A computer whose binds are written down, and some of which fail. */
class Computer {
  readonly bound = new Set<string>();
  readonly binds: string[] = [];
  readonly sent: string[] = [];
  private readonly sockets: UdpOptions[] = [];

  constructor(
    private readonly platform: NodeJS.Platform,
    private readonly failing: (options: UdpOptions) => string | undefined = () => undefined,
  ) {}

  open(addresses: readonly string[], port = 67): Promise<BootpSockets> {
    return openBootpSockets({
      addresses,
      port,
      platform: this.platform,
      onPacket: (_packet, _from, on) => this.sent.push(`heard on ${on ?? "the wildcard"}`),
      onError: () => undefined,
      openSocket: (options) => this.bind(options),
    });
  }

  /** A datagram comes to the socket of this address. */
  hear(address: string): string | undefined {
    this.sockets
      .find((options) => options.address === address)
      ?.onPacket(new Uint8Array(), { address: "", port: 1 });
    return this.sent.at(-1);
  }

  private bind(options: UdpOptions): Promise<UdpSocket> {
    const port = options.port === 0 ? 40067 : options.port;
    const where = `${options.address}:${port}`;
    const code = this.failing(options);
    this.binds.push(
      `${where}${options.reuseAddr === true ? " shared" : ""}${code === undefined ? "" : ` ${code}`}`,
    );
    if (code !== undefined)
      return Promise.reject(bindError("udp", options, Object.assign(new Error(code), { code })));
    assert.equal(options.broadcast, true, "else a broadcast is EACCES");
    this.bound.add(where);
    this.sockets.push(options);
    return Promise.resolve({
      local: { address: options.address, port },
      send: (_packet: Uint8Array, to: Endpoint) => this.sent.push(`${where} -> ${to.address}:${to.port}`),
      close: () => {
        this.bound.delete(where);
        return Promise.resolve();
      },
    });
  }
}

const two = ["10.77.0.1", "10.78.0.1"];
const broadcast = { address: "255.255.255.255", port: 68 };

describe("the BOOTP server's sockets (DESIGN §2.1, facts/boards.md)", () => {
  it("are one receiver on the wildcard and one sender for each served address, all shared; a plain bind comes first", async () => {
    const computer = new Computer("linux");
    const sockets = await computer.open(two);
    assert.deepEqual(computer.binds, [
      "0.0.0.0:67",
      "0.0.0.0:67 shared",
      "10.77.0.1:67 shared",
      "10.78.0.1:67 shared",
    ]);
    assert.deepEqual([sockets.warnings, sockets.wildcardOnly, sockets.addresses], [[], false, two]);
    sockets.send(new Uint8Array(), "10.78.0.1", broadcast);
    assert.deepEqual(computer.sent, ["10.78.0.1:67 -> 255.255.255.255:68"]);
    assert.equal(computer.hear("0.0.0.0"), "heard on the wildcard");
    assert.equal(computer.hear("10.77.0.1"), "heard on 10.77.0.1");
    await sockets.close();
    assert.deepEqual([...computer.bound], []);
  });

  it("have all the port that was free, when any will do", async () => {
    const computer = new Computer("linux");
    assert.equal((await computer.open(two, 0)).port, 40067);
    assert.deepEqual(computer.binds.slice(1), [
      "0.0.0.0:40067 shared",
      "10.77.0.1:40067 shared",
      "10.78.0.1:40067 shared",
    ]);
  });

  it("never bind the wildcard for loopback alone", async () => {
    const computer = new Computer("linux");
    await computer.open(["127.0.0.1"]);
    assert.deepEqual(computer.binds, ["127.0.0.1:67"]);
  });

  it("run beside another holder on Linux with a warning, and nowhere else (X12)", async () => {
    const held = ({ reuseAddr }: UdpOptions): string | undefined =>
      reuseAddr === true ? undefined : "EADDRINUSE";
    for (const addresses of [two, ["127.0.0.1"]]) {
      const linux = new Computer("linux", held);
      const sockets = await linux.open(addresses);
      assert.deepEqual(
        sockets.warnings.map(({ code }) => code),
        ["port.shared"],
      );
      for (const platform of ["darwin", "win32"] as const) {
        const computer = new Computer(platform, held);
        await assert.rejects(computer.open(addresses), { code: "port.inUse" });
        assert.deepEqual([...computer.bound], []);
      }
    }
  });

  it("are never shared on Windows", async () => {
    const computer = new Computer("win32");
    await computer.open(two);
    assert.deepEqual(computer.binds, ["0.0.0.0:67", "10.77.0.1:67", "10.78.0.1:67"]);
  });

  it("are the wildcard's alone on macOS without rights, and the warning says what that means", async () => {
    const refuse = ({ address }: UdpOptions): string | undefined =>
      address === "0.0.0.0" ? undefined : "EACCES";
    const computer = new Computer("darwin", refuse);
    const sockets = await computer.open(two);
    assert.deepEqual([sockets.wildcardOnly, sockets.warnings[0]?.code], [true, "bootp.wildcardOnly"]);
    assert.deepEqual(sockets.addresses, two);
    sockets.send(new Uint8Array(), "10.78.0.1", { address: "10.78.0.255", port: 68 });
    assert.deepEqual(computer.sent, ["0.0.0.0:67 -> 10.78.0.255:68"]);
    const linux = new Computer("linux", refuse);
    await assert.rejects(linux.open(two), { code: "port.permission" });
    assert.deepEqual([...linux.bound], []);
  });

  it("of addresses that come and go are opened and closed, and the others stay", async () => {
    const computer = new Computer("linux");
    const sockets = await computer.open(two);
    computer.binds.length = 0;
    await sockets.listenOn(["10.78.0.1", "10.79.0.1"]);
    assert.deepEqual(computer.binds, ["10.79.0.1:67 shared"]);
    assert.deepEqual([...computer.bound], ["0.0.0.0:67", "10.78.0.1:67", "10.79.0.1:67"]);
    assert.deepEqual(sockets.addresses, ["10.78.0.1", "10.79.0.1"]);
    await sockets.listenOn(["127.0.0.1"]);
    assert.deepEqual(
      [...computer.bound],
      ["127.0.0.1:67"],
      "nothing outside this computer is heard any more",
    );
    computer.binds.length = 0;
    await sockets.listenOn(["127.0.0.1", "10.78.0.1"]);
    assert.deepEqual(computer.binds, [
      "0.0.0.0:67",
      "0.0.0.0:67 shared",
      "127.0.0.1:67 shared",
      "10.78.0.1:67 shared",
    ]);
    await sockets.close();
    assert.deepEqual([...computer.bound], []);
  });

  it("warn of another holder of the port while they are open, and no longer", async () => {
    const computer = new Computer("linux", ({ address, reuseAddr }) =>
      address === "127.0.0.2" && reuseAddr !== true ? "EADDRINUSE" : undefined,
    );
    const sockets = await computer.open(["127.0.0.1", "127.0.0.2"]);
    assert.deepEqual(
      sockets.warnings.map(({ code }) => code),
      ["port.shared"],
    );
    await sockets.listenOn(["127.0.0.1"]);
    assert.deepEqual(sockets.warnings, []);
  });

  it("leave nothing open when one of them fails", async () => {
    const computer = new Computer("linux", ({ address }) =>
      address === two[1] ? "EADDRNOTAVAIL" : undefined,
    );
    await assert.rejects(computer.open(two), { code: "address.missing" });
    assert.deepEqual([...computer.bound], []);
  });
});
