import assert from "node:assert/strict";
import type { NetworkInterfaceInfo } from "node:os";
import type { InterfaceTable } from "../../src/engine/interfaces";
import { linuxInterfaces, type SystemFiles } from "../../src/engine/networks/linux";
import { macInterfaces, readMac } from "../../src/engine/networks/macOs";
import { arrange, listNetworks } from "../../src/engine/networks/networks";
import type { ToldInterface } from "../../src/engine/networks/told";
import { readWindows, windowsInterfaces } from "../../src/engine/networks/windows";
import type { NetworkInterface } from "../../src/model/networks";

const ipv4 = (address: string, netmask = "255.255.255.0"): NetworkInterfaceInfo => ({
  address,
  netmask,
  family: "IPv4",
  mac: "00:00:00:00:00:00",
  internal: address.startsWith("127."),
  cidr: null,
});
const ipv6: NetworkInterfaceInfo = {
  address: "fe80::1",
  netmask: "ffff:ffff:ffff:ffff::",
  family: "IPv6",
  mac: "00:00:00:00:00:00",
  internal: false,
  cidr: null,
  scopeid: 3,
};
const lo: InterfaceTable = { lo: [ipv4("127.0.0.1", "255.0.0.0")] };

const find = (list: readonly NetworkInterface[], name: string): NetworkInterface | undefined =>
  list.find((one) => one.name === name);
const lineOf = (list: readonly NetworkInterface[], name: string): string | undefined =>
  find(list, name)?.fix?.line;

describe("the networks of a computer", () => {
  const told = (name: string, more: Partial<ToldInterface> = {}): ToldInterface => ({
    name,
    kind: "wired",
    addresses: [],
    gateway: false,
    giveAddress: (address) => ({ what: "", line: address }),
    ...more,
  });

  it("stand in the order in which a person looks: this computer, cables, Wi-Fi, what is no hardware", () => {
    const list = arrange(
      [
        told("docker0", { kind: "virtual" }),
        told("wlan0", { kind: "wireless" }),
        told("eth10", { link: true }),
        told("eth1", { link: false }),
        told("eth2", { link: true }),
        told("eth3"),
        told("lo", { kind: "loopback" }),
      ],
      lo,
    );
    const names = ["lo", "eth2", "eth3", "eth10", "eth1", "wlan0", "docker0"];
    assert.deepEqual(
      list.map(({ name }) => name),
      names,
    );
  });

  it("one without an address is offered a network that no other has", () => {
    const taken: InterfaceTable = {
      ...lo,
      eth0: [ipv4("192.168.7.77")],
      eth9: [ipv4("192.168.9.1", "255.255.254.0")],
    };
    assert.equal(lineOf(arrange([told("eth1")], taken), "eth1"), "192.168.10.1");
    const large: InterfaceTable = { eth0: [ipv4("192.168.40.1", "255.255.0.0")] };
    assert.equal(lineOf(arrange([told("eth1")], large), "eth1"), undefined);
  });

  it("one with an address is offered none, unless it gave that to itself (RFC 3927)", () => {
    const table: InterfaceTable = {
      eth1: [ipv4("10.0.0.1")],
      eth2: [ipv4("169.254.3.4", "255.255.0.0")],
      eth3: [ipv6],
    };
    const list = arrange([told("eth1"), told("eth2"), told("eth3")], table);
    assert.deepEqual(
      list.map(({ name, fix }) => [name, fix?.line]),
      [
        ["eth1", undefined],
        ["eth2", "192.168.7.1"],
        ["eth3", "192.168.7.1"],
      ],
    );
  });

  it("what both know of an address stands there once", () => {
    const address = { address: "10.0.0.1", netmask: "255.255.255.0" };
    const list = arrange([told("eth1", { addresses: [address] })], { eth1: [ipv4("10.0.0.1")] });
    assert.deepEqual(find(list, "eth1")?.addresses, [address]);
  });

  it("a system that tells nothing leaves what Node knows", async () => {
    const fails = (): never => {
      throw new Error("spawn ENOENT");
    };
    const list = await listNetworks(fails, () => ({ eth1: [ipv4("10.0.0.1")], ...lo }));
    assert.deepEqual(list, [
      {
        name: "lo",
        kind: "loopback",
        addresses: [{ address: "127.0.0.1", netmask: "255.0.0.0" }],
        gateway: false,
      },
      {
        name: "eth1",
        kind: "other",
        addresses: [{ address: "10.0.0.1", netmask: "255.255.255.0" }],
        gateway: false,
      },
    ]);
  });

  it("of this computer have a loopback, whatever its system", async () => {
    const [first] = await listNetworks();
    assert.equal(first?.kind, "loopback");
    assert.ok(first.addresses.some(({ address }) => address === "127.0.0.1"));
  });
});

