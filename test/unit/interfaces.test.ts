import assert from "node:assert/strict";
import type { NetworkInterfaceInfo } from "node:os";
import { servedAddresses, watchInterfaces, type InterfaceTable } from "../../src/engine/interfaces";
import { onlyLoopback } from "../../src/model/networks";
import { VirtualClock } from "../support/virtualClock";

const ipv4 = (address: string, netmask = "255.255.255.0"): NetworkInterfaceInfo => ({
  address,
  netmask,
  family: "IPv4",
  mac: "00:00:00:00:00:00",
  internal: false,
  cidr: null,
});
const ipv6 = (address: string, scopeid = 0): NetworkInterfaceInfo => ({
  address,
  netmask: "ffff:ffff:ffff:ffff::",
  family: "IPv6",
  mac: "00:00:00:00:00:00",
  internal: false,
  cidr: null,
  scopeid,
});

const table: InterfaceTable = {
  lo: [ipv4("127.0.0.1", "255.0.0.0"), ipv6("::1")],
  eth1: [ipv4("192.168.7.1"), ipv4("192.168.8.1"), ipv6("fe80::1", 3)],
};

const addressesOf = (wanted: string[]): unknown => {
  const { networks, ipv6: six, missing } = servedAddresses(wanted, table);
  return [networks.map(({ address, interfaceName }) => `${address} ${interfaceName}`), six, missing];
};

describe("the served addresses", () => {
  it("of an interface are all its addresses, alias addresses too", () => {
    assert.deepEqual(addressesOf(["eth1"]), [["192.168.7.1 eth1", "192.168.8.1 eth1"], ["fe80::1%eth1"], []]);
  });

  it("of an address is that one, with its interface's netmask", () => {
    assert.deepEqual(servedAddresses(["192.168.8.1"], table).networks, [
      { address: "192.168.8.1", netmask: "255.255.255.0", interfaceName: "eth1" },
    ]);
  });

  it("of 0.0.0.0 are those of every interface", () => {
    assert.deepEqual(addressesOf(["0.0.0.0"]), [
      ["127.0.0.1 lo", "192.168.7.1 eth1", "192.168.8.1 eth1"],
      ["::1", "fe80::1%eth1"],
      [],
    ]);
  });

  it("name what is wanted and not there", () => {
    const { missing } = servedAddresses(["eth9", "10.0.0.1", "127.0.0.1"], table);
    assert.deepEqual(missing, ["eth9", "10.0.0.1"]);
  });

  it("count an address once, however often it is wanted", () => {
    assert.deepEqual(addressesOf(["eth1", "192.168.7.1", "eth1"]), addressesOf(["eth1"]));
  });

  it("may be any of 127/8, which no interface lists", () => {
    assert.deepEqual(addressesOf(["127.0.0.2"]), [["127.0.0.2 lo"], [], []]);
  });

  it("are loopback only when every one of them is", () => {
    assert.deepEqual([["127.0.0.1", "::1"], ["127.0.0.1", "192.168.7.1"], ["127.0.0.2"]].map(onlyLoopback), [
      true,
      false,
      true,
    ]);
  });
});

describe("the watch on interfaces", () => {
  it("looks again where no descriptor is left to look with, and ends nothing (X11)", () => {
    const clock = new VirtualClock();
    let told = 0;
    let left = false;
    const read = (): InterfaceTable => {
      if (!left) throw new Error("uv_interface_addresses returned Unknown system error 24");
      return { lo: [] };
    };
    const stop = watchInterfaces(
      clock,
      read,
      () => ({}),
      () => (told += 1),
    );
    clock.advance(2_000);
    assert.equal(told, 0);
    left = true;
    clock.advance(1_000);
    assert.notEqual(told, 0);
    stop();
  });

  it("tells a change within a second, until it is taken, and nothing after its end", () => {
    const clock = new VirtualClock();
    let now: InterfaceTable = table;
    let taken = now;
    let changes = 0;
    const stop = watchInterfaces(
      clock,
      () => now,
      () => taken,
      () => (changes += 1),
    );
    clock.advance(5000);
    assert.equal(changes, 0);
    now = { lo: table["lo"] };
    clock.advance(500);
    assert.equal(changes, 1);
    clock.advance(500);
    assert.equal(changes, 2);
    taken = now;
    clock.advance(5000);
    assert.equal(changes, 2);
    stop();
    now = table;
    clock.advance(5000);
    assert.equal(changes, 2);
    assert.equal(clock.next(), undefined);
  });
});
