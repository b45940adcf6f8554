import assert from "node:assert/strict";
import { accessFor } from "../../src/engine/access";
import { startBootpServer, type BootpServer } from "../../src/engine/bootpServer/bootpServer";
import { openBootp } from "../../src/engine/clients/bootpClient";
import type { BootpAsker, BootpOptions } from "../../src/engine/clients/boardIo";
import { systemClock, type Clock } from "../../src/engine/clock";
import { EngineError } from "../../src/engine/errors";
import { BootLog } from "../../src/engine/bootLog/bootLog";
import { Journal } from "../../src/engine/journal";
import type { Departure, ServerContext } from "../../src/engine/server";
import type { ServedRoot } from "../../src/engine/servedRoot/servedRoot";
import { openUdp, type Endpoint } from "../../src/engine/udp";
import type { ClientRow } from "../../src/model/events";
import type { Plan } from "../../src/model/plan";
import { defaultWanted } from "../../src/model/settings";
import { encodeText } from "../../src/protocol/bytes";
import type { Network } from "../../src/protocol/ipv4";
import { decodePacket, encodePacket, parseMac } from "../../src/protocol/bootp/packet";
import { encodeProbe } from "../../src/protocol/bootp/probe";
import { aPlan, aRequest, boardMac, dhcp, otherMac } from "../support/bootp";
import { hurriedClock } from "../support/hurriedClock";
import { comesTrue } from "../support/patience";
import { openPeer, type Peer } from "../support/udpPeer";
import { VirtualClock } from "../support/virtualClock";

const loopback: Network = { address: "127.0.0.1", netmask: "255.0.0.0", interfaceName: "lo" };
const listed = { name: "bench-1", mac: boardMac, address: "127.0.0.10" };
const files = ["u-boot.bin", "copy-files4.rc"];

/** What a test opened, closed in reverse at its end. */
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface Running {
  readonly server: BootpServer;
  readonly journal: Journal;
  plan: Plan;
  changed: () => undefined;
  heard: number;
  row(id?: string): ClientRow | undefined;
}

interface StartOptions {
  readonly addresses?: readonly string[];
  readonly networks?: readonly Network[];
  readonly clock?: Clock;
  readonly port?: number;
  readonly platform?: NodeJS.Platform;
  readonly answer?: "listed" | "boards" | "everyone";
}

async function start(plan: Partial<Plan>, given: StartOptions = {}): Promise<Running> {
  const { addresses = ["127.0.0.1"], networks = [loopback], clock = systemClock, port = 0, platform } = given;
  const journal = new Journal(clock);
  const access = accessFor([], networks, []);
  const wanted = { ...defaultWanted, folder: "/", answer: given.answer ?? "boards" };
  const running: Omit<Running, "server"> = {
    journal,
    plan: aPlan(plan),
    changed: () => undefined,
    heard: 0,
    row: (id = boardMac) => journal.snapshot().clients.get(id),
  };
  const context: ServerContext = {
    clock,
    journal,
    bootLog: new BootLog(journal),
    situation: () => ({ wanted, plan: running.plan, rootOf: () => ({}) as ServedRoot, access, networks }),
    changed: () => undefined,
    heard: () => (running.heard += 1),
    boards: {},
    departed: () => undefined,
  };
  const server = await startBootpServer(context, addresses, port, platform);
  open.push(() => server.stopNow());
  return Object.assign(running, { server });
}

/** Short tries, so that silence is short; an answer that is on its way is waited for by the board's clock. */
const quick = { tries: 2, tryMs: 60 };

function board(
  port: number,
  changes: Partial<BootpOptions> = {},
  ports = { client: 0, relay: 0 },
): BootpAsker {
  const options = {
    way: "auto",
    target: "127.0.0.1",
    port,
    mac: boardMac,
    options: new Map(),
    release: true,
  } as const;
  const asker = openBootp(hurriedClock(1), { ...options, ...changes }, { ...quick, ports });
  open.push(() => asker.close());
  return asker;
}

