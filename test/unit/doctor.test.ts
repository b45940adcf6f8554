import assert from "node:assert/strict";
import { formatChecks } from "../../src/cli/doctor";
import { colour, noColour } from "../../src/cli/print";
import { firewallChecks } from "../../src/engine/doctor/firewallChecks";
import {
  readFirewalls,
  readMacFirewall,
  readUnits,
  readWindowsFirewall,
  type FirewallName,
} from "../../src/engine/doctor/firewallFacts";
import { openingLines, type Opening } from "../../src/engine/doctor/firewallLines";
import { networkChecks, planChecks } from "../../src/engine/doctor/networkChecks";
import {
  clientPortCheck,
  portChecks,
  proxyPortCheck,
  type PortFacts,
} from "../../src/engine/doctor/portChecks";
import { readSs } from "../../src/engine/doctor/portFacts";
import { insideCheck, readInside } from "../../src/engine/doctor/surroundingsCheck";
import type { SystemFiles } from "../../src/engine/networks/linux";
import type { Protocol } from "../../src/model/events";
import { groupChecks, summaryOf, type Check } from "../../src/model/checks";
import type { NetworkInterface } from "../../src/model/networks";
import { standardPorts } from "../../src/model/settings";

const states = (checks: readonly Check[]): string[] =>
  checks.map(({ about, state, code }) => `${about}: ${state} ${code}`);

/** A Linux computer with these files and programs; what is not there fails. */
const linux = (
  texts: Readonly<Record<string, string>>,
  programs: Readonly<Record<string, string>> = {},
): [SystemFiles, (file: string) => Promise<string>] => [
  { read: (path) => texts[path], exists: (path) => path in texts },
  (file) => {
    const text = programs[file];
    return text === undefined ? Promise.reject(new Error("ENOENT")) : Promise.resolve(text);
  },
];

describe("the holders of a port (ss)", () => {
  it("are read with address, interface and program, as far as they may be seen", () => {
    const text = [
      'UNCONN 0      0      0.0.0.0%virbr0:67   0.0.0.0:*    users:(("dnsmasq",pid=812,fd=3))',
      "UNCONN 0      0             0.0.0.0:67   0.0.0.0:*",
      'UNCONN 0      0                [::]:69      [::]:*    users:(("in.tftpd",pid=9,fd=4))',
      "UNCONN 0 0 [fe80::1]%eth1:69 [::]:*",
      "UNCONN 0 0 *:69 *:*",
      "",
    ].join("\n");
    assert.deepEqual(readSs(text), [
      { address: "0.0.0.0", device: "virbr0", program: "dnsmasq (pid 812)" },
      { address: "0.0.0.0" },
      { address: "::", program: "in.tftpd (pid 9)" },
      { address: "fe80::1", device: "eth1" },
      { address: "0.0.0.0" },
    ]);
  });
});

