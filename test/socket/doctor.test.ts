/** Check This Machine beside servers that run: what is ours stands in nobody's way. */

import assert from "node:assert/strict";
import { join } from "node:path";
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

  const saidOfPlan = async (wanted: Wanted): Promise<string> =>
    (await engine.check(wanted)).find(({ about }) => about === "boot plan")?.message ?? "";

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
    assert.match(plan?.message ?? "", /^nothing is served with it: \.vscode\/boot-plan\.json:1:\d+ .*"boot"/);
    const wanted = wantedWith({ planFile: join(folder.path, "nope.json") });
    assert.match(await saidOfPlan(wanted), /: nope\.json:1:1 there is no such file; check its name$/);
  });

  it("tells of several problems of a plan the first, and how many there are besides", async () => {
    await folder.write(".vscode/boot-plan.json", '{ "boot": 7, "tftp": 7, "ftp": 7 }');
    assert.match(await saidOfPlan(wantedWith({})), /boot-plan\.json:1:\d+ .*, and 2 more$/);
  });

  it("tells of a folder that is not there, and of a file where a folder should be", async () => {
    for (const [name, says] of [
      ["nope", 'the workspace folder "nope" does not exist'],
      ["u-boot.bin", 'the workspace folder "u-boot.bin" is not a folder'],
    ] as const) {
      const checks = await engine.check(wantedWith({ folder: join(folder.path, name) }));
      const found = checks.find(({ code }) => code === "root.missing");
      assert.deepEqual([found?.state, found?.message], ["problem", says]);
    }
    const checks = await engine.check(wantedWith({}));
    assert.equal(
      checks.some(({ code }) => code === "root.missing"),
      false,
    );
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