const fetched = (file: string, address = "127.0.0.1"): Departure[] =>
  (["started", "sent", "fetched", "ended"] as const).map((stage) => ({
    protocol: "tftp",
    address,
    file,
    stage,
  }));

function fetches({ server }: Running, file: string): void {
  for (const departure of fetched(file)) server.departed(departure);
}

async function peer(...where: Parameters<typeof openPeer>): Promise<Peer> {
  const opened = await openPeer(...where);
  open.push(() => opened.socket.close());
  return opened;
}

describe("the BOOTP server on loopback", () => {
  it("leads our own board through a sequence into silence, and the rows say so (DESIGN §2.1)", async () => {
    const running = await start({ boot: files, clients: [listed] });
    assert.deepEqual([running.row()?.stage, running.row()?.detail], ["listed", "next: u-boot.bin (1 of 2)"]);
    const asker = board(running.server.port);
    for (const file of files) {
      const answer = await asker.ask();
      assert.deepEqual(answer, {
        file,
        siaddr: "127.0.0.1",
        yiaddr: "127.0.0.10",
        sname: "",
        sender: "127.0.0.1",
        by: "bootp",
      });
      assert.equal(running.row()?.file, file);
      fetches(running, file);
    }
    assert.deepEqual([running.row()?.stage, running.row()?.detail], ["booted", "fetched all 2 files"]);
    assert.equal(await asker.ask(), undefined);
    assert.equal(running.row()?.stage, "silent");
    assert.match(running.row()?.detail ?? "", /^silent for \d+ s more$/);
    assert.ok(running.heard >= 4);
    assert.equal(running.server.restartSequence(boardMac), true);
    assert.equal(running.server.restartSequence("nobody"), false);
    assert.equal((await asker.ask())?.file, files[0]);
  });

  it("lets the answer wait for a board that is not ready for it, and the row says so (answerDelayMs)", async () => {
    const clock = new VirtualClock();
    const quirks = { answerDelayMs: 1000 };
    const running = await start({ boot: "u-boot.bin", clients: [{ ...listed, quirks }] }, { clock });
    const [slow, other] = [await peer(), await peer()];
    // Its second question is answered, at the time of the first.
    slow.send(encodePacket(aRequest({ xid: 1 })), running.server.port);
    slow.send(encodePacket(aRequest({ xid: 2 })), running.server.port);
    assert.ok(await comesTrue(() => running.heard >= 2));
    other.send(encodePacket(aRequest({ mac: otherMac, xid: 3 })), running.server.port);
    assert.equal(decodePacket((await other.next()).packet).xid, 3);
    assert.equal(slow.waiting, 0);
    assert.deepEqual(running.row()?.quirks, quirks);
    clock.advance(1000);
    assert.equal(decodePacket((await slow.next()).packet).xid, 2);
    assert.equal(slow.waiting, 0);
  });

  it("answers a board's 236 bytes with 300, to the port that asked (B2, B9)", async () => {
    const { server } = await start({ boot: "u-boot.bin" });
    const klibc = await peer();
    klibc.send(encodePacket(aRequest({ options: undefined })).slice(0, 236), server.port);
    const { packet, from } = await klibc.next();
    assert.deepEqual([packet.length, from.port, decodePacket(packet).file], [300, server.port, "u-boot.bin"]);
  });

  it("takes this computer's own question for other DHCP servers for no board", async () => {
    const running = await start({ boot: "u-boot.bin" }, { answer: "everyone" });
    const asking = await peer();
    const mac = parseMac(otherMac)!;
    asking.send(encodeProbe({ id: "one", xid: 7, chaddr: mac }), running.server.port);
    asking.send(encodePacket(aRequest()), running.server.port);
    assert.equal(decodePacket((await asking.next()).packet).file, "u-boot.bin", "the board is answered");
    assert.deepEqual([...running.journal.snapshot().clients.keys()], [boardMac]);
  });

  it("plays a verification beside the real board, and marks its row (DESIGN §2.3)", async () => {
    const running = await start({ boot: files, clients: [listed] });
    const real = board(running.server.port);
    assert.equal((await real.ask())?.file, files[0]);
    const clientIdentifier = encodeText("boot-servers-verify-7");
    const verifier = board(running.server.port, { clientIdentifier });
    assert.equal((await verifier.ask())?.file, files[0]);
    fetches(running, files[0]!);
    assert.equal((await verifier.ask())?.file, files[1]);
    assert.equal((await real.ask())?.file, files[0]);
    const rows = [...running.journal.snapshot().clients.values()];
    assert.deepEqual(
      rows.map(({ verification, file }) => [verification, file]),
      [
        [false, files[0]],
        [true, files[1]],
      ],
    );
  });

  it("counts a silence down in the row without any packet, and its timer ends with it", async () => {
    const clock = new VirtualClock();
    const running = await start({ boot: ["a"], clients: [listed] }, { clock });
    const asker = board(running.server.port);
    await asker.ask();
    fetches(running, "a");
    assert.equal(await asker.ask(), undefined);
    assert.equal(running.row()?.detail, "silent for 10 s more");
    clock.advance(3_000);
    assert.equal(running.row()?.detail, "silent for 7 s more");
    clock.advance(7_000);
    assert.deepEqual([running.row()?.stage, running.row()?.detail], ["booted", "next: a (1 of 1)"]);
    assert.equal((await asker.ask())?.file, "a");
    await running.server.drain();
    assert.equal(clock.next(), undefined);
  });

  it("looks at all its clients a few times a second at most, however many of them change one after the other", async () => {
    const clock = new VirtualClock();
    const running = await start({ boot: files }, { clock });
    const strangers = await peer();
    const count = 100;
    for (let index = 0; index < count; index += 1) {
      const mac = `02:00:00:00:00:${index.toString(16).padStart(2, "0")}`;
      strangers.send(encodePacket(aRequest({ mac })), running.server.port);
      await strangers.next();
      clock.advance(10);
    }
    const shown: (readonly [at: number, id: string])[] = [];
    running.journal.onRow((row) => {
      if (row.type === "client") shown.push([clock.now(), row.id]);
    });
    // Each sequence starts again by itself, 10 ms after that of the one before.
    clock.advance(310_000);
    const looks = new Set(shown.map(([at]) => at)).size;
    assert.deepEqual([new Set(shown.map(([, id]) => id)).size, shown.length], [count, count]);
    assert.ok(looks <= 6, `${looks} looks at all of them within a second`);
  });

  it("follows a changed plan at the next request, and at once in the rows of listed clients", async () => {
    const running = await start({ boot: "old.bin" });
    const asker = board(running.server.port);
    assert.equal((await asker.ask())?.file, "old.bin");
    running.plan = aPlan({ boot: "new.bin", clients: [{ ...listed, mac: otherMac }] });
    assert.equal((await asker.ask())?.file, "new.bin");
    assert.equal(running.row(otherMac)?.stage, "listed");
    running.plan = aPlan({ boot: "new.bin", clients: [listed] });
    await running.server.planChanged();
    assert.equal(running.row()?.name, "bench-1");
  });

  it("answers whom the machine and the plan both allow: a plan narrows, and never widens (DESIGN §2.1)", async () => {
    for (const [machine, planned, answered] of [
      ["boards", {}, true],
      ["boards", { answer: "listed" }, false],
      ["boards", { answer: "everyone" }, true],
      ["listed", { answer: "boards" }, false],
      ["listed", {}, false],
    ] as const) {
      const running = await start({ boot: "a", clients: [listed], ...planned }, { answer: machine });
      const stranger = await board(running.server.port, { mac: otherMac }).ask();
      assert.equal(stranger?.file, answered ? "a" : undefined, `${machine} ${JSON.stringify(planned)}`);
      assert.equal((await board(running.server.port).ask())?.file, "a");
      // By DHCP nobody is answered whom the plan does not list, whatever it says.
      assert.equal(running.row(otherMac)?.stage, answered ? "answered" : "seen");
    }
  });

  it("shows an unlisted DHCP client as seen, with what to do, and stays silent (D4, DESIGN §2.1)", async () => {
    const running = await start({ boot: "u-boot.bin", clients: [listed] });
    const stranger = await peer();
    stranger.send(
      encodePacket(dhcp("DISCOVER", { vendorClassIdentifier: "PXEClient" }, { mac: otherMac })),
      running.server.port,
    );
    // The answer to the second request shows that the first got none.
    stranger.send(encodePacket(aRequest()), running.server.port);
    assert.equal(decodePacket((await stranger.next()).packet).xid, 0x12345678);
    assert.equal(stranger.waiting, 0);
    const row = running.row(otherMac);
    assert.deepEqual(
      [row?.stage, row?.trouble?.code, row?.vendorClass],
      ["seen", "client.unlisted", "PXEClient"],
    );
    assert.match(row?.trouble?.remedy ?? "", new RegExp(otherMac));
    assert.ok(Math.abs(Date.now() - (row?.lastSeenAt ?? 0)) < 60_000);
  });

  it("speaks DHCP with our own board where BOOTP is silent, and is told of the release (DESIGN §2.2)", async () => {
    const pool = [{ first: "127.0.0.50", last: "127.0.0.50" }];
    const { server } = await start({
      boot: "u-boot.bin",
      pool,
      clients: [{ mac: boardMac }, { mac: otherMac }],
    });
    // A relay in between that lets no plain BOOTP pass: a DHCP-only server.
    const front = await peer();
    const back = await peer();
    let client: Endpoint | undefined;
    let ended = false;
    const pump = async (from: Peer, to: Peer, port: () => number): Promise<void> => {
      while (!ended) {
        const { packet, from: sender } = await from.next();
        if (from === front) client = sender;
        if (decodePacket(packet).options?.has(53)) to.send(packet, port());
      }
    };
    const pumps = [pump(front, back, () => server.port), pump(back, front, () => client!.port)];
    open.push(async () => {
      ended = true;
      const last = await peer();
      for (const each of [front, back]) last.send(encodePacket(aRequest()), each.socket.local.port);
      await Promise.all(pumps);
    });
    // As on most computers: 67 and 68 cannot be had, and the question goes from any port.
    const taken = (await peer()).socket.local.port;
    const asker = board(front.socket.local.port, {}, { client: taken, relay: taken });
    const answer = await asker.ask();
    assert.deepEqual([answer?.by, answer?.yiaddr, answer?.file], ["dhcp", "127.0.0.50", "u-boot.bin"]);
    assert.equal((await asker.ask())?.by, "dhcp");
    const other = await peer();
    const discover = encodePacket(dhcp("DISCOVER", {}, { mac: otherMac, xid: 5 }));
    const control = encodePacket(aRequest({ xid: 6, mac: "02:00:00:00:00:09" }));
    other.send(discover, server.port);
    other.send(control, server.port);
    assert.equal(decodePacket((await other.next()).packet).xid, 6, "the address is held");
    await asker.close();
    // The release crosses the relay after this; each DISCOVER is a question whether it has come.
    let offered: string | undefined;
    while (offered === undefined) {
      other.send(discover, server.port);
      other.send(control, server.port);
      const { xid, yiaddr } = decodePacket((await other.next()).packet);
      if (xid === 5) offered = yiaddr;
    }
    assert.equal(offered, "127.0.0.50");
  });
});

