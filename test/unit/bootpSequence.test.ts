import assert from "node:assert/strict";
import { Bench, aRequest, bench, boardMac, dhcp, lab, options, otherMac, situation } from "../support/bootp";
import { encodeText } from "../../src/protocol/bytes";
import type { BootpPacket } from "../../src/protocol/bootp/packet";
import { seededRandom, seeds } from "../support/random";

const files = ["u-boot.bin", "copy-files4.rc"];
const address = "192.168.7.10";
const clients = [{ name: "bench-1", mac: boardMac, address }];
const plan = { boot: files, clients };

/** A new request of a board; `xid` may be the same again. */
const ask = (xid = 1, mac = boardMac): BootpPacket => aRequest({ xid, mac });

/** Where the board is: `wait` moves the clock, in seconds. */
interface Line {
  readonly does:
    "asks" | "fetches" | "waits" | "restarts" | readonly ("started" | "sent" | "fetched" | "ended")[];
  readonly with?: string | number;
  /** asks: the file, or undefined for silence. */
  readonly gets?: string | undefined;
  readonly row?: string;
}

function play(lines: readonly Line[], given: Parameters<typeof situation>[0] = plan): void {
  const server = new Bench(situation(given));
  lines.forEach((line, index) => {
    const where = `line ${index + 1}: ${JSON.stringify(line)}`;
    let row: string | undefined;
    if (line.does === "asks") {
      const got = server.files(ask(Number(line.with ?? 1)));
      assert.deepEqual(got, line.gets === undefined ? [] : [line.gets], where);
      row = server.view.detail;
    } else if (line.does === "waits") {
      server.now += Number(line.with) * 1000;
      row = server.machine.planChanged(server.situation, server.now)[0]?.detail;
    } else if (line.does === "restarts") {
      row = server.machine.restart(boardMac, server.situation, server.now)?.detail;
    } else {
      const stages = line.does === "fetches" ? (["started", "sent", "fetched", "ended"] as const) : line.does;
      row = server.transfer(address, String(line.with), ...stages).at(-1)?.detail;
    }
    if (line.row !== undefined) assert.equal(row, line.row, where);
  });
}

const first = files[0]!;
const second = files[1]!;

