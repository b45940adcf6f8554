/** A PC's network boot ROM that nobody here wrote boots from our servers: iPXE, on an emulated PC. */

import assert from "node:assert/strict";
import { switchOn } from "../support/emulator";
import { sha256, unlikeBytes } from "../support/files";
import { ipv6Router, startDnsmasq } from "../support/foreignServers";
import { makeNetwork, twoNetworks, type TestNetwork } from "../support/namespace";
import { serve, type Served } from "../support/ours";
import { need } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const layout = {
  server: twoNetworks.server,
  router: { eth0: { lan: "lan1", address: "10.77.0.2/24" } },
  pc: { eth0: { lan: "lan1" } },
} as const;

const mac = "52:54:00:77:00:30";
const kernel = unlikeBytes(300_001);
const plan = {
  clients: [{ name: "pc-1", mac, address: "10.77.0.30" }],
  boot: "undionly.kpxe",
  match: [{ userClass: "iPXE", boot: "boot.ipxe" }],
};
const files = {
  ".vscode/boot-plan.json": JSON.stringify(plan),
  "boot.ipxe": "#!ipxe\necho ${net0/ip} of ${next-server}\nimgfetch kernel.bin\nchain pc/second.ipxe\n",
  "pc/second.ipxe": "#!ipxe\nimgstat\necho chained\n",
  "kernel.bin": kernel,
};

describe("iPXE boots from our servers", function () {
  this.timeout(240_000);
  let network: TestNetwork | undefined;
  let folder: TemporaryFolder | undefined;
  let served: Served;

  before(async function () {
    need(this, "qemu-system-x86_64", "pxe-virtio.rom", "python3", "dnsmasq");
    folder = await temporaryFolder(files);
    network = await makeNetwork(this, layout);
    const router = network.host("router");
    // It lists no board, so it answers none.
    await startDnsmasq(router, { boards: {}, lines: await ipv6Router(router) });
    served = await serve(network.host("server"), folder.path, ["--address", "10.77.0.1"]);
  });

  after(async () => {
    await network?.close();
    await folder?.remove();
  });

  it("by its user class it is given a script, which loads a kernel and another script over TFTP", async () => {
    const machine = ["-M", "pc,graphics=off", "-m", "64", "-boot", "n"];
    const pc = switchOn(network!.host("pc"), "qemu-system-x86_64", machine, "virtio-net-pci", mac);
    // Its BIOS console loses what is typed fast, so nothing is typed.
    const said = await pc.waitFor(
      "chained",
      (output) => (/^chained/m.test(output) ? output : undefined),
      170_000,
    );
    assert.match(said, /^10\.77\.0\.30 of 10\.77\.0\.1/m);
    assert.match(said, /^kernel\.bin : 300001 bytes/m);
    const { sha256: sum, options } = await served.row(
      "transfer",
      ({ file, state }) => file === "kernel.bin" && state === "finished",
    );
    assert.equal(sum, sha256(kernel));
    assert.deepEqual(options, { mode: "octet", blksize: 1432, windowsize: 1 });
    const { why, file } = await served.row("client", (row) => row.mac === mac && row.file !== undefined);
    assert.deepEqual([file, why], ["boot.ipxe", "its user class is iPXE"]);
  });
});