/** Files of a Linux kernel; a folder is there where a file below it is. */
function files(texts: Readonly<Record<string, string>>): SystemFiles {
  return {
    read: (path) => texts[path],
    exists: (path) => Object.keys(texts).some((file) => file === path || file.startsWith(`${path}/`)),
  };
}

/** What /sys/class/net shows of one interface. */
const shown = (name: string, entries: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(entries).map(([entry, text]) => [`/sys/class/net/${name}/${entry}`, text]),
  );

const devLine = (name: string): string =>
  `${name.padStart(6)}: 1296083    3510    0    0    0     0          0         0   150442    2070    0    0    0     0       0          0`;

const linux = {
  "/proc/net/dev": [
    "Inter-|   Receive                                                |  Transmit",
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed",
    ...[
      "lo",
      "eth0",
      "enx00e04c680001",
      "wlp2s0",
      "docker0",
      "virbr1",
      "veth1a2b3c4",
      "eth5",
      "can0",
      "tun0",
    ].map(devLine),
    "",
  ].join("\n"),
  "/proc/net/route": [
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
    "wlp2s0\t00000000\t010200C0\t0003\t0\t0\t600\t00000000\t0\t0\t0",
    "wlp2s0\t000200C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0",
    "eth0\t00074D0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
    "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
    "",
  ].join("\n"),
  "/proc/net/fib_trie": [
    "Local:",
    "  +-- 0.0.0.0/0 3 0 5",
    "     +-- 10.77.7.0/24 2 0 2",
    "        |-- 10.77.7.0",
    "           /24 link UNICAST",
    "        |-- 10.77.7.1",
    "           /32 host LOCAL",
    "        |-- 10.77.7.255",
    "           /32 link BROADCAST",
    "     |-- 127.0.0.1",
    "        /32 host LOCAL",
    "     |-- 172.17.0.1",
    "        /32 host LOCAL",
    "     |-- 192.0.2.2",
    "        /32 host LOCAL",
    "",
  ].join("\n"),
  ...shown("lo", { type: "772\n", carrier: "1\n" }),
  ...shown("eth0", { type: "1\n", carrier: "0\n", "device/vendor": "0x8086\n" }),
  // It is down: the kernel refuses to read `carrier`.
  ...shown("enx00e04c680001", { type: "1\n", "device/uevent": "" }),
  ...shown("wlp2s0", { type: "1\n", carrier: "1\n", "device/uevent": "", "phy80211/name": "phy0\n" }),
  ...shown("docker0", { type: "1\n", carrier: "0\n" }),
  ...shown("virbr1", { type: "1\n", "bridge/stp_state": "1\n" }),
  ...shown("veth1a2b3c4", { type: "1\n", carrier: "1\n", "brport/state": "3\n" }),
  ...shown("eth5", { type: "1\n", carrier: "1\n", "device/uevent": "", "bonding_slave/state": "active\n" }),
  ...shown("can0", { type: "280\n", carrier: "1\n", "device/uevent": "" }),
  ...shown("tun0", { type: "65534\n", carrier: "1\n" }),
};

/** Those that Node knows: up, with a link and an address. */
const linuxTable: InterfaceTable = {
  ...lo,
  wlp2s0: [ipv4("192.0.2.2"), ipv6],
  tun0: [ipv4("10.8.0.6", "255.255.255.255")],
};