describe("the BOOTP server's sockets", () => {
  it("are on 127.0.0.1 only when loopback alone is served (DESIGN §2.1)", async () => {
    const { server } = await start({ boot: "a" });
    assert.deepEqual([server.addresses, server.warnings], [["127.0.0.1"], []]);
    // The port is free on another address of this computer, so the wildcard has not taken it.
    const other = await openUdp({ address: "127.0.0.2", port: server.port, onPacket: () => undefined });
    await other.close();
  });

  it("are one for each loopback address, all on one port", async () => {
    const second = { ...loopback, address: "127.0.0.2" };
    const running = await start(
      { boot: "a" },
      { addresses: ["127.0.0.1", "127.0.0.2"], networks: [loopback, second] },
    );
    const asker = board(running.server.port, { target: "127.0.0.2" });
    const answer = await asker.ask();
    assert.deepEqual([answer?.siaddr, answer?.sender], ["127.0.0.2", "127.0.0.2"]);
  });

  it("tell who holds the port, and leave nothing open (X12)", async () => {
    const holder = await openUdp({ address: "127.0.0.1", port: 0, onPacket: () => undefined });
    open.push(() => holder.close());
    const { port } = holder.local;
    await assert.rejects(start({}, { port }), (error) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, "port.inUse");
      assert.match(error.message, new RegExp(`UDP port ${port} of 127.0.0.1 is in use`));
      return true;
    });
    await holder.close();
    const { server } = await start({}, { port });
    assert.equal(server.port, port);
  });

  it("share the port with a holder that lets them, on Linux, and warn of it (DESIGN §2.1)", async function () {
    if (process.platform !== "linux") this.skip();
    const holder = await peer("127.0.0.1", 0, true);
    const { port } = holder.socket.local;
    const { server } = await start({ boot: "a" }, { port });
    assert.equal(server.warnings[0]?.code, "port.shared");
    assert.match(server.warnings[0].message, new RegExp(`${port} .* in use by .*pid ${process.pid}`));
  });

  it("never share it on Windows, where that takes the port away (boards.md)", async () => {
    const holder = await peer("127.0.0.1", 0, true);
    const { port } = holder.socket.local;
    await assert.rejects(start({}, { port, platform: "win32" }), { code: "port.inUse" });
  });

  it("hand a datagram that comes twice on once, on Windows (boards.md)", async () => {
    const clock = new VirtualClock();
    const { server } = await start({ boot: "a" }, { platform: "win32", clock });
    const twin = await peer();
    const packet = encodePacket(aRequest({ xid: 1 }));
    twin.send(packet, server.port);
    twin.send(packet, server.port);
    twin.send(encodePacket(aRequest({ xid: 2 })), server.port);
    const xids = [await twin.next(), await twin.next()].map((each) => decodePacket(each.packet).xid);
    assert.deepEqual([xids, twin.waiting], [[1, 2], 0]);
    clock.advance(101);
    twin.send(packet, server.port);
    assert.equal(decodePacket((await twin.next()).packet).xid, 1, "a repetition is a request of its own");
  });

  it("need an IPv4 address", async () => {
    await assert.rejects(start({}, { addresses: ["::1"] }), { code: "address.noIpv4" });
  });

  it("are closed at once by drain and by stopNow, twice as well, and hear nothing more", async () => {
    const running = await start({ boot: "a", clients: [listed] });
    const { server } = running;
    assert.equal(server.cancelTransfer("tftp-1"), false);
    await server.drain();
    await server.stopNow();
    const again = await openUdp({ address: "127.0.0.1", port: server.port, onPacket: () => undefined });
    await again.close();
    fetches(running, "a");
    assert.equal(running.server.restartSequence(boardMac), true);
  });
});

