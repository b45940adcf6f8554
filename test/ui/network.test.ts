import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { sha256 } from "../support/files";
import { makeNetwork, type Layout, type TestNetwork } from "../support/namespace";
import { attemptMs, holds } from "../support/patience";
import { need } from "../support/programs";
import { sampleDrop } from "../support/sampleDrop";
import { openUi } from "../support/uiServer";
import { uiTestMs } from "../support/workbench";

/** The computer that VS Code runs on, with a network that has an address and one that has none, and a board. */
const layout = {
  server: { eth1: { lan: "lan1", address: "10.77.0.1/24" }, eth2: { lan: "lan2" } },
  board: { eth0: { lan: "lan1", address: "10.77.0.2/24" } },
} as const satisfies Layout;

/** The real ports, and nobody has chosen a network yet. */
const asInstalled = {
  "bootServers.bootp.port": undefined,
  "bootServers.tftp.port": undefined,
  "bootServers.ftp.port": undefined,
  "bootServers.address": undefined,
};

/** Runs what follows without the right to ports below 1024 (capabilities(7)). */
const withoutRights = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"];

describe("the choice of a network in VS Code's user interface", function () {
  this.timeout(uiTestMs);
  this.bail(true);
  let network: TestNetwork | undefined;

  before(async function () {
    need(this, "curl", "setpriv");
    network = await makeNetwork(this, layout);
  });

  after(() => network?.close());

  const ui = openUi({
    make: sampleDrop,
    machineSettings: asInstalled,
    // Beside the network the host's own /sys, which tells of its interfaces.
    wrapper: () => network!.host("server").command("ip", ["netns", "exec", "server"]),
  });

  const machineFile = (): string => ui.fixture.at("server/data/Machine/settings.json");
  const machineSettings = async (): Promise<Record<string, unknown>> =>
    JSON.parse(await readFile(machineFile(), "utf8")) as Record<string, unknown>;

  /** The bytes that the board gets, over its own network. */
  async function boardLoads(file: string, port = 69): Promise<string> {
    const into = ui.fixture.at("loaded");
    await network!.host("board").succeed("curl", ["-sS", "-o", into, `tftp://10.77.0.1:${port}/${file}`]);
    return sha256(await readFile(into));
  }

  const inDrop = async (file: string): Promise<string> =>
    sha256(await readFile(ui.fixture.at(`firmware-drop/images/${file}`)));

  const ip = (command: string): Promise<unknown> => network!.host("server").succeed("ip", command.split(" "));

  it("the first start serves this computer at once, and offers the networks meanwhile", async () => {
    await ui.workbench.show("Boot Servers");
    await ui.workbench.page.getByRole("button", { name: "Choose Network…" }).first().waitFor();
    await ui.workbench.picture("network welcome");
    await ui.workbench.command("Boot Servers: Start Boot Servers");
    await ui.workbench.row(/TFTP.*127\.0\.0\.1:69/);
    await ui.workbench.line(/This computer only.*chosen/);
    await ui.workbench.line(/eth1.*virtual · 10\.77\.0\.1\/24/);
    await ui.workbench.line(/eth2.*no address/);
    await ui.workbench.line(/Every interface/);
    await ui.workbench.picture("network offered");
  });

  it("a network is served once a person has agreed; declined, what ran goes on and nothing is kept", async () => {
    await ui.workbench.pick("eth1");
    await ui.workbench.question.filter({ hasText: 'Serve "firmware-drop/images" on eth1?' }).waitFor();
    await ui.workbench.picture("network question");
    await ui.workbench.answer("Cancel");
    await ui.workbench.row(/TFTP.*127\.0\.0\.1:69/);
    assert.deepEqual(await machineSettings(), {});
    const { stdout } = await network!.host("server").succeed("ss", ["-Hlun", "sport = :69"]);
    assert.match(stdout, /127\.0\.0\.1:69/);
    assert.doesNotMatch(stdout, /10\.77\.0\.1:69/);
  });

  it("agreed, every board is offered an answer, the running servers follow, a board loads, and the choices stand in the machine's settings", async () => {
    await ui.workbench.command("Boot Servers: Choose Network…");
    await ui.workbench.pick("eth1");
    await ui.workbench.answer("Serve This Network");
    // Nothing leads out of it, and no other DHCP server is there.
    await ui.workbench.question
      .filter({ hasText: "Answer every board on this cable (eth1)?" })
      .filter({ hasText: "10.77.0.100 to 10.77.0.199" })
      .waitFor();
    await ui.workbench.question.getByRole("button", { name: "Leave It as It Is" }).waitFor();
    await ui.workbench.picture("network every board");
    await ui.workbench.answer("Answer Every Board");
    await ui.workbench.row(/BOOTP.*10\.77\.0\.1:67/);
    await ui.workbench.row(/TFTP.*10\.77\.0\.1:69/);
    await ui.workbench.row(/FTP.*10\.77\.0\.1:21/);
    assert.equal(await boardLoads("u-boot.bin"), await inDrop("u-boot.bin"));
    // VS Code writes the file a moment after it has taken the choices.
    await holds(async () => {
      assert.deepEqual(await machineSettings(), {
        "bootServers.bootp.answer": "everyone",
        "bootServers.address": ["eth1"],
      });
    });
    assert.equal(existsSync(ui.fixture.at("firmware-drop/.vscode/settings.json")), false);
    await ui.workbench.row(/u-boot\.bin.*KiB in /);
    await ui.workbench.picture("network served");
  });

  for (const [what, goes, comes] of [
    ["address", "address flush dev eth1", "address add 10.77.0.1/24 dev eth1"],
    ["link", "link set eth1 down", "link set eth1 up"],
  ] as const) {
    it(`without its ${what} the servers wait, and with it they come back without a question`, async function () {
      await ip(goes);
      await ui.workbench.row(/TFTP.*waiting for an address/);
      await ui.workbench.row(what === "address" ? /ip address replace .* dev eth1/ : /eth1/);
      await ui.workbench.status("Boot: waiting for link").waitFor();
      await ui.workbench.picture(`network without its ${what}`);
      const since = Date.now();
      await ip(comes);
      await ui.workbench.row(/TFTP.*10\.77\.0\.1:69/);
      this.test!.title += ` [on the screen ${Date.now() - since} ms later]`;
      assert.equal(await boardLoads("Image"), await inDrop("Image"));
    });
  }

  it("an interface without an address is listed, with the line that gives it one", async () => {
    await ui.workbench.command("Boot Servers: Choose Network…");
    await ui.workbench.pick(/eth2.*no address/);
    await ui.workbench.line(/Copy the Command and Serve eth2/);
    await ui.workbench.picture("network never had an address");
    await ui.workbench.page.keyboard.press("Escape");
    await ui.workbench.row(/TFTP.*10\.77\.0\.1:69/);
  });

  it("refused low ports are one notification with the ways out, and rows with lines to copy", async () => {
    await ui.workbench.command("Boot Servers: Stop Boot Servers");
    await ui.workbench.status("Boot: stopped").waitFor();
    await writeFile(
      machineFile(),
      JSON.stringify({ ...(await machineSettings()), "bootServers.launch": withoutRights }),
    );
    await ui.workbench.command("Boot Servers: Start Boot Servers");
    await ui.workbench.row(/BOOTP.*failed/);
    const toast = ui.workbench.toasts.filter({ hasText: "BOOTP, TFTP and FTP did not start" });
    await toast.waitFor();
    assert.equal(await ui.workbench.toasts.count(), 1);
    for (const way of ["Copy Command", "Use High Ports", "More Rights…"]) {
      await toast.getByRole("button", { name: way }).waitFor();
    }
    const mends = await ui.workbench.row(/sysctl/);
    await ui.workbench.toSee(mends.getByRole("button", { name: "Copy Command" }), () =>
      mends.hover({ timeout: attemptMs }),
    );
    await ui.workbench.picture("network low ports");
  });

  it("high ports are for TFTP and FTP; BOOTP stays refused, as boards ask it on port 67 alone", async () => {
    await ui.workbench.press(ui.workbench.toasts, "Use High Ports");
    await ui.workbench.row(/TFTP.*10\.77\.0\.1:6969/);
    await ui.workbench.row(/FTP.*10\.77\.0\.1:2121/);
    await ui.workbench.row(/BOOTP.*failed/);
    await holds(async () => {
      const { "bootServers.tftp.port": tftp, "bootServers.ftp.port": ftp, ...rest } = await machineSettings();
      assert.deepEqual([tftp, ftp, "bootServers.bootp.port" in rest], [6969, 2121, false]);
    });
    assert.equal(await boardLoads("u-boot.bin", 6969), await inDrop("u-boot.bin"));
    assert.equal(await ui.workbench.toasts.filter({ hasText: "did not start" }).count(), 0);
    await ui.workbench.picture("network high ports");
  });
});
