import assert from "node:assert/strict";
import type { NetworkInterface } from "../../src/model/networks";
import { allowAlso, networkAround, outsiderOf, outsideTrouble } from "../../src/model/outside";

const bench: NetworkInterface = {
  name: "eth1",
  kind: "wired",
  addresses: [{ address: "192.168.6.1", netmask: "255.255.254.0" }],
  gateway: false,
};

describe("who asks from a network that may not", () => {
  it("is named in what to do, as the command line takes it, and is found there again", () => {
    const trouble = outsideTrouble("10.9.9.9");
    assert.match(trouble.remedy, /--allow 10\.9\.9\.9\/32/);
    assert.equal(outsiderOf(trouble), "10.9.9.9");
    assert.equal(outsiderOf(outsideTrouble("fe80::1")), "fe80::1");
    assert.equal(outsiderOf({ ...trouble, code: "file.missing" }), undefined);
    assert.equal(outsiderOf(undefined), undefined);
  });

  it("comes with the network of the interface that it is on, else with the usual one around it", () => {
    assert.equal(networkAround("192.168.7.9", [bench]), "192.168.6.0/23");
    assert.equal(networkAround("10.9.9.9", [bench]), "10.9.9.0/24");
    assert.equal(networkAround("240.1.2.200", []), "240.1.2.0/24");
    assert.equal(networkAround("127.0.0.2", [bench]), "127.0.0.0/8");
    assert.equal(networkAround("fd00::7", [bench]), "fd00::7/64");
  });

  it("is let in beside those that may ask already: where nobody said who, the served networks are named", () => {
    const served = ["127.0.0.1", "192.168.6.1", "::1", "fe80::1%eth1"];
    assert.deepEqual(allowAlso("10.9.9.0/24", [], served, [bench]), [
      "127.0.0.0/8",
      "192.168.6.0/23",
      "::1/128",
      "fe80::1/64",
      "10.9.9.0/24",
    ]);
    assert.deepEqual(allowAlso("10.9.9.0/24", ["10.0.0.0/8"], served, [bench]), [
      "10.0.0.0/8",
      "10.9.9.0/24",
    ]);
    assert.deepEqual(allowAlso("10.9.9.0/24", ["10.9.9.0/24"], served, []), ["10.9.9.0/24"]);
  });
});
