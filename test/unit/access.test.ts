import assert from "node:assert/strict";
import { accessFor, canonical, unmapped } from "../../src/engine/access";
import { EngineError } from "../../src/engine/errors";

const loopback = { address: "127.0.0.1", netmask: "255.0.0.0", interfaceName: "lo" };
const bench = { address: "192.168.7.1", netmask: "255.255.255.0", interfaceName: "eth1" };

describe("who may ask", () => {
  it("without a list is everybody in the served networks and nobody else", () => {
    const access = accessFor([], [bench], []);
    assert.deepEqual(
      ["192.168.7.10", "192.168.7.255", "192.168.8.1", "10.0.0.1", "127.0.0.1", "::1"].map((a) =>
        access.allows(a),
      ),
      [true, true, false, false, false, false],
    );
  });

  it("on loopback is all of 127/8 and ::1", () => {
    const access = accessFor([], [loopback], ["::1"]);
    assert.deepEqual(
      ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.9", "192.168.7.10"].map((a) => access.allows(a)),
      [true, true, true, true, false],
    );
  });

  it("with a list is the list alone", () => {
    const access = accessFor(["10.1.0.0/16", "fe80::/10", "192.168.7.9"], [bench], []);
    assert.deepEqual(
      ["10.1.255.1", "10.2.0.1", "fe80::1%eth1", "192.168.7.9", "192.168.7.10"].map((a) => access.allows(a)),
      [true, false, true, true, false],
    );
  });

  it("without a list is also whoever loads behind a relay agent, by what BOOTP knows", () => {
    const isRelayed = (address: string): boolean => address === "10.5.5.20";
    const access = accessFor([], [bench], [], isRelayed);
    assert.deepEqual(
      ["10.5.5.20", "::ffff:10.5.5.20", "10.5.5.21"].map((a) => access.allows(a)),
      [true, true, false],
    );
    assert.equal(accessFor(["10.1.0.0/16"], [bench], [], isRelayed).allows("10.5.5.20"), false);
  });

  it("refuses what is not a network, with a sentence that shows one", () => {
    for (const wrong of ["", "bench", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "::/129", "10.0.0.0/-1"]) {
      assert.throws(
        () => accessFor([wrong], [], []),
        (error: unknown) =>
          error instanceof EngineError && error.code === "allow.invalid" && error.remedy !== undefined,
        wrong,
      );
    }
  });

  it("reads an IPv4 address that came over an IPv6 socket as what it is (RFC 4291 §2.5.5.2)", () => {
    assert.deepEqual(["::ffff:192.0.2.1", "::FFFF:192.0.2.1", "::1", "192.0.2.1"].map(unmapped), [
      "192.0.2.1",
      "192.0.2.1",
      "::1",
      "192.0.2.1",
    ]);
  });

  it("knows an address again however it is written (RFC 4291 §2.2, §2.5.5.2)", () => {
    for (const [one, text] of [
      ["192.168.7.1", "::ffff:192.168.7.1"],
      ["192.168.7.1", "::ffff:c0a8:0701"],
      ["192.168.7.1", "0:0:0:0:0:FFFF:192.168.7.1"],
      ["fe80::1", "FE80:0:0::0001%eth0"],
    ] as const) {
      assert.equal(canonical(text), one, text);
      assert.equal(canonical(one), one);
    }
  });
});