describe("the board's asker", () => {
  it("keeps the way that was answered, and says what kept it from the others (DESIGN §2.2)", async () => {
    // A server that answers relay agents only.
    const relayOnly = await peer();
    const running = { ends: false };
    const serve = (async () => {
      while (!running.ends) {
        const { packet, from } = await relayOnly.next();
        const request = decodePacket(packet);
        if (request.giaddr === "127.0.0.1")
          relayOnly.send(encodePacket({ ...request, op: 2, file: "a" }), from.port);
      }
    })();
    open.push(async () => {
      running.ends = true;
      (await peer()).send(encodePacket(aRequest()), relayOnly.socket.local.port);
      await serve;
    });
    const taken = await peer();
    const asker = board(relayOnly.socket.local.port, {}, { client: taken.socket.local.port, relay: 0 });
    assert.equal((await asker.ask())?.file, "a");
    assert.equal(asker.triedClientPort, false);
    assert.match(
      asker.obstacles.join(),
      new RegExp(`UDP port ${taken.socket.local.port} of 127.0.0.1 is in use`),
    );
    assert.equal((await asker.ask())?.file, "a");
  });

  it("says that it tried port 68, and is silent within its tries (B14)", async () => {
    const nobody = await peer();
    const asker = board(nobody.socket.local.port);
    assert.equal(await asker.ask(), undefined);
    assert.deepEqual([asker.triedClientPort, asker.obstacles], [true, []]);
    const ways = new Map<number, Set<string>>();
    while (nobody.waiting > 0) {
      const { packet, from } = await nobody.next();
      const { ciaddr, giaddr, options, xid } = decodePacket(packet);
      const facts = `${ciaddr} ${giaddr} ${options?.has(53) ? "dhcp" : "bootp"}`;
      ways.set(from.port, (ways.get(from.port) ?? new Set()).add(`${facts} ${xid}`));
    }
    const asked = [...ways.values()].flatMap((each) => [...each].map((line) => line.replace(/ \d+$/, "")));
    assert.deepEqual(asked, [
      "127.0.0.1 0.0.0.0 bootp",
      "127.0.0.1 0.0.0.0 bootp",
      "0.0.0.0 127.0.0.1 bootp",
      "0.0.0.0 127.0.0.1 dhcp",
    ]);
    // DISCOVER is for the very first question alone.
    assert.equal(await asker.ask(), undefined);
    while (nobody.waiting > 0)
      assert.equal(decodePacket((await nobody.next()).packet).options?.has(53), false);
  });

  it("ends at once with the signal's reason, and can be closed", async () => {
    const nobody = await peer();
    const asker = openBootp(systemClock, {
      way: "auto",
      target: "127.0.0.1",
      port: nobody.socket.local.port,
      mac: boardMac,
      options: new Map(),
      release: true,
    });
    open.push(() => asker.close());
    const controller = new AbortController();
    const reason = new Error("cancelled");
    const asked = asker.ask(controller.signal);
    await nobody.next();
    controller.abort(reason);
    await assert.rejects(asked, reason);
    await assert.rejects(asker.ask(controller.signal), reason);
  });

  it("takes a reply from the server's port with its own xid and chaddr alone (B15, S14)", async () => {
    const server = await peer();
    const forger = await peer();
    const asker = openBootp(systemClock, {
      ...{ way: "auto", target: "127.0.0.1", port: server.socket.local.port, mac: boardMac },
      ...{ options: new Map(), release: false },
    });
    open.push(() => asker.close());
    const asked = asker.ask();
    const { packet, from } = await server.next();
    const request = { ...decodePacket(packet), op: 2 };
    forger.send(encodePacket({ ...request, file: "forged" }), from.port);
    server.send(encodePacket({ ...request, xid: request.xid ^ 1, file: "other xid" }), from.port);
    server.send(
      encodePacket({ ...request, chaddr: aRequest({ mac: otherMac }).chaddr, file: "other MAC" }),
      from.port,
    );
    server.send(encodePacket({ ...request, file: "true" }), from.port);
    server.send(encodePacket({ ...request, file: "late" }), from.port);
    assert.equal((await asked)?.file, "true");
  });

  it("refuses a MAC that is none", () => {
    assert.throws(() => board(67, { mac: "52:54" }), { code: "mac.invalid" });
  });

  it("names an unknown host as what keeps it from asking", async () => {
    const asker = board(67, { target: "no-such-host.invalid" });
    assert.equal(await asker.ask(), undefined);
    assert.match(asker.obstacles.join(), /no-such-host\.invalid/);
    assert.equal(asker.triedClientPort, false);
  });
});
