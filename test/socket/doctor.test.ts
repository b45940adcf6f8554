/** Check This Machine beside servers that run: what is ours stands in nobody's way. */

import assert from "node:assert/strict";
import { checkMachine, thisMachine } from "../../src/engine/doctor/doctor";
import { createEngine } from "../../src/engine/engine";
import type { Check } from "../../src/model/checks";
import { anyPorts, defaultWanted, type Wanted } from "../../src/model/settings";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const brief = (checks: readonly Check[]): string[] =>
  checks
    .filter(({ about }) => / port /.test(about) && !/ (68|4011)$/.test(about))
    .map(({ about, state, code }) => `${about}: ${state} ${code}`);

describe("the check of this machine", () => {
  let folder: TemporaryFolder;
  const engine = createEngine();
  const wantedWith = (more: Partial<Wanted>): Wanted => ({
    ...defaultWanted,
    folder: folder.path,
    ports: anyPorts,
    ...more,
  });

  before(async () => {
    folder = await temporaryFolder({ "u-boot.bin": "loader" });
  });

  afterEach(async () => {
    await engine.stopNow();
    await folder.write(".vscode/boot-plan.json", "{}");
  });

  after(() => folder.remove());

  it("knows our own running servers by their ports, for another engine they are in use", async () => {
    await engine.configure(wantedWith({}));
    const rows = [...engine.snapshot().servers.values()];
    const ports = Object.fromEntries(rows.map(({ id, port }) => [id, port]));
    const [bootp, tftp, ftp] = [ports["bootp"], ports["tftp"], ports["ftp"]];
    assert.ok(bootp && tftp && ftp);
    const wanted = wantedWith({ ports: { bootp, tftp, ftp } });
    const expected = (end: string): string[] =>
      [`UDP port ${bootp}`, `UDP port ${tftp}`, `TCP port ${ftp}`].map((about) => `${about}: ${end}`);
    assert.deepEqual(brief(await engine.check(wanted)), expected("ok port.ours"));
    assert.deepEqual(brief(await engine.check(wantedWith({}))), expected("ok port.ours"));
    assert.deepEqual(brief(await createEngine().check(wanted)), expected("problem port.inUse"));
  });

  it("tells of a plan that nothing is served with", async () => {
    await folder.write(".vscode/boot-plan.json", '{ "boot": 7 }');
    const checks = await engine.check(wantedWith({}));
    const plan = checks.find(({ about }) => about === "boot plan");
    assert.deepEqual([plan?.state, plan?.code], ["problem", "plan.invalid"]);
  });

  it("looks at the firewalls for a served network, and not for loopback", async () => {
    const info = { address: "127.0.0.1", netmask: "255.0.0.0", mac: "", internal: true, cidr: null } as const;
    const asked: string[] = [];
    const machine = {
      ...thisMachine,
      platform: "linux",
      files: { read: () => undefined, exists: () => false },
      run: (file: string) => {
        asked.push(file);
        return Promise.reject(new Error(file));
      },
      readInterfaces: () => ({ lo: [{ ...info, family: "IPv4" as const }] }),
      listNetworks: () => Promise.resolve([]),
      searchRivals: () => Promise.resolve({ kind: "looked", rivals: [] } as const),
    } as const;
    await checkMachine(wantedWith({}), [], machine);
    assert.equal(asked.includes("systemctl"), false);
    const eth1 = { ...info, family: "IPv4" as const, address: "192.0.2.77", internal: false };
    await checkMachine(wantedWith({ addresses: ["eth1"] }), [], {
      ...machine,
      readInterfaces: () => ({ eth1: [eth1] }),
    });
    assert.equal(asked.includes("systemctl"), true);
  });
});