describe("a boot sequence (DESIGN §2.1)", () => {
  it("hands out one file a round, is silent after the last, and starts again", () => {
    play([
      { does: "asks", gets: first, row: "u-boot.bin (1 of 2)" },
      { does: "fetches", with: first, row: "next: copy-files4.rc (2 of 2)" },
      { does: "asks", with: 2, gets: second, row: "copy-files4.rc (2 of 2)" },
      { does: "fetches", with: second, row: "fetched all 2 files" },
      { does: "waits", with: 60 },
      { does: "asks", with: 3, row: "silent for 10 s more" },
      { does: "waits", with: 3, row: "silent for 7 s more" },
      { does: "asks", with: 4, row: "silent for 7 s more" },
      { does: "waits", with: 6.999, row: "silent for 1 s more" },
      { does: "asks", with: 5 },
      { does: "waits", with: 0.001, row: "next: u-boot.bin (1 of 2)" },
      { does: "asks", with: 6, gets: first },
    ]);
  });

  it("gives a repeated request the same answer, whatever its xid: U-Boot changes it at each retry", () => {
    play([
      { does: "asks", with: 1, gets: first },
      { does: "asks", with: 1, gets: first },
      { does: "asks", with: 2, gets: first },
      { does: "waits", with: 20 },
      { does: "asks", with: 3, gets: first },
      { does: ["started"], with: first },
      { does: "asks", with: 4, gets: first },
    ]);
  });

  it("moves on when all was sent and the board asks again: its last ACK was lost", () => {
    play([
      { does: "asks", gets: first },
      { does: ["started", "sent"], with: first, row: "u-boot.bin (1 of 2)" },
      { does: "asks", with: 2, gets: second },
      { does: ["fetched", "ended"], with: first, row: "copy-files4.rc (2 of 2)" },
      { does: "asks", with: 3, gets: second },
    ]);
  });

  it("does not move on by a transfer that failed, nor by a new attempt at a file that was sent once", () => {
    play([
      { does: "asks", gets: first },
      { does: ["started", "ended"], with: first },
      { does: "asks", with: 2, gets: first },
      { does: ["started", "sent", "ended", "started"], with: first },
      { does: "asks", with: 3, gets: first },
    ]);
  });

  it("does not move on by another file, nor twice by one", () => {
    play([
      { does: "asks", gets: first },
      { does: "fetches", with: "Image" },
      { does: "asks", with: 2, gets: first },
      { does: "fetches", with: first },
      { does: "fetches", with: first, row: "next: copy-files4.rc (2 of 2)" },
      { does: "asks", with: 3, gets: second },
      { does: "fetches", with: first },
      { does: "asks", with: 4, gets: second },
    ]);
  });

  it("counts the silence from the first request after the last file, sent or fetched", () => {
    play([
      { does: "asks", gets: first },
      { does: "fetches", with: first },
      { does: "asks", with: 2, gets: second },
      { does: ["started", "sent"], with: second },
      { does: "waits", with: 30 },
      { does: "asks", with: 3, row: "silent for 10 s more" },
      { does: "waits", with: 9 },
      { does: "asks", with: 4, row: "silent for 1 s more" },
      { does: "waits", with: 1 },
      { does: "asks", with: 5, gets: first },
    ]);
  });

  it("starts from the first file after restartSeconds without a packet; a running transfer counts", () => {
    const short = { ...plan, restartSeconds: 60 };
    play(
      [
        { does: "asks", gets: first },
        { does: "fetches", with: first },
        { does: "waits", with: 59.999, row: "next: copy-files4.rc (2 of 2)" },
        { does: "waits", with: 0.001, row: "next: u-boot.bin (1 of 2)" },
        { does: "asks", with: 2, gets: first },
        { does: "fetches", with: first },
        { does: ["started"], with: "rootfs.img" },
        { does: "waits", with: 600 },
        { does: "asks", with: 3, gets: second },
        { does: "waits", with: 600 },
        { does: ["ended"], with: "rootfs.img" },
        { does: "waits", with: 59 },
        { does: "asks", with: 4, gets: second },
      ],
      short,
    );
  });

  it("starts from the first file by Restart Sequence, out of the silence too", () => {
    play([
      { does: "asks", gets: first },
      { does: "fetches", with: first },
      { does: "restarts", row: "next: u-boot.bin (1 of 2)" },
      { does: "asks", with: 2, gets: first },
      { does: "fetches", with: first },
      { does: "asks", with: 3, gets: second },
      { does: "fetches", with: second },
      { does: "asks", with: 4 },
      { does: "restarts", row: "next: u-boot.bin (1 of 2)" },
      { does: "asks", with: 5, gets: first },
    ]);
    assert.equal(new Bench(situation(plan)).machine.restart("nobody", situation(plan), 0), undefined);
  });

  it("moves on by a new xid after 5 s where the plan names another server", () => {
    play(
      [
        { does: "asks", with: 1, gets: first },
        { does: "waits", with: 4.999 },
        { does: "asks", with: 2, gets: first },
        { does: "waits", with: 5 },
        { does: "asks", with: 2, gets: first },
        { does: "waits", with: 5 },
        { does: "asks", with: 3, gets: second },
        { does: "waits", with: 5 },
        { does: "asks", with: 4, row: "silent for 10 s more" },
        { does: "waits", with: 10 },
        { does: "asks", with: 5, gets: first },
      ],
      { ...plan, server: "192.168.7.2" },
    );
  });

  it("moves on by what was fetched where the plan's server is this host", () => {
    play(
      [
        { does: "asks", with: 1, gets: first },
        { does: "waits", with: 6 },
        { does: "asks", with: 2, gets: first },
        { does: "fetches", with: first },
        { does: "asks", with: 3, gets: second },
      ],
      { ...plan, server: bench.address },
    );
  });

  it("answers a string always, an empty list and no boot without a file", () => {
    const always = [
      { does: "asks", gets: first, row: "always u-boot.bin" },
      { does: "fetches", with: first },
      { does: "asks", with: 2, gets: first },
    ] as const;
    play(always, { boot: first, clients });
    for (const boot of [[], undefined]) {
      const nameless = [{ does: "asks", gets: "", row: "no boot file" }] as const;
      play(nameless, { ...(boot && { boot }), clients });
    }
  });

  it("follows a list of one: the file, then silence", () => {
    play(
      [
        { does: "asks", gets: first, row: "u-boot.bin (1 of 1)" },
        { does: "fetches", with: first, row: "fetched the only file" },
        { does: "asks", with: 2 },
      ],
      { boot: [first], clients },
    );
  });

  it("starts from the first file of a list that was changed, at the next request", () => {
    const server = new Bench(situation(plan));
    assert.deepEqual(server.files(ask()), [first]);
    server.fetches(address, first);
    server.situation = situation({ ...plan, boot: ["bl2.bin", ...files] });
    assert.deepEqual(server.files(ask(2)), ["bl2.bin"]);
  });

  it("gives a client of the plan its own files, and each client its own place", () => {
    const server = new Bench(
      situation({ ...plan, clients: [...clients, { mac: otherMac, boot: ["bench2.bin"] }] }),
    );
    assert.deepEqual(server.files(ask()), [first]);
    assert.deepEqual(server.files(ask(1, otherMac)), ["bench2.bin"]);
    server.fetches(address, first);
    assert.deepEqual(server.files(ask(2)), [second]);
    assert.deepEqual(server.files(ask(2, otherMac)), ["bench2.bin"]);
  });

  it("never skips a file, whichever packets are lost or doubled (200 seeds)", () => {
    const list = ["a", "b", "c"];
    for (const seed of seeds(200)) {
      const random = seededRandom(seed);
      const server = new Bench(situation({ boot: list, clients }));
      const fetched: string[] = [];
      let xid = 0;
      for (let round = 0; round < 200 && fetched.length < list.length; round += 1) {
        xid += 1;
        if (random() < 0.3) continue;
        const replies = server.files(ask(xid));
        if (random() < 0.3) server.files(ask(xid));
        const file = replies[0];
        if (file === undefined || random() < 0.3) continue;
        assert.ok(file === list[fetched.length], `seed ${seed}: got ${file} after ${fetched.join()}`);
        if (random() < 0.3) {
          server.transfer(address, file, "started", "ended");
          continue;
        }
        // The board has it all; the news that it was acknowledged may be missing.
        server.transfer(
          address,
          file,
          "started",
          "sent",
          ...(random() < 0.5 ? (["fetched"] as const) : []),
          "ended",
        );
        fetched.push(file);
      }
      assert.deepEqual(fetched, list, `seed ${seed}`);
      assert.deepEqual(server.files(ask(xid + 1)), [], `seed ${seed}: silence`);
    }
  });
});