describe("a port of a server", () => {
  const fix = { what: "gives the right", line: "sudo sysctl" };
  const facts: PortFacts = {
    server: "bootp",
    transport: "udp",
    port: 67,
    binding: "free",
    holders: [],
    served: ["192.168.7.1", "eth1"],
    advice: { remedy: "Take the right.", fixes: [fix] },
    platform: "linux",
  };
  const of = (changed: Partial<PortFacts>): Check[] => portChecks({ ...facts, ...changed });
  const libvirt = { address: "0.0.0.0", device: "virbr0", program: "dnsmasq (pid 812)" };

  it("that is free is in order", () => {
    assert.deepEqual(states(of({})), ["UDP port 67: ok port.free"]);
  });

  it("that a dnsmasq of libvirt has on its own bridge is no conflict, and is told", () => {
    const [check, ...more] = of({ binding: "shared", holders: [libvirt] });
    assert.deepEqual([check?.state, more], ["ok", []]);
    assert.match(check?.message ?? "", /no conflict: dnsmasq \(pid 812\), on virbr0 alone/);
  });

  it("that one hears on the served interface as well is a conflict, whether it can be shared or not", () => {
    const holders = [{ ...libvirt, device: "eth1" }];
    assert.deepEqual(states(of({ binding: "shared", holders })), ["UDP port 67: warning port.shared"]);
    assert.deepEqual(states(of({ binding: "inUse", holders })), ["UDP port 67: problem port.inUse"]);
    assert.match(of({ binding: "inUse", holders })[0]?.message ?? "", /^in use by dnsmasq \(pid 812\)/);
  });

  it("that servers of ours have already is in order, with rights and without", () => {
    const holders = [{ address: "192.168.7.1", program: "boot-servers (pid 7)" }];
    for (const binding of ["inUse", "shared", "noRight"] as const)
      assert.deepEqual(states(of({ binding, holders })), ["UDP port 67: ok port.ours"]);
    const high = { port: 6767, binding: "inUse", holders } as const;
    assert.deepEqual(states(of({ binding: "noRight", high })), ["UDP port 6767: ok port.ours"]);
    assert.deepEqual(states(of({ binding: "inUse", holders: [...holders, { address: "0.0.0.0" }] })), [
      "UDP port 67: problem port.inUse",
    ]);
  });

  it("whose holder may not be seen has the line that names it, on each system", () => {
    const holders = [{ address: "0.0.0.0" }];
    const [check] = of({ binding: "inUse", holders });
    assert.match(check?.message ?? "", /cannot be read without rights/);
    for (const [platform, line] of [
      ["linux", "sudo ss -lnpu 'sport = :67'"],
      ["darwin", "sudo lsof -nP -i UDP:67"],
      ["win32", "Get-NetUDPEndpoint -LocalPort 67 | ForEach-Object { Get-Process -Id $_.OwningProcess }"],
    ] as const) {
      assert.equal(of({ binding: "inUse", platform })[0]?.fixes?.[0]?.line, line);
    }
  });

  it("that is taken has another way out for TFTP and FTP, flag and setting; BOOTP has none", () => {
    const remedy = (server: Protocol): string | undefined => of({ server, binding: "inUse" })[0]?.remedy;
    assert.equal(remedy("bootp"), "End that program.");
    assert.equal(
      remedy("tftp"),
      "End that program, or choose another port: --tftp-port N, setting bootServers.tftp.port.",
    );
  });

  it("that needs rights has what gives them; who holds it besides is told as well", () => {
    assert.deepEqual(of({ binding: "noRight" })[0]?.fixes, [fix]);
    assert.deepEqual(states(of({ binding: "noRight", holders: [{ address: "0.0.0.0" }] })), [
      "UDP port 67: problem port.inUse",
      "UDP port 67: problem port.permission",
    ]);
  });

  it("that needs rights on loopback becomes the high one, and is a problem only where that is held", () => {
    const high = { port: 6767, binding: "free" } as const;
    assert.deepEqual(states(of({ binding: "noRight", high })), ["UDP port 67: ok port.high"]);
    const held = of({ binding: "noRight", high: { ...high, binding: "inUse" } });
    assert.deepEqual(states(held), [
      "UDP port 67: problem port.permission",
      "UDP port 6767: problem port.inUse",
    ]);
  });

  it("4011 matters to a proxy alone", () => {
    const holders = [{ address: "0.0.0.0", program: "dnsmasq (pid 812)" }];
    assert.deepEqual(
      [
        proxyPortCheck("free", [], false),
        proxyPortCheck("free", [], true),
        proxyPortCheck("inUse", holders, false),
        proxyPortCheck("inUse", holders, true),
      ].map(({ state, message }) => `${state}: ${message.split(":")[0] ?? ""}`),
      [
        "ok: free; only proxyDHCP uses it",
        "ok: free for BOOTP as a proxy",
        "ok: in use by dnsmasq (pid 812); only proxyDHCP would need it",
        "warning: in use by dnsmasq (pid 812)",
      ],
    );
  });

  it("68 held by a DHCP client of this computer is normal, and it is said what that means", () => {
    const check = clientPortCheck("inUse", [{ address: "0.0.0.0", program: "dhclient (pid 412)" }]);
    assert.equal(check.state, "ok");
    assert.match(check.message, /dhclient \(pid 412\): a DHCP client .*Serving does not need it; verify/);
  });
});

