import assert from "node:assert/strict";
import { posix } from "node:path";
import { stateFolder } from "../../src/cli/stateFolder";
import { fromStored, toStored } from "../../src/engine/bootpServer/leaseStore";
import {
  formatLeases,
  longestLeaseFile,
  mergeLeases,
  parseLeases,
  type StoredLease,
} from "../../src/model/leaseFile";
import { leaseSeconds } from "../../src/protocol/bootp/conversation";
import { Leases } from "../../src/protocol/bootp/leases";
import { Bench, bench, boardMac, dhcp, otherMac, situation } from "../support/bootp";
import { seededRandom } from "../support/random";
import { VirtualClock } from "../support/virtualClock";

const lease = (last: number, until = 1_767_225_600_000): StoredLease => ({
  key: `1:52:54:00:00:00:${last.toString(16).padStart(2, "0")}`,
  address: `192.168.7.${last}`,
  until,
});

describe("the file of the leases", () => {
  it("comes back as it was written", () => {
    const leases = [lease(2, 3000), { key: "", address: "10.0.0.9", until: 2000 }, lease(1, 1000)];
    assert.deepEqual(parseLeases(formatLeases(leases)), leases);
    assert.deepEqual(parseLeases(formatLeases([])), []);
  });

  it("holds whole milliseconds, though a clock counts in fractions", () => {
    assert.deepEqual(parseLeases(formatLeases([lease(1, 1000.4)])), [lease(1, 1000)]);
  });

  it("is never larger than what is read, and then keeps the leases that last longest", () => {
    const long = Array.from({ length: 500 }, (_, index) => ({
      key: `id:${"ab".repeat(1400)}`,
      address: `10.0.${index >> 8}.${index & 255}`,
      until: 1_000_000 + index,
    }));
    const text = formatLeases(long);
    assert.ok(text.length <= longestLeaseFile && text.length > longestLeaseFile - 3000, `${text.length}`);
    const kept = parseLeases(text)!;
    assert.ok(kept.length < 500);
    assert.deepEqual(kept, [...long].reverse().slice(0, kept.length));
  });

  const bad: Readonly<Record<string, string>> = {
    nothing: "",
    "half of a file": formatLeases([lease(1), lease(2)]).slice(0, 80),
    "a list": "[]",
    "no object": "null",
    "another version": '{"version":2,"leases":[]}',
    "no list": '{"version":1,"leases":{}}',
    "a lease that is none": '{"version":1,"leases":[null]}',
    "a key that is no text": '{"version":1,"leases":[{"key":1,"address":"10.0.0.1","until":1}]}',
    "control characters": '{"version":1,"leases":[{"key":"\\u001b[2J","address":"10.0.0.1","until":1}]}',
    "a name for an address": '{"version":1,"leases":[{"key":"a","address":"host","until":1}]}',
    "no address": '{"version":1,"leases":[{"key":"a","until":1}]}',
    "a time that is none": '{"version":1,"leases":[{"key":"a","address":"10.0.0.1","until":1e400}]}',
  };
  for (const [name, text] of Object.entries(bad)) {
    it(`is none with ${name}`, () => {
      assert.equal(parseLeases(text), undefined);
    });
  }

  it("throws on no text whatever", () => {
    const random = seededRandom(11);
    const below = (end: number): number => Math.floor(random() * end);
    const good = formatLeases([lease(1), lease(2)]);
    for (let count = 0; count < 2000; count += 1) {
      const at = below(good.length);
      parseLeases(good.slice(0, at) + String.fromCharCode(below(300)) + good.slice(at + below(9)));
    }
  });

  it("is merged by address: another process keeps what it gave, and of one address ours holds", () => {
    const [ours, theirs] = [
      { ...lease(1), key: "ours" },
      { ...lease(1), key: "theirs" },
    ];
    assert.deepEqual(mergeLeases([theirs, lease(2)], [ours, lease(3)]), [ours, lease(2), lease(3)]);
  });
});

describe("leases over a restart (D11)", () => {
  const pool = [{ first: "192.168.7.100", last: "192.168.7.101" }];
  const clients = [{ mac: boardMac }, { mac: otherMac }];
  const started = (leases = new Leases()): Bench => new Bench(situation({ pool, clients }), leases);
  const mine = { serverIdentifier: bench.address };
  const bind = (server: Bench, mac: string): string => {
    const { yiaddr } = server.reply(dhcp("DISCOVER", {}, { mac })).packet;
    return server.reply(dhcp("REQUEST", { ...mine, requestedAddress: yiaddr }, { mac })).packet.yiaddr;
  };

  it("give each client the address that it had", () => {
    const before = started();
    const [first, second] = [bind(before, boardMac), bind(before, otherMac)];
    const after = started(new Leases(before.machine.leases.kept()));
    assert.deepEqual([bind(after, otherMac), bind(after, boardMac)], [second, first]);
  });

  it("keep no offer that nobody took, and every address that was found taken", () => {
    const server = started();
    const { revision } = server.machine.leases;
    server.reply(dhcp("DISCOVER"));
    assert.deepEqual([server.machine.leases.kept(), server.machine.leases.revision], [[], revision]);
    const address = bind(server, boardMac);
    server.ask(dhcp("DECLINE", { ...mine, requestedAddress: address }));
    assert.deepEqual(server.machine.leases.kept(), [{ key: "", address, heldUntil: server.now + 600_000 }]);
    assert.notEqual(server.machine.leases.revision, revision);
    const after = started(new Leases(server.machine.leases.kept()));
    assert.notEqual(bind(after, boardMac), address);
  });

  it("run out by the wall clock, and a clock that was set back holds none for longer than a lease", () => {
    const clock = new VirtualClock();
    const stored = toStored([{ key: "a", address: "10.0.0.1", heldUntil: clock.now() + 5000 }], clock);
    assert.deepEqual(stored, [{ key: "a", address: "10.0.0.1", until: clock.wallTime() + 5000 }]);
    const later = new VirtualClock();
    later.advance(77_000);
    later.wallOffset = clock.wallTime() + 2000 - later.now();
    assert.equal(fromStored(stored, later)[0]?.heldUntil, later.now() + 3000);
    later.wallOffset -= 365 * 86_400_000;
    assert.equal(fromStored(stored, later)[0]?.heldUntil, later.now() + leaseSeconds * 1000);
  });
});

describe("the folder of what outlasts a run", () => {
  const home = "/home/ann";
  it("is the one that each system has for it, never the workspace", () => {
    assert.equal(stateFolder({}, "linux", home), "/home/ann/.local/state/boot-servers");
    assert.equal(stateFolder({ XDG_STATE_HOME: "/srv/state" }, "linux", home), "/srv/state/boot-servers");
    assert.equal(
      stateFolder({}, "darwin", "/Users/ann"),
      "/Users/ann/Library/Application Support/boot-servers",
    );
    assert.equal(
      stateFolder({ LOCALAPPDATA: "C:\\Users\\ann\\AppData\\Local" }, "win32", "C:\\Users\\ann"),
      "C:\\Users\\ann\\AppData\\Local\\boot-servers",
    );
  });

  it("ignores a relative XDG_STATE_HOME, which would lie in the workspace", () => {
    assert.equal(
      stateFolder({ XDG_STATE_HOME: "state" }, "linux", home),
      posix.join(home, ".local/state/boot-servers"),
    );
  });
});