describe("whose transfer it was (DESIGN §2.1, That client)", () => {
  const other = { mac: otherMac, address: "192.168.7.11" };
  const two = { boot: files, clients: [...clients, other] };

  it("is the board whose yiaddr, ciaddr or source address it is", () => {
    for (const [request, from, peer] of [
      [ask(), undefined, address],
      [aRequest({ ciaddr: "192.168.7.77" }), undefined, "192.168.7.77"],
      [ask(), { address: "192.168.7.78", port: 5000 }, "192.168.7.78"],
    ] as const) {
      const server = new Bench(situation(two));
      server.files(ask(1, otherMac));
      server.files(request, from);
      server.fetches(peer, first);
      assert.deepEqual([server.files(ask(2)), server.files(ask(2, otherMac))], [[second], [first]], peer);
    }
  });

  it("is the only one that waits for the file, when the address says nothing", () => {
    const server = new Bench(situation(two));
    server.files(ask());
    server.fetches("192.168.7.200", first);
    assert.deepEqual(server.files(ask(2)), [second]);
  });

  it("is nobody's when two wait for it at unknown addresses", () => {
    const server = new Bench(situation(two));
    server.files(ask());
    server.files(ask(1, otherMac));
    assert.deepEqual(server.fetches("192.168.7.200", first), []);
    assert.deepEqual([server.files(ask(2)), server.files(ask(2, otherMac))], [[first], [first]]);
  });

  it("is, of two at one address, the one that was told this file, and of these the one that asked last", () => {
    const shared = "192.168.7.50";
    const from = { address: shared, port: 4000 };
    const strangers = { boot: files };
    const server = new Bench(situation(strangers));
    server.files(ask(), from);
    server.now += 1;
    server.files(ask(1, otherMac), from);
    server.fetches(shared, first);
    // The last asker moved on; the first did not.
    server.now += 1;
    assert.deepEqual(server.files(ask(2, otherMac), from), [second]);
    server.now += 1;
    server.fetches(shared, first);
    assert.deepEqual(server.files(ask(2), from), [second]);
  });

  it("stays the one that began it, when the other at its address asks meanwhile", () => {
    const shared = "192.168.7.50";
    const from = { address: shared, port: 4000 };
    const server = new Bench(situation({ boot: files }));
    server.files(ask(), from);
    server.transfer(shared, first, "started");
    server.now += 1;
    server.files(ask(1, otherMac), from);
    server.transfer(shared, first, "sent", "fetched", "ended");
    assert.deepEqual(server.files(ask(2), from), [second]);
    assert.deepEqual(server.files(ask(2, otherMac), from), [first]);
  });

  it("knows the file by its alias, by backslashes and by a leading slash", () => {
    const server = new Bench(
      situation({
        boot: ["pxelinux.0", "\\images//Image"],
        aliases: { "/pxelinux.0": "grub/core.0" },
        clients,
      }),
    );
    server.files(ask());
    server.fetches(address, "pxelinux.0");
    assert.deepEqual(server.files(ask(2)), ["pxelinux.0"]);
    server.fetches(address, "grub/core.0");
    assert.deepEqual(server.files(ask(3)), ["\\images//Image"]);
    server.fetches(address, "images/Image");
    assert.deepEqual(server.files(ask(4)), []);
  });

  it("shows a board as loading, then booted", () => {
    const server = new Bench(situation({ boot: first, clients }));
    const stages = (): string => server.machine.planChanged(server.situation, server.now)[0]!.stage;
    assert.equal(stages(), "listed");
    server.files(ask());
    assert.equal(server.view.stage, "answered");
    assert.equal(server.transfer(address, first, "started").at(-1)?.stage, "loading");
    assert.equal(server.transfer(address, first, "sent", "fetched", "ended").at(-1)?.stage, "booted");
  });
});

