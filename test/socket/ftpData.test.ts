import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import {
  activeListener,
  ftpHouse,
  large,
  nothingLeft,
  openData,
  openThings,
  until,
  type FtpHouse,
  type FtpOptions,
  type Wire,
} from "../support/ftpWire";
import { VirtualClock } from "../support/virtualClock";

const files = { "fw.bin": "firmware", "large.bin": large };

/** The port of an EPSV or PASV reply. */
const portOf = (text: string): number => {
  const extended = /\|\|\|(\d+)\|/.exec(text)?.[1];
  if (extended !== undefined) return Number(extended);
  const [high = 0, low = 0] = (/\((?:\d+,){4}(\d+),(\d+)\)/.exec(text) ?? []).slice(1).map(Number);
  return high * 256 + low;
};

describe("FTP data connections", () => {
  let house: FtpHouse | undefined;
  const open: Server[] = [];
  const login = async (options: FtpOptions = {}): Promise<Wire> => {
    house = await ftpHouse({ files, ...options });
    return house.login();
  };
  /** A listener of another program. */
  const occupy = async (port = 0): Promise<number> => {
    const server = createServer();
    open.push(server);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
  afterEach(async () => {
    for (const server of open.splice(0)) server.close();
    await house?.close();
    house = undefined;
  });

  it("by PASV come to the address that the control connection uses (P8)", async () => {
    const wire = await login();
    const { text } = await wire.expect("PASV", 227);
    assert.match(text, /^Entering Passive Mode \(127,0,0,1,\d+,\d+\)\.$/);
    const data = await openData(portOf(text));
    const bytes = data.all();
    await wire.expect("RETR fw.bin", 150);
    assert.equal((await bytes).toString(), "firmware");
    assert.equal((await wire.reply()).code, 226);
  });

  it("may come before the command or after it", async () => {
    const wire = await login();
    const port = portOf((await wire.expect("EPSV", 229)).text);
    const reply = wire.command("RETR fw.bin");
    const data = await openData(port);
    assert.equal((await reply).code, 150);
    assert.equal((await data.all()).toString(), "firmware");
    assert.equal((await wire.reply()).code, 226);
  });

  it("by PORT and EPRT go to the client's own port (P7, DESIGN §2.1)", async () => {
    const wire = await login();
    for (const verb of ["PORT", "EPRT"]) {
      const listener = await activeListener();
      const { port } = listener;
      const line =
        verb === "PORT" ? `PORT 127,0,0,1,${port >> 8},${port & 255}` : `EPRT |1|127.0.0.1|${port}|`;
      await wire.expect(line, 200);
      wire.send("RETR fw.bin\r\n");
      const data = await listener.next;
      assert.equal((await wire.reply()).code, 150);
      assert.equal((await data.all()).toString(), "firmware");
      assert.equal((await wire.reply()).code, 226);
      listener.close();
    }
    assert.equal(house!.rows()[0]?.options["mode"], "active");
  });

  it("are never made to another host or a port below 1024 (F23, S20, P7, RFC 2577 §3)", async () => {
    const wire = await login();
    let reached = 0;
    const other = createServer(() => (reached += 1));
    open.push(other);
    other.listen(0, "127.0.0.2");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    await wire.expect(`PORT 127,0,0,2,${port >> 8},${port & 255}`, 504);
    await wire.expect(`EPRT |1|127.0.0.2|${port}|`, 504);
    await wire.expect("PORT 127,0,0,1,0,25", 504);
    await wire.expect("EPRT |1|127.0.0.1|1023|", 504);
    await wire.expect("EPRT |2|::1|5000|", 522);
    assert.equal((await wire.command("RETR fw.bin")).code, 425);
    assert.equal(reached, 0);
  });

  it("are never made to this server itself: its control port, a passive listener (F23, RFC 2577 §3)", async () => {
    const wire = await login();
    const other = await house!.login();
    const passive = portOf((await other.expect("EPSV", 229)).text);
    for (const port of [house!.server.port, passive]) {
      await wire.expect(`PORT 127,0,0,1,${port >> 8},${port & 255}`, 504);
      await wire.expect(`EPRT |1|127.0.0.1|${port}|`, 504);
      assert.equal((await wire.command("RETR fw.bin")).code, 425);
    }
    // A port that it has left is the client's again.
    await other.expect("ABOR", 226);
    await until(() => !openThings()["TCPServerWrap"] || openThings()["TCPServerWrap"] === 1);
    await wire.expect(`EPRT |1|127.0.0.1|${passive}|`, 200);
  });

  it("that nobody takes at the client's port are 425, and the session goes on (F18)", async () => {
    const wire = await login();
    const listener = await activeListener();
    listener.close();
    await wire.expect(`EPRT |1|127.0.0.1|${listener.port}|`, 200);
    assert.equal((await wire.command("RETR fw.bin")).code, 425);
    assert.equal((await wire.fetch("RETR fw.bin")).reply.code, 226);
  });

  it("whose active peer takes the connection and leaves get no 226 (F18, P17)", async () => {
    const wire = await login();
    for (const leave of ["end", "destroy", "resetAndDestroy"] as const) {
      const listener = await activeListener();
      await wire.expect(`EPRT |1|127.0.0.1|${listener.port}|`, 200);
      wire.send("RETR large.bin\r\n");
      const data = await listener.next;
      data.socket.pause();
      if (leave === "end") data.socket.write("garbage");
      data.socket[leave]();
      const codes = [await wire.reply()];
      if (codes[0]?.code === 150) codes.push(await wire.reply());
      // A reset may come before the connection counts as made.
      assert.ok([425, 426].includes(codes.at(-1)!.code), `${leave}: ${codes.at(-1)!.code}`);
      data.socket.destroy();
      listener.close();
    }
    assert.equal(
      house!.departures.some(({ stage }) => stage === "fetched"),
      false,
    );
  });

  it("that were never asked for are 425 (P8)", async () => {
    const wire = await login();
    assert.equal((await wire.command("RETR fw.bin")).code, 425);
    assert.equal((await wire.command("LIST")).code, 425);
    assert.equal((await wire.fetch("RETR fw.bin")).reply.code, 226);
    assert.equal((await wire.command("RETR fw.bin")).code, 425, "one connection serves one transfer");
  });

  it("of 500 PASV on one session leave one listener, and none after it (F19, P8)", async () => {
    const wire = await login();
    const before = openThings();
    for (let round = 0; round < 500; round++)
      await wire.expect(round % 2 === 0 ? "PASV" : "EPSV", round % 2 === 0 ? 227 : 229);
    await until(() => (openThings()["TCPServerWrap"] ?? 0) <= (before["TCPServerWrap"] ?? 0) + 1);
    wire.destroy();
    await until(() => (openThings()["TCPServerWrap"] ?? 0) <= (before["TCPServerWrap"] ?? 0));
  });

  it("that were opened and not used are closed with the next PASV, and with the session (F19)", async () => {
    const wire = await login();
    const before = openThings();
    const idle = [];
    for (let round = 0; round < 50; round++) idle.push(await wire.passive());
    for (const data of idle.slice(0, -1)) await data.all();
    wire.socket.destroy();
    await idle.at(-1)!.all();
    await wire.closed;
    before["TCPSocketWrap"] = Math.max(0, (before["TCPSocketWrap"] ?? 0) - 2);
    await until(() => (openThings()["TCPSocketWrap"] ?? 0) <= (before["TCPSocketWrap"] ?? 0), openThings);
  });

  it("that never come are 425 after their time, and leave no timer and no listener (F20, P8)", async () => {
    const clock = new VirtualClock();
    const wire = await login({ clock });
    const before = openThings();
    for (let round = 0; round < 100; round++) {
      await wire.expect("EPSV", 229);
      const reply = wire.command("RETR fw.bin");
      // The transfer waits for its connection: the row runs.
      await house!.row((row) => row.state === "running");
      clock.advance(60_000);
      assert.equal((await reply).code, 425);
    }
    // What is left is the idle timer of the session.
    await until(() => clock.next()! - clock.now() > 60_000);
    await nothingLeft(before);
  });

  it("find the free ports of a busy range, and say 425 when there are none (F21, X12)", async () => {
    const first = await occupy();
    // A range of ten with this one busy; others of it may be busy too, by whoever else runs here.
    const range = [first, first + 9] as const;
    const wire = await login({ wanted: { ftpPassivePorts: range } });
    const others = [wire, ...(await Promise.all([1, 2, 3].map(() => house!.login())))];
    const ports = [];
    for (const each of others) ports.push(portOf((await each.expect("EPSV", 229)).text));
    assert.equal(new Set(ports).size, 4);
    assert.ok(ports.every((port) => port > first && port <= first + 9));
    // Now every port of it.
    for (let port = first + 1; port <= first + 9; port++) await occupy(port).catch(() => undefined);
    for (const each of others) each.destroy();
    const last = await house!.login();
    const codes = [];
    for (let round = 0; round < 5; round++) codes.push((await last.command("PASV")).code);
    assert.ok(codes.every((code) => code === 425 || code === 227));
    await last.expect("NOOP", 200);
  });

  it("say 425 and not 400 when the range is full (F11, F21)", async () => {
    const port = await occupy();
    const wire = await login({ wanted: { ftpPassivePorts: [port, port] } });
    await wire.expect("PASV", 425);
    await wire.expect("EPSV", 425);
    await wire.expect("NOOP", 200);
  });

  it("of another host are dropped, and the client's own still works (F22, P10)", async function () {
    if (process.platform === "darwin") this.skip(); // 127.0.0.2 is no address there.
    const wire = await login();
    const port = portOf((await wire.expect("EPSV", 229)).text);
    for (let round = 0; round < 3; round++) {
      const stranger = await openData(port, "127.0.0.2");
      assert.equal((await stranger.all()).length, 0);
    }
    const data = await openData(port);
    const bytes = data.all();
    await wire.expect("RETR fw.bin", 150);
    assert.equal((await bytes).toString(), "firmware");
    assert.equal((await wire.reply()).code, 226);
  });

  it("are one: a second connection to the passive port is refused (S30)", async () => {
    const wire = await login();
    const port = portOf((await wire.expect("EPSV", 229)).text);
    const data = await openData(port);
    const bytes = data.all();
    await wire.expect("RETR fw.bin", 150);
    await assert.rejects(openData(port));
    assert.equal((await bytes).toString(), "firmware");
    assert.equal((await wire.reply()).code, 226);
  });

  it("follow each other 200 times without a 425 (F36)", async () => {
    const wire = await login();
    for (let round = 0; round < 200; round++)
      assert.equal((await wire.fetch("RETR fw.bin")).reply.code, 226, `${round}`);
  });

  it("after EPSV ALL are made by EPSV alone (P9, RFC 2428 §4)", async () => {
    const wire = await login();
    await wire.expect("EPSV 1", 229);
    await wire.expect("EPSV 2", 522);
    await wire.expect("EPSV 9", 522);
    await wire.expect("EPSV ALL", 200);
    for (const line of ["PASV", "PORT 127,0,0,1,20,0", "EPRT |1|127.0.0.1|5000|"])
      await wire.expect(line, 503);
    assert.equal((await wire.fetch("RETR fw.bin")).reply.code, 226);
  });

  it("over IPv6 come by EPSV, and PASV says so (P9, RFC 2428)", async function () {
    house = await ftpHouse({ files, addresses: ["127.0.0.1", "::1"] }).catch(() => undefined);
    if (house === undefined) this.skip(); // No IPv6 on this computer.
    const { Client } = await import("basic-ftp");
    const { Writable } = await import("node:stream");
    const client = new Client(50_000);
    const chunks: Buffer[] = [];
    try {
      await client.access({ host: "::1", port: house.server.port });
      await assert.rejects(client.send("PASV"), /425/);
      const sink = new Writable({
        write(chunk: Buffer, _, done) {
          chunks.push(chunk);
          done();
        },
      });
      await client.downloadTo(sink, "fw.bin");
    } finally {
      client.close();
    }
    assert.equal(Buffer.concat(chunks).toString(), "firmware");
    assert.equal(house.rows()[0]?.localAddress, "::1");
  });
});