describe("the firewalls of a computer", () => {
  const opening: Opening = {
    interfaceName: "eth1",
    servers: ["bootp", "tftp", "ftp"],
    ports: standardPorts,
    proxy: false,
    passive: [32768, 60999],
    program: "/usr/bin/node",
  };
  const lines = (name: FirewallName, changed: Partial<Opening> = {}): string[] =>
    openingLines(name, [{ ...opening, ...changed }]).map(({ line }) => line);

  it("of Linux: ufw by its file, the others by what systemd tells everybody", async () => {
    const units = "Id=firewalld.service\nActiveState=inactive\n\nId=nftables.service\nActiveState=active\n";
    const machine = linux(
      { "/etc/ufw/ufw.conf": "# comment\nENABLED=yes\nLOGLEVEL=low\n" },
      { systemctl: units },
    );
    assert.deepEqual(await readFirewalls("linux", ...machine), [
      { name: "ufw", state: "active" },
      { name: "firewalld", state: "inactive" },
      { name: "nftables", state: "active" },
    ]);
    assert.deepEqual(
      (await readFirewalls("linux", ...linux({ "/etc/ufw/ufw.conf": "ENABLED=no\n" }))).map(
        ({ state }) => state,
      ),
      ["inactive", "unknown", "unknown"],
    );
    assert.deepEqual(
      readUnits("").map(({ state }) => state),
      ["unknown", "unknown"],
    );
  });

  it("of macOS and Windows, or nothing where they are not told", () => {
    assert.deepEqual(readMacFirewall("Firewall is enabled. (State = 1)"), { name: "macOS", state: "active" });
    assert.equal(readMacFirewall("Firewall is blocking all (State = 2)").blocksAll, true);
    assert.equal(readMacFirewall("Firewall is disabled. (State = 0)").state, "inactive");
    assert.equal(readMacFirewall("").state, "unknown");
    assert.equal(readWindowsFirewall("[1,0,2]").state, "active");
    assert.equal(readWindowsFirewall("[0,0,0]").state, "inactive");
    assert.equal(readWindowsFirewall("").state, "unknown");
  });

  it("are opened for these ports of the served interface and no more", () => {
    assert.deepEqual(lines("ufw"), [
      "sudo ufw allow in on eth1 to any port 67,69 proto udp && sudo ufw allow in on eth1 to any port 21,32768:60999 proto tcp",
    ]);
    assert.deepEqual(lines("ufw", { servers: ["tftp"], ports: { ...standardPorts, tftp: 6969 } }), [
      "sudo ufw allow in on eth1 to any port 6969 proto udp",
    ]);
    assert.match(lines("firewalld").join(), / --add-service=dhcp --add-service=tftp --add-service=ftp$/);
    assert.match(
      lines("firewalld", { servers: ["tftp"], ports: { ...standardPorts, tftp: 6969 } }).join(),
      / --add-port=6969\/udp$/,
    );
    assert.deepEqual(lines("Windows", { interfaceName: "Bob's LAN", servers: ["bootp", "tftp"] }), [
      "New-NetFirewallRule -DisplayName 'Boot Servers' -Direction Inbound -Action Allow -Protocol UDP -LocalPort 67,69 -InterfaceAlias 'Bob''s LAN' -Program '/usr/bin/node'",
    ]);
    assert.match(lines("ufw", { proxy: true }).join(), / to any port 67,69,4011 proto udp /);
    assert.match(lines("firewalld", { proxy: true }).join(), / --add-service=ftp --add-port=4011\/udp$/);
    assert.doesNotMatch(lines("ufw", { proxy: true, servers: ["tftp"] }).join(), /4011/);
    assert.match(lines("macOS").join(), /^sudo \S+socketfilterfw --add \/usr\/bin\/node --unblockapp/);
  });

  it("claim nothing of rules that were not read, and do not matter on loopback", () => {
    const active = { name: "ufw", state: "active" } as const;
    const [check] = firewallChecks([active], [opening]);
    assert.equal(check?.state, "warning");
    assert.match(check.message, /not to be read without rights/);
    assert.deepEqual(firewallChecks([active], []), []);
    assert.deepEqual(states(firewallChecks([{ name: "nftables", state: "unknown" }], [opening])), [
      "firewall: unknown firewall.unknown",
    ]);
    const off = firewallChecks([{ name: "nftables", state: "inactive" }], [opening]);
    assert.deepEqual(states(off), ["firewall: ok firewall.inactive"]);
    assert.match(off[0]?.message ?? "", /made without it cannot be read/);
    const mac = firewallChecks([{ name: "macOS", state: "inactive" }], [opening]);
    assert.equal(mac[0]?.message, "not active: macOS");
  });
});

