import assert from "node:assert/strict";
import { describeAbsence } from "../../src/engine/absence";
import { waitingFor } from "../../src/engine/starting";
import type { NetworkInterface } from "../../src/model/networks";

const fix = { what: "gives eth1 the address 192.168.7.1", line: "ip address" };
const network = (name: string, address?: string, more: Partial<NetworkInterface> = {}): NetworkInterface => ({
  name,
  kind: "wired",
  addresses: address === undefined ? [] : [{ address, netmask: "255.255.255.0" }],
  gateway: false,
  ...more,
});

const networks = [
  network("lo", "127.0.0.1", { kind: "loopback" }),
  network("eth0", "192.0.2.2", { link: true }),
  network("eth1", undefined, { link: true, fix }),
  network("eth2", undefined, { link: false, fix: { ...fix, line: "of eth2" } }),
  network("eth3", "10.0.0.1", { link: false }),
  network("eth4", "10.0.1.1"),
];

describe("what is wanted and not there", () => {
  const all = (name: string): unknown[] => {
    const { message, remedy, fixes = [] } = describeAbsence([name], networks);
    return [message, remedy, ...fixes.map(({ line }) => line)];
  };
  const there = "lo (127.0.0.1), eth0 (192.0.2.2), eth1, eth2, eth3 (10.0.0.1), eth4 (10.0.1.1)";

  it("an interface without an address gets the line that gives it one", () => {
    assert.deepEqual(all("eth1"), ["interface eth1 has no address", "Give it an address.", "ip address"]);
  });

  it("an interface without link is to be plugged in", () => {
    assert.deepEqual(all("eth2"), [
      "interface eth2 has neither link nor address",
      "Plug the cable in, or give it an address.",
      "of eth2",
    ]);
    assert.deepEqual(all("eth3"), ["interface eth3 has no link", "Plug the cable in."]);
    assert.deepEqual(all("eth4"), ["interface eth4 is not up", "Plug the cable in."]);
  });

  it("a name that no interface has is told which have one", () => {
    assert.deepEqual(all("eth11"), [
      "there is no interface eth11 that can be served",
      `Choose one of these: ${there}.`,
    ]);
  });

  it("so is an address that no interface has", () => {
    assert.deepEqual(all("10.9.9.9"), [
      "no interface has 10.9.9.9",
      `Give an interface that address, or choose one of these: ${there}.`,
    ]);
  });

  it("a server that waits says all of it, and what it waits for", () => {
    assert.deepEqual(waitingFor("tftp", ["eth1", "eth3"], ["eth1", "eth3"], networks), {
      code: "address.waiting",
      message: "interface eth1 has no address, interface eth3 has no link; it starts as soon as there is one",
      remedy: "Give it an address. Plug the cable in.",
      fixes: [fix],
    });
  });

  it("BOOTP on an interface with IPv6 only gets the line as well", () => {
    const trouble = waitingFor("bootp", ["eth1"], [], networks);
    assert.deepEqual([trouble.code, trouble.fixes], ["address.noIpv4", [fix]]);
  });
});
