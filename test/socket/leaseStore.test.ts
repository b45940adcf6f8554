import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { accessFor } from "../../src/engine/access";
import { startBootpServer, type BootpServer } from "../../src/engine/bootpServer/bootpServer";
import { LeaseStore } from "../../src/engine/bootpServer/leaseStore";
import { systemClock } from "../../src/engine/clock";
import { BootLog } from "../../src/engine/bootLog/bootLog";
import { Journal } from "../../src/engine/journal";
import type { ServedRoot } from "../../src/engine/servedRoot/servedRoot";
import { openUdp } from "../../src/engine/udp";
import { parseLeases, type StoredLease } from "../../src/model/leaseFile";
import { defaultWanted } from "../../src/model/settings";
import { decodePacket, encodePacket } from "../../src/protocol/bootp/packet";
import { aPlan, aRequest } from "../support/bootp";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { VirtualClock } from "../support/virtualClock";

const lease = (last: number): StoredLease => ({ key: `1:${last}`, address: `10.0.0.${last}`, until: 1e12 });

describe("the leases of a workspace folder on disk (D11)", () => {
  let folder: TemporaryFolder;
  const warnings: string[] = [];
  const store = (clock = new VirtualClock(), workspace = "/drop", state = folder.at("state")): LeaseStore =>
    new LeaseStore(state, workspace, clock, (message) => warnings.push(message));
  const saved = async (leases: readonly StoredLease[], into = store()): Promise<void> => {
    into.save(() => leases);
    await into.close();
  };
  /** The one file of leases. */
  const file = async (): Promise<string> => {
    const [name, ...others] = await readdir(folder.at("state"));
    assert.deepEqual(others, [], "nothing else is left behind");
    return join(folder.at("state"), name!);
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
    warnings.length = 0;
  });
  afterEach(() => folder.remove());

  it("are there after a restart, and another folder has its own", async () => {
    await saved([lease(1)]);
    assert.deepEqual(await store().read(), [lease(1)]);
    assert.deepEqual(await store(undefined, "/other").read(), []);
    assert.deepEqual(warnings, []);
    if (process.platform !== "win32") assert.equal((await stat(await file())).mode & 0o777, 0o600);
  });

  it("are written once for all changes within half a second, as they are then", async () => {
    const clock = new VirtualClock();
    const one = store(clock);
    let leases = [lease(1)];
    one.save(() => leases);
    clock.advance(400);
    assert.deepEqual(await readdir(folder.path), [], "nothing is written yet");
    leases = [lease(1), lease(2)];
    one.save(() => leases);
    clock.advance(100);
    assert.equal(clock.next(), undefined);
    await one.close();
    assert.deepEqual(await store().read(), [lease(1), lease(2)]);
  });

  it("are not written where nothing changed: no file, no folder", async () => {
    const one = store();
    await one.read();
    await one.close();
    assert.deepEqual(await readdir(folder.path), []);
  });

  for (const [name, content] of [
    ["half of a file", '{"version":1,"leases":[{"key":"1:1","addr'],
    ["something else", "\u0000\u0001ELF"],
    ["2 MiB", `{"version":1,"leases":[${" ".repeat(2 ** 21)}]}`],
  ] as const) {
    it(`are none where the file holds ${name}, which is said, and the next write mends it`, async () => {
      await saved([lease(1)]);
      await writeFile(await file(), content);
      assert.deepEqual(await store().read(), []);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0]!, /^the leases of the last run are lost \(their file is /);
      await saved([lease(2)]);
      assert.deepEqual(await store().read(), [lease(2)]);
    });
  }

  it("are none where a folder stands in their place, and that ends nothing", async () => {
    await saved([lease(1)]);
    const path = await file();
    await folder.remove();
    await mkdir(path, { recursive: true });
    assert.deepEqual(await store().read(), []);
    await saved([lease(2)]);
    assert.match(warnings.join("\n"), /lost .*\n.*cannot be kept for the next run/);
    assert.equal(await file(), path, "no temporary file is left behind");
  });

  it("of many servers of this process are all in the last list", async () => {
    const last = [1, 2, 3, 4, 5, 6, 7, 8];
    await Promise.all(last.map((each) => saved([lease(each)])));
    const leases = await store().read();
    assert.deepEqual(
      [...leases].sort((a, b) => a.key.localeCompare(b.key)),
      last.map(lease),
    );
    assert.deepEqual(warnings, []);
    await file();
  });

  it("are a whole list at every moment, while two processes write it", async () => {
    await saved([lease(1)]);
    // Another way to the same folder: what this process does in turn, it takes for two files.
    await symlink(folder.at("state"), folder.at("way"), "junction");
    const path = await file();
    const writes = ["state", "way"].map(async (way) => {
      for (let round = 0; round < 30; round += 1) {
        await saved([lease(2), lease(3 + round)], store(undefined, "/drop", folder.at(way)));
      }
    });
    const state = { writing: true };
    const done = Promise.all(writes).finally(() => (state.writing = false));
    while (state.writing) assert.ok(parseLeases(await readFile(path, "utf8")) !== undefined);
    await done;
    assert.deepEqual(warnings, []);
    await file();
  });

  it("give a board the same address after the server was started again, also while the one before it is closing", async () => {
    const journal = new Journal(systemClock);
    const networks = [{ address: "127.0.0.1", netmask: "255.0.0.0", interfaceName: "lo" }];
    const wanted = { ...defaultWanted, folder: "/drop", stateFolder: folder.at("state") };
    const plan = aPlan({ pool: [{ first: "127.0.0.100", last: "127.0.0.200" }] });
    const access = accessFor([], networks, []);
    const start = (): Promise<BootpServer> =>
      startBootpServer(
        {
          clock: systemClock,
          journal,
          bootLog: new BootLog(journal),
          situation: () => ({ wanted, plan, rootOf: () => ({}) as ServedRoot, access, networks }),
          changed: () => undefined,
          heard: () => undefined,
          departed: () => undefined,
          boards: {},
        },
        ["127.0.0.1"],
        0,
      );
    const ask = async ({ port }: BootpServer, mac: string): Promise<string> => {
      const reply = await new Promise<Uint8Array>((resolve, reject) => {
        openUdp({ address: "127.0.0.1", port: 0, onPacket: resolve }).then((socket) => {
          socket.send(encodePacket(aRequest({ mac })), { address: "127.0.0.1", port });
          void open.push(() => socket.close());
        }, reject);
      });
      return decodePacket(reply).yiaddr;
    };
    const open: (() => Promise<void>)[] = [];
    const macs = ["02:00:00:00:00:07", "02:00:00:00:00:03", "02:00:00:00:00:05"];
    const before = await start();
    const given: string[] = [];
    for (const mac of macs) given.push(await ask(before, mac));
    void before.drain();
    const after = await start();
    const again: string[] = [];
    for (const mac of [...macs].reverse()) again.push(await ask(after, mac));
    await after.stopNow();
    for (const close of open) await close();
    assert.deepEqual(given, ["127.0.0.100", "127.0.0.101", "127.0.0.102"]);
    assert.deepEqual(again.reverse(), given);
  });
});
