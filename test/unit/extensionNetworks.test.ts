import assert from "node:assert/strict";
import { failureNotice } from "../../src/extension/network/failureNotice";
import { troubleItem } from "../../src/extension/views/item";
import { networkItems, type NetworkItem } from "../../src/extension/network/networkItems";
import { agreementOf, networkNotice } from "../../src/extension/network/networkNotice";
import { findNode, isNewEnough, wrappers } from "../../src/extension/network/rights";
import type { Protocol, ServerRow, Trouble } from "../../src/model/events";
import { isInterfaceName, type NetworkInterface } from "../../src/model/networks";
import { defaultWanted, standardPorts } from "../../src/model/settings";
import { temporaryFolder } from "../support/temporaryFolder";

const lo: NetworkInterface = {
  name: "lo",
  kind: "loopback",
  addresses: [{ address: "127.0.0.1", netmask: "255.0.0.0" }],
  gateway: false,
};
const eth1: NetworkInterface = {
  name: "eth1",
  kind: "wired",
  addresses: [{ address: "192.168.7.1", netmask: "255.255.255.0" }],
  link: true,
  gateway: false,
};
const fix = {
  what: "gives eth2 the address 192.168.8.1",
  line: "sudo ip address add 192.168.8.1/24 dev eth2",
};
const eth2: NetworkInterface = {
  name: "eth2",
  kind: "wired",
  addresses: [],
  link: false,
  gateway: false,
  fix,
};
const office: NetworkInterface = {
  name: "Wi-Fi 2",
  kind: "wireless",
  addresses: [{ address: "10.20.30.40", netmask: "255.255.240.0" }],
  gateway: true,
};

const lines = (items: readonly NetworkItem[]): string[] =>
  items.map(({ label, description, chosen }) => `${chosen ? "* " : ""}${label} | ${description}`);

describe("the networks to choose among (DESIGN §5)", () => {
  it("begin with this computer only and end with every interface; each says its kind, address and link", () => {
    assert.deepEqual(lines(networkItems([eth1, lo, eth2, office], ["127.0.0.1"])), [
      "* $(device-desktop) This computer only | lo · 127.0.0.1",
      "$(plug) eth1 | wired · 192.168.7.1/24 · link",
      "$(plug) eth2 | wired · no address · no link",
      "$(radio-tower) Wi-Fi 2 | wireless · 10.20.30.40/20",
      "$(checklist) Several networks… | ",
      "$(warning) Every interface | 0.0.0.0 · all that are there, and all that ever come",
    ]);
  });

  it("are chosen by the interface's name, which it keeps whatever its address is", () => {
    const items = networkItems([lo, eth1, office], []);
    assert.deepEqual(
      items.map(({ addresses }) => addresses),
      [["127.0.0.1"], ["eth1"], ["Wi-Fi 2"], undefined, ["0.0.0.0"]],
    );
  });

  it("mark what is chosen: by name, by address, and what is not there now", () => {
    const chosen = (addresses: string[]): string[] =>
      lines(networkItems([lo, eth1], addresses)).filter((line) => line.startsWith("*"));
    assert.deepEqual(chosen(["eth1"]), ["* $(plug) eth1 | wired · 192.168.7.1/24 · link"]);
    assert.deepEqual(chosen(["192.168.7.1"]), ["* $(plug) eth1 | wired · 192.168.7.1/24 · link"]);
    assert.deepEqual(chosen(["usb7"]), ["* $(debug-disconnect) usb7 | not there now"]);
    assert.deepEqual(chosen(["0.0.0.0"]).length, 1);
  });

  it("say where boards cannot ask yet, with the line that gives an address", () => {
    const [, first, second] = networkItems([lo, eth1, eth2], []);
    assert.equal(first?.lack, undefined);
    assert.deepEqual(second?.lack, {
      name: "eth2",
      why: "eth2 has no address yet.",
      then: "It starts as soon as it has an address.",
      fix,
    });
    assert.match(second.detail ?? "", /as soon as it has a link and an address/);
  });

  it("say where the only address is one that the interface gave itself (RFC 3927)", () => {
    const alone = { ...eth1, addresses: [{ address: "169.254.7.7", netmask: "255.255.0.0" }], fix };
    const [, item] = networkItems([lo, alone], []);
    assert.deepEqual(item?.lack?.why, "eth1 has no address but one that it gave itself.");
  });

  it("that lead to other networks say so", () => {
    const [, item] = networkItems([lo, office], []);
    assert.match(item?.detail ?? "", /everyone there can ask/);
  });

  it("make no icon of a name", () => {
    const [, item] = networkItems([lo, { ...eth1, name: "$(x)" }], []);
    assert.ok(!item!.label.includes(" $(x)"));
    assert.deepEqual(item!.addresses, ["$(x)"]);
  });

  it("have names with blanks in them; what is no name or a misspelt address is none", () => {
    for (const name of ["eth1", "Ethernet 2", "vEthernet (Default Switch)", "wlp0s20f3", "x", "br-1.100"]) {
      assert.equal(isInterfaceName(name), true, name);
    }
    for (const name of ["", " eth1", "eth1 ", "a/b", "a\nb", "192.168.7.256", "1.2"]) {
      assert.equal(isInterfaceName(name), false, JSON.stringify(name));
    }
  });
});