describe("a verification beside the real board (DESIGN §2.3)", () => {
  const run = (
    id: string,
    xid: number,
    from = "127.0.0.1",
  ): readonly [BootpPacket, { address: string; port: number }] => [
    aRequest({ xid, options: options({ clientIdentifier: encodeText(`boot-servers-verify-${id}`) }) }),
    { address: from, port: 40000 },
  ];

  it("has a cursor of its own, and moves the board's as little as the board moves its", () => {
    const server = new Bench(situation(plan));
    server.files(ask());
    server.now += 1;
    assert.deepEqual(server.files(...run("a", 7)), [first]);
    assert.equal(server.view.verification, true);
    assert.match(server.view.id, /^boot-servers-verify-a/);
    server.fetches("127.0.0.1", first);
    assert.deepEqual(server.files(...run("a", 8)), [second]);
    assert.deepEqual(server.files(ask(2)), [first]);
    assert.equal(server.view.verification, false);
    server.fetches(address, first);
    assert.deepEqual(server.files(ask(3)), [second]);
    assert.deepEqual(server.files(...run("a", 9)), [second]);
  });

  it("does not stand in the way of another verification at its address, whoever fetches first", () => {
    const server = new Bench(situation(plan));
    for (const [one, other] of [
      ["a", "b"],
      ["d", "c"],
    ] as const) {
      assert.deepEqual(server.files(...run(one, 1)), [first]);
      server.now += 1;
      assert.deepEqual(server.files(...run(other, 1)), [first]);
      server.transfer("127.0.0.1", first, "started");
      server.transfer("127.0.0.1", first, "started", "sent", "sent", "fetched", "ended");
      assert.deepEqual(server.files(...run(one, 2)), [second], "the last ACK of one of them is on its way");
      server.transfer("127.0.0.1", first, "fetched", "ended");
      assert.deepEqual(server.files(...run(other, 2)), [second]);
      server.fetches("127.0.0.1", second);
      assert.deepEqual(server.files(...run(other, 3)), []);
      server.fetches("127.0.0.1", second);
      assert.deepEqual(server.files(...run(one, 3)), []);
    }
  });

  it("gets the same answer to a repeated question, though another one has fetched that file meanwhile", () => {
    const server = new Bench(situation(plan));
    assert.deepEqual(server.files(...run("a", 1)), [first]);
    assert.deepEqual(server.files(...run("b", 1)), [first]);
    server.fetches("127.0.0.1", first);
    assert.deepEqual(server.files(...run("b", 1)), [first]);
    assert.deepEqual(server.files(...run("a", 1)), [first]);
    server.fetches("127.0.0.1", first);
    assert.deepEqual(server.files(...run("b", 2)), [second]);
    assert.deepEqual(server.files(...run("a", 2)), [second]);
  });

  it("does not take the transfers of the real board whose MAC it has", () => {
    const server = new Bench(
      situation({ boot: files, clients: [{ mac: boardMac, address: "192.168.7.10" }] }),
    );
    assert.deepEqual(server.files(ask()), [first]);
    server.now += 1;
    assert.deepEqual(server.files(...run("a", 7)), [first]);
    server.fetches("192.168.7.10", first);
    assert.deepEqual(server.files(ask(2)), [second]);
    assert.deepEqual(server.files(...run("a", 8)), [first]);
  });

  it("waits for no file at an unknown address: that is the one board that does", () => {
    const server = new Bench(situation({ boot: files }));
    assert.deepEqual(server.files(...run("a", 1)), [first]);
    assert.deepEqual(server.files(ask()), [first]);
    server.fetches("192.168.7.77", first);
    assert.deepEqual(server.files(ask(2)), [second]);
    assert.deepEqual(server.files(...run("a", 2)), [first]);
  });

  it("begins anew with each run, while an earlier run's row is still at that address", () => {
    const server = new Bench(situation(plan));
    for (const id of ["a", "b", "c"]) {
      server.now += 1;
      assert.deepEqual(server.files(...run(id, 1)), [first], id);
      server.fetches("127.0.0.1", first);
      assert.deepEqual(server.files(...run(id, 2)), [second], id);
      server.fetches("127.0.0.1", second);
      assert.deepEqual(server.files(...run(id, 3)), [], id);
    }
  });

  it("moves on at once by a new xid where the plan names another server, and not by the same", () => {
    const server = new Bench(situation({ ...plan, server: "192.168.7.2" }));
    const got = [1, 1, 2, 3].map((xid) => server.files(...run("a", xid)));
    assert.deepEqual(got, [[first], [first], [second], []]);
  });

  it("takes no lease and moves none, by BOOTP and by DHCP", () => {
    const pool = [{ first: "192.168.7.100", last: "192.168.7.100" }];
    const identifier = encodeText("boot-servers-verify-a");
    const server = new Bench(situation({ pool, clients: [{ mac: boardMac }] }));
    assert.equal(server.reply(...run("a", 1, "0.0.0.0")).packet.yiaddr, "192.168.7.100");
    const offer = server.reply(dhcp("DISCOVER", { clientIdentifier: identifier }));
    assert.equal(offer.packet.yiaddr, "192.168.7.100");
    const wanted = {
      serverIdentifier: bench.address,
      requestedAddress: "192.168.7.100",
      clientIdentifier: identifier,
    };
    assert.equal(server.reply(dhcp("REQUEST", wanted)).packet.yiaddr, "192.168.7.100");
    // Nothing is held: any other board gets it, and keeps it from that MAC.
    const others = new Bench(situation({ pool, clients: [{ mac: boardMac }] }));
    others.reply(dhcp("DISCOVER", { clientIdentifier: identifier }));
    others.situation = situation({ pool, clients: [{ mac: boardMac }, { mac: otherMac }] });
    assert.equal(others.reply(dhcp("DISCOVER", {}, { mac: otherMac })).packet.yiaddr, "192.168.7.100");
    assert.deepEqual(others.ask(dhcp("DISCOVER")), []);
    assert.equal(server.reply(dhcp("DISCOVER")).packet.yiaddr, "192.168.7.100");
    server.situation = situation({ pool, clients: [{ mac: boardMac }, { mac: otherMac }] });
    assert.deepEqual(server.ask(dhcp("DISCOVER", {}, { mac: otherMac })), []);
  });

  it("is not answered where its MAC would not be", () => {
    const server = new Bench(situation({ boot: first }, { answer: "listed" }));
    assert.deepEqual(server.ask(...run("a", 1)), []);
    assert.equal(server.view.stage, "refused");
  });

  it("keeps apart the boards of one run", () => {
    const server = new Bench(situation({ boot: files }));
    const identifier = options({ clientIdentifier: encodeText("boot-servers-verify-a") });
    const from = { address: "127.0.0.1", port: 4000 };
    server.files(aRequest({ options: identifier }), from);
    server.fetches("127.0.0.1", first);
    server.now += 1;
    assert.deepEqual(server.files(aRequest({ options: identifier, mac: otherMac }), from), [first]);
    assert.deepEqual(server.files(aRequest({ xid: 3, options: identifier }), from), [second]);
  });
});