describe("the networks of a Linux computer", () => {
  const list = arrange(linuxInterfaces(files(linux), "/usr/bin:/bin"), linuxTable);

  it("are all listed, with kind and link; what has no Ethernet only with an address", () => {
    assert.deepEqual(
      list.map(({ name, kind, link, addresses }) => [
        name,
        kind,
        link,
        ...addresses.map(({ address }) => address),
      ]),
      [
        ["lo", "loopback", undefined, "127.0.0.1"],
        ["enx00e04c680001", "wired", undefined],
        ["eth5", "wired", true],
        ["eth0", "wired", false, "10.77.7.1"],
        ["wlp2s0", "wireless", true, "192.0.2.2"],
        ["tun0", "other", true, "10.8.0.6"],
        ["docker0", "virtual", false, "172.17.0.1"],
        ["veth1a2b3c4", "virtual", true],
        ["virbr1", "virtual", undefined],
      ],
    );
  });

  it("the one with the default route leads to other networks", () => {
    assert.deepEqual(
      list.filter(({ gateway }) => gateway).map(({ name }) => name),
      ["wlp2s0"],
    );
  });

  it("a line of ip gives an address until the next boot, and says so", () => {
    assert.deepEqual(find(list, "enx00e04c680001")?.fix, {
      what: "gives enx00e04c680001 the address 192.168.7.1; it is gone at the next boot",
      line: "sudo ip address replace 192.168.7.1/24 dev enx00e04c680001 && sudo ip link set enx00e04c680001 up",
    });
  });

  it("no line is offered to Wi-Fi, nor to a port of a bridge or a bond", () => {
    assert.deepEqual(
      list.filter(({ fix }) => fix !== undefined).map(({ name }) => name),
      ["enx00e04c680001", "virbr1"],
    );
  });

  it("where NetworkManager runs, it is told: it would take another's address away again", () => {
    const managed = files({ ...linux, "/usr/bin/nmcli": "", "/run/NetworkManager/NetworkManager.conf": "" });
    const withIt = arrange(linuxInterfaces(managed, "/usr/local/bin:/usr/bin"), linuxTable);
    assert.deepEqual(find(withIt, "enx00e04c680001")?.fix, {
      what: 'gives enx00e04c680001 the address 192.168.7.1 for good; "nmcli connection delete boot-servers-enx00e04c680001" takes it back',
      line:
        "nmcli connection add type ethernet ifname enx00e04c680001 con-name boot-servers-enx00e04c680001" +
        " autoconnect yes connection.autoconnect-priority 1 ipv4.method manual ipv4.addresses 192.168.7.1/24" +
        " && nmcli connection up boot-servers-enx00e04c680001",
    });
    assert.match(
      lineOf(withIt, "virbr1") ?? "",
      /^sudo ip address/,
      "which rules hardware, not what programs made",
    );
  });

  it("without a cable NetworkManager is not asked to bring it up: it would fail", () => {
    const unplugged = {
      ...linux,
      "/usr/bin/nmcli": "",
      "/run/NetworkManager/x": "",
      "/proc/net/fib_trie": "",
    };
    const withIt = arrange(linuxInterfaces(files(unplugged), "/usr/bin"), linuxTable);
    assert.match(lineOf(withIt, "eth0") ?? "", /ipv4\.addresses 192\.168\.7\.1\/24$/);
  });

  it("a name is one word of the line, whatever the machine calls its interface", () => {
    const name = "e;id>'x'";
    const odd = files({ "/proc/net/dev": `${devLine(name)}\n`, ...shown(name, { type: "1\n" }) });
    const quoted = `'e;id>'\\''x'\\'''`;
    assert.equal(
      lineOf(arrange(linuxInterfaces(odd, ""), {}), name),
      `sudo ip address replace 192.168.7.1/24 dev ${quoted} && sudo ip link set ${quoted} up`,
    );
  });

  it("without /proc and /sys it tells nothing, and Node's list stands", () => {
    assert.deepEqual(linuxInterfaces(files({}), ""), []);
  });
});

