/** `doctor` on real ports: what others hold, what needs rights, and its exit code (DESIGN §3). */

import assert from "node:assert/strict";
import type { Check, CheckSummary } from "../../src/model/checks";
import { startDnsmasq } from "../support/foreignServers";
import { makeNetwork, twoNetworks, type Host, type TestNetwork } from "../support/namespace";
import { ours, serve, type OursOptions } from "../support/ours";
import type { Running } from "../support/processes";
import { need } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

describe("doctor, on ports that others hold or that want rights", function () {
  this.timeout(60_000);
  let network: TestNetwork | undefined;
  let server: Host;
  let folder: TemporaryFolder;
  const running: Running[] = [];

  before(async function () {
    folder = await temporaryFolder({
      ".vscode/boot-plan.json": JSON.stringify({
        clients: [{ name: "bench-1", mac: "52:54:00:77:00:10", address: "10.99.0.10" }],
      }),
      "u-boot.bin": "loader",
    });
    network = await makeNetwork(this, {
      server: { ...twoNetworks.server, eth3: { lan: "lan3" } },
      rival: { eth0: { lan: "lan1", address: "10.77.0.2/24" } },
    });
    server = network.host("server");
  });

  afterEach(async () => {
    for (const program of running.splice(0)) await program.kill();
  });

  after(async () => {
    await network?.close();
    await folder.remove();
  });

  /** Its exit code, the checks by what they are about, and the last line. */
  async function doctor(
    flags: readonly string[],
    options?: OursOptions,
  ): Promise<{ code: number | null; of: (about: string) => Check | undefined; summary: CheckSummary }> {
    const { code, stdout, stderr } = await ours(server, ["doctor", folder.path, "--json", ...flags], options);
    assert.equal(stderr, "");
    const rows = stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Check | CheckSummary);
    const summary = rows.at(-1);
    assert.ok(summary?.type === "summary", stdout);
    const checks = rows.filter((row) => row.type === "check");
    return { code, of: (about) => checks.find((check) => check.about === about), summary };
  }

  const rivals = "other DHCP servers";

  /** Another DHCP server on the cable of eth1: where one answers, the doctor has looked for others in half a second. */
  const startRival = async (): Promise<Running> => {
    const options = { file: "theirs.bin", boards: {}, pool: "10.77.0.200,10.77.0.220" };
    const daemon = await startDnsmasq(network!.host("rival"), options);
    running.push(daemon);
    return daemon;
  };

  it("with all ports free nothing is in the way, and no other DHCP server answers; the plan's address outside of the network is told", async () => {
    const { code, of, summary } = await doctor(["--address", "eth1"]);
    assert.deepEqual([code, summary.ok], [0, true]);
    for (const port of ["UDP port 67", "UDP port 69", "TCP port 21"])
      assert.equal(of(port)?.state, "ok", port);
    assert.match(
      of("addresses in the boot plan")?.message ?? "",
      /bench-1 \(10\.99\.0\.10\).*10\.77\.0\.1\/24/,
    );
    assert.match(of("interface eth1")?.message ?? "", /10\.77\.0\.1\/24.*; served$/);
    assert.equal(of(rivals)?.state, "ok");
    assert.match(
      of(rivals)?.message ?? "",
      /^none answered on the network of 10\.77\.0\.1 within 4 seconds$/,
    );
  });

  it("another DHCP server on the cable is told with what it offers, and what to do beside it; it gave nobody an address", async function () {
    need(this, "dnsmasq");
    const rival = await startRival();
    const told =
      /^10\.77\.0\.2 answers on the network of 10\.77\.0\.1, and offers addresses of 10\.77\.0\.0\/24\b/;
    for (const [answer, state, says, remedy] of [
      ["boards", "warning", /names no file of yours$/, /next-server 10\.77\.0\.1\).*--answer proxy/],
      ["everyone", "warning", /in conflict with everyone/, /--answer proxy/],
      ["proxy", "ok", /proxy goes beside it$/, /^$/],
    ] as const) {
      const { code, of } = await doctor(["--address", "eth1", "--answer", answer]);
      const check = of(rivals);
      assert.deepEqual([code, check?.state, check?.code], [0, state, "dhcp.rival"], answer);
      assert.match(check?.message ?? "", told);
      assert.match(check?.message ?? "", says);
      assert.match(check?.remedy ?? "", remedy);
    }
    assert.match(rival.output, /DHCPOFFER/);
    assert.doesNotMatch(rival.output, /DHCPREQUEST|DHCPACK/);
  });

  it("a dnsmasq on another interface is told and is no conflict", async function () {
    need(this, "dnsmasq", "ss");
    await startRival();
    running.push(await startDnsmasq(server, { file: "u-boot.bin", boards: {}, interfaceName: "eth2" }));
    const { code, of } = await doctor(["--address", "eth1"]);
    assert.equal(code, 0);
    assert.equal(of("UDP port 67")?.state, "ok");
    assert.match(of("UDP port 67")?.message ?? "", /no conflict: dnsmasq \(pid \d+\), on eth2 alone/);
  });

  it("a dnsmasq that has port 67 for itself is in the way, and named", async function () {
    need(this, "dnsmasq");
    await startRival();
    running.push(await startDnsmasq(server, { file: "u-boot.bin", boards: {} }));
    const { code, of, summary } = await doctor(["--address", "eth1"]);
    assert.deepEqual([code, summary.problem], [1, 1]);
    assert.equal(of("UDP port 67")?.code, "port.inUse");
    assert.match(of("UDP port 67")?.message ?? "", /in use by dnsmasq \(pid \d+\)/);
  });

  /** Without the right to bind ports below 1024, whoever runs it. */
  const without = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"];

  it("without the right to low ports a network's are in the way, and loopback's move", async function () {
    need(this, "setpriv");
    const there = await doctor(["--address", "eth1"], { through: without });
    assert.deepEqual([there.code, there.summary.problem], [1, 3]);
    assert.equal(there.of(rivals)?.state, "unknown");
    assert.match(there.of(rivals)?.message ?? "", /^they could not be asked for: .*port 68.*port 67/);
    assert.ok(there.of("UDP port 69")?.fixes?.length);
    const alone = await doctor([], { through: without });
    assert.deepEqual([alone.code, alone.of("TCP port 21")?.code], [0, "port.high"]);
    assert.equal(alone.of(rivals), undefined, "on loopback there is nobody else");
  });

  /** Shows the interfaces of the host in /sys, as a computer of its own has it. */
  const withOwnSys = ["unshare", "--mount", "sh", "-c", 'mount -t sysfs sysfs /sys && exec "$@"', "sh"];

  it("an interface without an address is in the way, with the line that gives it one", async () => {
    const { code, of } = await doctor(["--address", "eth3"], { through: withOwnSys });
    assert.equal(code, 1);
    assert.equal(of("interface eth3")?.code, "address.waiting");
    assert.match(of("interface eth3")?.fixes?.[0]?.line ?? "", /^sudo ip address replace .* dev eth3 /);
  });

  it("tells people the same, and servers of another process of ours as ours", async () => {
    const served = await serve(server, folder.path, ["--address", "10.77.0.1"]);
    running.push(served.running);
    const { code, stdout } = await ours(server, ["doctor", folder.path, "--address", "eth1"]);
    assert.equal(code, 0);
    for (const [port, name] of [
      ["UDP port 67", "BOOTP"],
      ["UDP port 69", "TFTP"],
      ["TCP port 21", "FTP"],
    ] as const)
      assert.match(stdout, new RegExp(`✓ ${port} +our own ${name} server listens there`));
    assert.match(stdout, /\nNothing that was seen stands in the way of serving on eth1\.\n$/);
    assert.match(stdout, / other DHCP servers +none answered on the network of 10\.77\.0\.1 /);
    const boards = served.rows().flatMap((row) => (row.type === "client" ? row.stage : []));
    assert.deepEqual([...new Set(boards)], ["listed"], "what the doctor asks is no board's");
    await served.stop();
  });
});