describe("the networks that are to be served", () => {
  const network = (name: string, more: Partial<NetworkInterface> = {}): NetworkInterface => ({
    name,
    kind: "wired",
    addresses: [],
    link: true,
    gateway: false,
    ...more,
  });
  const fix = { what: "gives it one", line: "sudo ip address" };
  const bench = { address: "192.168.7.1", netmask: "255.255.255.0" };

  it("one without an address is in the way with the line that gives it one, one that is not served a warning", () => {
    const eth1 = network("eth1", { fix });
    const missing = networkChecks(["eth1"], { networks: [], ipv6: [], missing: ["eth1"] }, [eth1]);
    assert.deepEqual(states(missing), ["interface eth1: problem address.waiting"]);
    assert.deepEqual(missing[0]?.fixes, [fix]);
    const onlyIpv6 = networkChecks(["eth1"], { networks: [], ipv6: ["fe80::1%eth1"], missing: [] }, [eth1]);
    assert.deepEqual(onlyIpv6, missing);
    const other = networkChecks(["127.0.0.1"], { networks: [], ipv6: [], missing: [] }, [eth1]);
    assert.deepEqual(states(other), ["interface eth1: warning network.noAddress"]);
    const unplugged = networkChecks([], { networks: [], ipv6: [], missing: [] }, [{ ...eth1, link: false }]);
    assert.deepEqual(states(unplugged), ["interface eth1: ok network.seen"]);
  });

  it("a planned address outside of them is told with its board and with what is served", () => {
    const served = [{ ...bench, interfaceName: "eth1" }];
    const board = { name: "bench-1", mac: "52:54:00:00:00:01", address: "192.168.8.10" };
    const [check] = planChecks({ clients: [board], pool: [] }, served, []);
    assert.equal(check?.state, "warning");
    assert.equal(check.message, "bench-1 (192.168.8.10) is not in a served network: 192.168.7.1/24");
    const inside = { ...board, address: "192.168.7.10" };
    assert.equal(planChecks({ clients: [inside], pool: [] }, served, [])[0]?.state, "ok");
    // On loopback any network of this computer will do.
    const lo = [{ address: "127.0.0.1", netmask: "255.0.0.0", interfaceName: "lo" }];
    const eth1 = network("eth1", { addresses: [bench] });
    assert.equal(planChecks({ clients: [inside], pool: [] }, lo, [eth1])[0]?.state, "ok");
    assert.deepEqual(planChecks({ clients: [], pool: [] }, served, []), []);
  });
});

describe("a computer inside another one", () => {
  const release = "/proc/sys/kernel/osrelease";
  const wsl2 = { [release]: "5.15.153.1-microsoft-standard-WSL2\n" };

  it("is told by its kernel, or by what containers leave", async () => {
    assert.deepEqual(await readInside(...linux({ "/.dockerenv": "" })), { kind: "container" });
    assert.deepEqual(await readInside(...linux({ "/run/.containerenv": "" })), { kind: "container" });
    assert.deepEqual(await readInside(...linux({ [release]: "4.4.0-19041-Microsoft\n" })), { kind: "wsl1" });
    assert.deepEqual(await readInside(...linux(wsl2)), { kind: "wsl2" });
    assert.deepEqual(await readInside(...linux(wsl2, { wslinfo: "nat\n" })), {
      kind: "wsl2",
      networking: "nat",
    });
    assert.equal(await readInside(...linux({ [release]: "6.1.0-18-amd64\n" })), undefined);
  });

  it("stands in the way where NAT is known; what cannot be seen is said to be so; loopback does not care", () => {
    assert.equal(insideCheck({ kind: "wsl2", networking: "nat" }, false).state, "problem");
    for (const inside of [
      { kind: "wsl2" },
      { kind: "wsl2", networking: "mirrored" },
      { kind: "wsl1" },
      { kind: "container" },
    ] as const) {
      assert.equal(insideCheck(inside, false).state, "unknown");
      assert.equal(insideCheck(inside, true).state, "ok");
    }
  });
});

describe("what doctor prints", () => {
  const checks: Check[] = [
    { type: "check", about: "UDP port 69", state: "ok", code: "port.free", message: "free" },
    {
      ...{ type: "check", about: "UDP port 67", state: "problem", code: "port.inUse" },
      message: "in use by evil\u001b[2K",
      remedy: "End that program.",
      fixes: [{ what: "names it", line: "sudo ss" }],
    },
  ];
  const summary = summaryOf(checks, ["eth1"]);

  it("the most urgent first, what to paste on a line of its own, and the verdict last", () => {
    assert.deepEqual(formatChecks(checks, summary, noColour), [
      "In the way",
      "  ✗ UDP port 67            in use by evil\\x1b[2K",
      "    End that program.",
      "    This line names it:",
      "        sudo ss",
      "",
      "In order",
      "  ✓ UDP port 69            free",
      "",
      "1 thing stands in the way of serving on eth1.",
    ]);
    assert.match(formatChecks(checks, summary, colour)[1] ?? "", /^ {2}\u001b\[31m✗\u001b\[0m UDP/);
  });

  it("a line that mends several once, with the first of them", () => {
    const fixes = [{ what: "gives the right", line: "sudo sysctl" }];
    const [first, second] = ["UDP port 67", "UDP port 69"].map((about): Check => ({
      ...checks[1]!,
      about,
      fixes,
    }));
    const [group] = groupChecks([first!, second!]);
    assert.deepEqual(
      group?.checks.map((check) => check.fixes),
      [fixes, undefined],
    );
  });

  it("the summary counts by state, and is ok without a problem", () => {
    assert.deepEqual([summary.ok, summary.problem, summary.warning, summary.unknown], [false, 1, 0, 0]);
    assert.equal(summaryOf(checks.slice(0, 1), ["eth1"]).ok, true);
  });
});
