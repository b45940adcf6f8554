/** Ports that cannot be had: which one, why, and what to do, while the other servers run (issue 2, DESIGN §2.1). */

import assert from "node:assert/strict";
import { startDnsmasq, startVsftpd, tftpServers } from "../support/foreignServers";
import { makeNetwork, twoNetworks, type Host, type TestNetwork } from "../support/namespace";
import { ours, serve, type OursOptions, type ReadyLine, type Served } from "../support/ours";
import type { Running } from "../support/processes";
import { need } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const atftpd = tftpServers.find(({ program }) => program === "atftpd");

describe("ports that another program holds, or that want rights", function () {
  this.timeout(60_000);
  let network: TestNetwork | undefined;
  let server: Host;
  let folder: TemporaryFolder;
  /** What a test started, ours included: none of it may hold a port in the next one. */
  const running: Running[] = [];

  before(async function () {
    folder = await temporaryFolder({ "u-boot.bin": "loader" });
    network = await makeNetwork(this, { server: twoNetworks.server });
    server = network.host("server");
  });

  afterEach(async () => {
    for (const program of running.splice(0)) await program.kill();
  });

  after(async () => {
    await network?.close();
    await folder.remove();
  });

  const start = async (flags: readonly string[], options?: OursOptions): Promise<Served> => {
    const served = await serve(server, folder.path, flags, options);
    running.push(served.running);
    return served;
  };

  /** Serves TFTP and FTP, to where it ends by itself: neither port is to be had. */
  const serveFiles = (): ReturnType<typeof ours> =>
    ours(server, ["serve", folder.path, "--address", "10.77.0.1", "--servers", "tftp,ftp"]);

  const states = (ready: ReadyLine): Record<string, string> =>
    Object.fromEntries(ready.servers.map(({ protocol, state }) => [protocol, state]));

  it("a TFTP port held by atftpd is named with its holder, and BOOTP and FTP run", async function () {
    need(this, "atftpd");
    running.push(await atftpd!.start(server, "10.77.0.1", folder.path));
    const served = await start(["--address", "10.77.0.1"]);
    assert.deepEqual(states(served.ready), { bootp: "running", tftp: "failed", ftp: "running" });
    const row = served.server("tftp");
    assert.equal(row.trouble?.code, "port.inUse");
    assert.match(row.trouble.message, /UDP port 69 of 10\.77\.0\.1 .*atftpd \(pid \d+\)/);
    assert.ok(row.trouble.remedy);
    await served.stop();
  });

  it("ports that servers of ours have are named with them, and not as node's", async () => {
    const first = await start(["--address", "10.77.0.1"]);
    const ended = await serveFiles();
    assert.equal(ended.code, 3);
    for (const port of ["UDP port 69", "TCP port 21"])
      assert.match(
        ended.stdout,
        new RegExp(`${port} of 10\\.77\\.0\\.1 is in use by boot-servers \\(pid \\d+\\)`),
      );
    await first.stop();
  });

  it("an FTP port held by vsftpd is named with its holder, and BOOTP and TFTP run", async function () {
    need(this, "vsftpd");
    running.push(await startVsftpd(server, "10.77.0.1", folder.path, folder.at("vsftpd")));
    const served = await start(["--address", "10.77.0.1"]);
    assert.deepEqual(states(served.ready), { bootp: "running", tftp: "running", ftp: "failed" });
    const row = served.server("ftp");
    assert.equal(row.trouble?.code, "port.inUse");
    assert.match(row.trouble.message, /TCP port 21 of 10\.77\.0\.1 .*vsftpd \(pid \d+\)/);
    await served.stop();
  });

  it("beside a dnsmasq that has port 67 on another interface BOOTP runs, with a warning that names it", async function () {
    need(this, "dnsmasq");
    running.push(await startDnsmasq(server, { file: "u-boot.bin", boards: {}, interfaceName: "eth2" }));
    const served = await start(["--address", "10.77.0.1"]);
    assert.deepEqual(states(served.ready), { bootp: "running", tftp: "running", ftp: "running" });
    const row = served.server("bootp");
    assert.match(row.warnings.map(({ message }) => message).join("\n"), /67.*dnsmasq \(pid \d+\)/);
    await served.stop();
  });

  it("a dnsmasq that shares port 67 with nobody is named as its holder, and TFTP and FTP run", async function () {
    need(this, "dnsmasq");
    running.push(await startDnsmasq(server, { file: "u-boot.bin", boards: {} }));
    const served = await start(["--address", "10.77.0.1"]);
    assert.deepEqual(states(served.ready), { bootp: "failed", tftp: "running", ftp: "running" });
    const row = served.server("bootp");
    assert.equal(row.trouble?.code, "port.inUse");
    assert.match(row.trouble.message, /UDP port 67 .*dnsmasq \(pid \d+\)/);
    await served.stop();
  });

  it("where no server can run it says so for each of them and exits with 3", async function () {
    need(this, "atftpd", "vsftpd");
    running.push(await atftpd!.start(server, "10.77.0.1", folder.path));
    running.push(await startVsftpd(server, "10.77.0.1", folder.path, folder.at("vsftpd")));
    const ended = await serveFiles();
    assert.equal(ended.code, 3, ended.stderr);
    assert.match(ended.stdout + ended.stderr, /UDP port 69 .*atftpd/);
    assert.match(ended.stdout + ended.stderr, /TCP port 21 .*vsftpd/);
  });

  /** Our program without the right to bind ports below 1024, whoever runs it. */
  const without: readonly string[] = ["--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"];

  it("without the right to low ports loopback goes to 6767, 6969 and 2121, and says so", async function () {
    need(this, "setpriv");
    const served = await start([], { through: ["setpriv", ...without] });
    assert.deepEqual(
      served.ready.servers.map(({ protocol, state, port }) => [protocol, state, port]),
      [
        ["bootp", "running", 6767],
        ["tftp", "running", 6969],
        ["ftp", "running", 2121],
      ],
    );
    const row = served.server("tftp");
    assert.match(row.warnings.map(({ message }) => message).join("\n"), /69\b.*6969|6969.*69\b/s);
    await served.stop();
  });

  it("without that right a network's low ports fail with what to do, and it exits with 3", async function () {
    need(this, "setpriv");
    const ended = await ours(server, ["serve", folder.path, "--address", "10.77.0.1"], {
      through: ["setpriv", ...without],
    });
    assert.equal(ended.code, 3, ended.stderr);
    const said = ended.stdout + ended.stderr;
    for (const port of ["UDP port 67", "UDP port 69", "TCP port 21"]) {
      assert.match(said, new RegExp(`no permission to listen on ${port} of `));
    }
    assert.match(said, /--high-ports/);
    assert.doesNotMatch(said, /cannot accept/, "what cannot be bound accepts no connection");
  });
});