describe("the question before the first start on a network (DESIGN §5, §6)", () => {
  const wanted = { ...defaultWanted, addresses: ["eth1"], ports: standardPorts };

  it("says what can be reached, by whom, over what, and what is never served", () => {
    assert.deepEqual(networkNotice(wanted, "drop/images", [lo, eth1]), {
      message: 'Serve "drop/images" on eth1?',
      detail: [
        'Everyone on eth1 (192.168.7.1/24) can then read the files of "drop/images" over BOOTP (UDP port 67), TFTP (UDP port 69) and FTP (TCP port 21).',
        "No password is asked. Nobody can write.",
        "Never served: dot files and dot folders, private keys, and what lies outside of that folder.",
        "You are asked once for this folder, these networks and these rights to write.",
      ].join("\n\n"),
    });
  });

  it("tells of uploads, a password, an office's network, every interface and wider networks that may ask", () => {
    const detail = (change: Partial<typeof wanted> & { ftpPassword?: string }): string =>
      networkNotice({ ...wanted, ...change }, "drop", [lo, eth1, eth2, office]).detail;
    assert.match(detail({ uploads: "overwrite" }), /replace those that are there/);
    assert.match(detail({ ftpPassword: "x" }), /FTP asks for your password; BOOTP and TFTP know none/);
    assert.match(detail({ addresses: ["Wi-Fi 2"] }), /through Wi-Fi 2: it may be an office's network/);
    assert.match(detail({ addresses: ["0.0.0.0"] }), /^Everyone who reaches this computer on any network/);
    assert.match(detail({ addresses: ["0.0.0.0"] }), /through Wi-Fi 2/);
    assert.match(detail({ addresses: ["eth2"] }), /eth2 \(no address yet\)/);
    assert.match(detail({ addresses: ["usb7"] }), /^Everyone on usb7 can/);
    assert.match(detail({ allow: ["10.0.0.0/8"] }), /^Everyone in 10\.0\.0\.0\/8 who reaches eth1/);
  });

  it("is another one where more can be reached or written, and the same in any order of the networks", () => {
    const first = agreementOf({ ...wanted, addresses: ["eth1", "eth2"] });
    assert.equal(first, agreementOf({ ...wanted, addresses: ["eth2", "eth1"] }));
    for (const change of [{ addresses: ["eth1"] }, { uploads: "new" as const }, { allow: ["0.0.0.0/0"] }]) {
      assert.notEqual(first, agreementOf({ ...wanted, addresses: ["eth1", "eth2"], ...change }));
    }
  });
});

describe("servers that did not start", () => {
  const failed = (protocol: Protocol, trouble: Trouble): ServerRow => ({
    type: "server",
    id: protocol,
    protocol,
    state: "failed",
    addresses: ["192.168.7.1"],
    port: standardPorts[protocol],
    trouble,
    warnings: [],
  });
  const sysctl = { what: "lets every program use ports from 21 on", line: "sudo sysctl -w x=21" };
  const refused: Trouble = { code: "port.permission", message: "no permission", fixes: [sysctl] };
  const taken: Trouble = { code: "port.inUse", message: "port 69 is taken by in.tftpd", remedy: "Stop it." };

  it("for lack of rights are one sentence, a line to copy, and high ports for TFTP and FTP, never BOOTP", () => {
    const all = (["bootp", "tftp", "ftp"] as const).map((protocol) => failed(protocol, refused));
    assert.deepEqual(failureNotice(all), {
      message:
        "BOOTP, TFTP and FTP did not start: no permission to listen on port 67, 69 and 21. High ports are for TFTP and FTP: boards ask BOOTP on port 67 alone.",
      line: sysctl.line,
      mayMove: ["tftp", "ftp"],
      lacksRights: true,
    });
    assert.deepEqual(failureNotice([failed("bootp", refused)]).mayMove, []);
  });

  it("for another reason say it with what to do, and offer no rights", () => {
    assert.deepEqual(failureNotice([failed("tftp", taken)]), {
      message: "TFTP did not start. Port 69 is taken by in.tftpd. Stop it.",
      mayMove: [],
      lacksRights: false,
    });
  });

  it("have each line to copy as a row below the reason", () => {
    const { children = [] } = troubleItem("tftp/trouble", refused, "bad");
    assert.deepEqual(
      children.map(({ id, label, description, context, line }) => ({
        id,
        label,
        description,
        context,
        line,
      })),
      [
        {
          id: "tftp/trouble/0",
          label: sysctl.line,
          description: sysctl.what,
          context: "fix",
          line: sysctl.line,
        },
      ],
    );
    assert.equal(troubleItem("tftp/trouble", taken, "bad").children, undefined);
  });
});

describe("a start with more rights, on Linux", () => {
  it("is behind sudo or pkexec, which tell who started them", () => {
    assert.deepEqual(
      wrappers.map(({ launch }) => launch),
      [["sudo", "-n"], ["pkexec"]],
    );
  });

  it("needs Node 20.19 or newer", () => {
    for (const version of ["20.19.0", "20.20.2", "22.0.0"]) assert.equal(isNewEnough(version), true, version);
    for (const version of ["20.18.9", "18.20.0", "4.9.1"]) assert.equal(isNewEnough(version), false, version);
  });

  it("takes the first real Node of PATH: not an editor's binary, not an old one, not what is no Node", async function () {
    if (process.platform === "win32") this.skip();
    const says = (...words: readonly string[]): string => `#!/bin/sh\necho '${JSON.stringify(words)}'\n`;
    const folder = await temporaryFolder({
      "editor/node": says("/opt/code", "22.0.0", "37.0.0"),
      "old/node": says("/usr/bin/node", "18.20.0", ""),
      "other/node": "#!/bin/sh\necho what\n",
      "broken/node": "#!/bin/sh\nexit 1\n",
      "manager/node": says("/opt/node-22/bin/node", "22.4.0", ""),
      "later/node": says("/usr/bin/node", "24.0.0", ""),
    });
    try {
      const { chmod } = await import("node:fs/promises");
      const folders = ["none", "editor", "old", "other", "broken", "manager", "later"];
      for (const name of folders.slice(1)) await chmod(folder.at(`${name}/node`), 0o755);
      const path = (names: readonly string[]): string => names.map((name) => folder.at(name)).join(":");
      assert.equal(await findNode(path(folders)), "/opt/node-22/bin/node");
      assert.equal(await findNode(path(folders.slice(0, 5))), undefined);
    } finally {
      await folder.remove();
    }
  });
});