const mac = {
  interfaces: `lo0: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> mtu 16384
	options=1203<RXCSUM,TXCSUM,TXSTATUS,SW_TIMESTAMP>
	inet 127.0.0.1 netmask 0xff000000
	inet6 ::1 prefixlen 128
	inet6 fe80::1%lo0 prefixlen 64 scopeid 0x1
	nd6 options=201<PERFORMNUD,DAD>
gif0: flags=8010<POINTOPOINT,MULTICAST> mtu 1280
en0: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500
	options=6460<TSO4,TSO6,CHANNEL_IO,PARTIAL_CSUM,ZEROINVERT_CSUM>
	ether 02:00:00:00:00:10
	inet6 fe80::18ab:2eff:fe00:1%en0 prefixlen 64 secured scopeid 0x6
	inet 192.0.2.2 netmask 0xffffff00 broadcast 192.0.2.255
	nd6 options=201<PERFORMNUD,DAD>
	media: autoselect
	status: active
en5: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500
	ether 02:00:00:00:00:11
	inet6 fe80::1c00:1%en5 prefixlen 64 secured scopeid 0x9
	media: autoselect (100baseTX <full-duplex>)
	status: active
en6: flags=8863<UP,BROADCAST,SMART,RUNNING,SIMPLEX,MULTICAST> mtu 1500
	ether 02:00:00:00:00:12
	inet 10.77.7.1 netmask 0xffffff00 broadcast 10.77.7.255
	media: autoselect (none)
	status: inactive
awdl0: flags=8943<UP,BROADCAST,RUNNING,PROMISC,SIMPLEX,MULTICAST> mtu 1500
	ether 02:00:00:00:00:13
	status: active
bridge100: flags=8a63<UP,BROADCAST,SMART,RUNNING,ALLMULTI,SIMPLEX,MULTICAST> mtu 1500
	ether 02:00:00:00:00:14
	inet 192.168.7.1 netmask 0xffffff00 broadcast 192.168.7.255
	member: vmenet0 flags=3<LEARNING,DISCOVER>
	status: active
utun3: flags=8051<UP,POINTOPOINT,RUNNING,MULTICAST> mtu 1380
	inet 10.8.0.6 --> 10.8.0.5 netmask 0xffffffff
`,
  ports: `
Hardware Port: USB 10/100 LAN
Device: en5
Ethernet Address: 02:00:00:00:00:11

Hardware Port: Wi-Fi
Device: en0
Ethernet Address: 02:00:00:00:00:10

Hardware Port: Thunderbolt Ethernet
Device: en6
Ethernet Address: 02:00:00:00:00:12

VLAN Configurations
===================
`,
  services: `An asterisk (*) denotes that a network service is disabled.
(1) Lab's boards
(Hardware Port: USB 10/100 LAN, Device: en5)

(2) Wi-Fi
(Hardware Port: Wi-Fi, Device: en0)

(*) Thunderbolt Ethernet
(Hardware Port: Thunderbolt Ethernet, Device: en6)

`,
  route: `   route to: default
destination: default
       mask: default
    gateway: 192.0.2.1
  interface: en0
      flags: <UP,GATEWAY,DONE,STATIC,PRCLONING,GLOBAL>
`,
};

describe("the networks of a Mac", () => {
  const list = arrange(readMac(mac), {});

  it("are listed with kind, link and addresses; what is neither hardware nor has an address is not", () => {
    assert.deepEqual(
      list.map(({ name, kind, link, addresses }) => [
        name,
        kind,
        link,
        ...addresses.map(({ address, netmask }) => `${address} ${netmask}`),
      ]),
      [
        ["lo0", "loopback", undefined, "127.0.0.1 255.0.0.0"],
        ["en5", "wired", true],
        ["en6", "wired", false, "10.77.7.1 255.255.255.0"],
        ["en0", "wireless", true, "192.0.2.2 255.255.255.0"],
        ["utun3", "other", undefined, "10.8.0.6 255.255.255.255"],
        ["bridge100", "virtual", true, "192.168.7.1 255.255.255.0"],
      ],
    );
    assert.deepEqual(
      list.filter(({ gateway }) => gateway).map(({ name }) => name),
      ["en0"],
    );
  });

  it("the line names the service, which its user may have renamed, as one word", () => {
    assert.equal(lineOf(list, "en5"), "networksetup -setmanual 'Lab'\\''s boards' 192.168.8.1 255.255.255.0");
  });

  it("a program that fails leaves its part out; without ifconfig the system tells nothing", async () => {
    const asked: string[] = [];
    const only = (text: string) => (file: string, args: readonly string[]) => {
      asked.push([file, ...args].join(" "));
      return file.endsWith("ifconfig") && text !== ""
        ? Promise.resolve(text)
        : Promise.reject(new Error("exit code 1"));
    };
    const alone = await macInterfaces(only(mac.interfaces));
    assert.deepEqual(
      alone.filter(({ gateway, kind }) => gateway || kind === "wired"),
      [],
    );
    assert.deepEqual(asked, [
      "/sbin/ifconfig -a",
      "/usr/sbin/networksetup -listallhardwareports",
      "/usr/sbin/networksetup -listnetworkserviceorder",
      "/sbin/route -n get default",
    ]);
    await assert.rejects(macInterfaces(only("")));
  });
});