describe("a DHCP client and its sequence (DESIGN §2.1)", () => {
  it("gets its address always: after the last file its answer names none", () => {
    const server = new Bench(situation({ boot: [first], clients }, { networks: [bench, lab] }));
    const round = (xid: number): readonly [file: string, yiaddr: string][] => {
      const offer = server.reply(dhcp("DISCOVER", {}, { xid }));
      const wanted = { serverIdentifier: bench.address, requestedAddress: address };
      const ack = server.reply(dhcp("REQUEST", wanted, { xid }));
      return [offer, ack].map(({ packet }) => [packet.file, packet.yiaddr]);
    };
    assert.deepEqual(round(1), [
      [first, address],
      [first, address],
    ]);
    server.fetches(address, first);
    assert.deepEqual(round(2), [
      ["", address],
      ["", address],
    ]);
    assert.equal(server.view.detail, "silent for 10 s more");
    server.now += 10_000;
    assert.deepEqual(round(3), [
      [first, address],
      [first, address],
    ]);
  });

  it("is not moved by a renewal, which comes from a running system", () => {
    const server = new Bench(situation({ boot: [first], clients }));
    server.reply(dhcp("DISCOVER"));
    server.fetches(address, first);
    const renewal = dhcp("REQUEST", {}, { xid: 9, ciaddr: address });
    assert.equal(server.reply(renewal, { address, port: 68 }).packet.file, "");
    assert.equal(server.view.detail, "fetched the only file");
  });
});