const adapter = (InterfaceIndex: number, Name: string, more: object = {}): object => ({
  InterfaceIndex,
  Name,
  InterfaceType: 6,
  NdisPhysicalMedium: 14,
  HardwareInterface: true,
  MediaConnectState: 1,
  ...more,
});

/** A German Windows: whatever it calls things, the numbers are the same. */
const windows = JSON.stringify({
  routes: [{ InterfaceIndex: 12 }],
  addresses: [
    { InterfaceIndex: 12, IPAddress: "192.0.2.2", PrefixLength: 22 },
    { InterfaceIndex: 7, IPAddress: "169.254.8.9", PrefixLength: 16 },
    { InterfaceIndex: 1, IPAddress: "127.0.0.1", PrefixLength: 8 },
  ],
  adapters: [
    adapter(7, "LAN-Verbindung 2"),
    adapter(9, "Prüfstand", { MediaConnectState: 2 }),
    adapter(12, "WLAN", { InterfaceType: 71, NdisPhysicalMedium: 9 }),
    adapter(15, "100 %", { MediaConnectState: 0 }),
    adapter(20, "vEthernet (Default Switch)", { HardwareInterface: false, NdisPhysicalMedium: 0 }),
    adapter(22, "Bluetooth-Netzwerkverbindung", { NdisPhysicalMedium: 10, MediaConnectState: 2 }),
  ],
});

describe("the networks of a Windows computer", () => {
  const table: InterfaceTable = {
    "Loopback Pseudo-Interface 1": [ipv4("127.0.0.1", "255.0.0.0")],
    WLAN: [ipv4("192.0.2.2", "255.255.252.0"), ipv6],
  };
  const list = arrange(readWindows(`\uFEFF${windows}\r\n`), table);

  it("are listed with kind, link and addresses, in whatever language", () => {
    assert.deepEqual(
      list.map(({ name, kind, link, addresses }) => [
        name,
        kind,
        link,
        ...addresses.map(({ address, netmask }) => `${address} ${netmask}`),
      ]),
      [
        ["Loopback Pseudo-Interface 1", "loopback", undefined, "127.0.0.1 255.0.0.0"],
        ["100 %", "wired", undefined],
        ["LAN-Verbindung 2", "wired", true, "169.254.8.9 255.255.0.0"],
        ["Prüfstand", "wired", false],
        ["WLAN", "wireless", true, "192.0.2.2 255.255.252.0"],
        ["vEthernet (Default Switch)", "virtual", true],
      ],
    );
    assert.deepEqual(
      list.filter(({ gateway }) => gateway).map(({ name }) => name),
      ["WLAN"],
    );
  });

  it("a line of netsh gives an address; a name that a shell would read is replaced by its number", () => {
    assert.equal(
      lineOf(list, "LAN-Verbindung 2"),
      'netsh interface ip set address name="LAN-Verbindung 2" static 192.168.7.1 255.255.255.0',
    );
    assert.equal(
      lineOf(list, "100 %"),
      "netsh interface ip set address name=15 static 192.168.7.1 255.255.255.0",
    );
  });

  it("PowerShell is asked once, by its full path, without a profile and without a question", async () => {
    const asked: (readonly string[])[] = [];
    const told = await windowsInterfaces((file, args) => {
      asked.push([file, ...args.slice(0, -1)]);
      assert.doesNotMatch(args.at(-1) ?? "", /"/, "what Windows would have to quote again");
      return Promise.resolve(windows);
    });
    assert.equal(told.length, 6);
    assert.equal(asked.length, 1);
    assert.match(asked[0]?.[0] ?? "", /^[A-Z]:\\.*\\powershell\.exe$/i);
    assert.deepEqual(asked[0]?.slice(1), ["-NoProfile", "-NonInteractive", "-Command"]);
  });

  it("a PowerShell that prints something else tells nothing, and Node's list stands", async () => {
    const list = await listNetworks(
      () => windowsInterfaces(() => Promise.resolve("Zugriff verweigert")),
      () => table,
    );
    assert.deepEqual(
      list.map(({ name, kind }) => [name, kind]),
      [
        ["Loopback Pseudo-Interface 1", "loopback"],
        ["WLAN", "other"],
      ],
    );
  });
});
