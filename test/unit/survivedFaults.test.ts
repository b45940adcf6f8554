/** The faults that a server on a lab network meets (facts: faults §5): each has a test here, which says so in its name. */

import assert from "node:assert/strict";
import { testNames, testsBySuite } from "../support/testNames";

const faults: Readonly<Record<string, string>> = {
  X1: "packets are lost",
  X2: "packets come twice, late, and in another order",
  X3: "a client vanishes, or stalls",
  X4: "the server is killed in the middle",
  X5: "a file changes while it is read",
  X6: "the disk is full",
  X7: "an upload is cut",
  X8: "two write one name",
  X9: "hundreds read over TFTP",
  X10: "a hundred FTP sessions",
  X11: "no descriptors are left",
  X12: "a port is taken",
  X13: "the interface goes and comes",
  X14: "the computer was asleep",
  X15: "100,000 files in a folder",
  X16: "a file beyond 4 GiB",
  X17: "sizes around a block",
  X18: "datagrams that nobody wrote",
  X19: "control lines that nobody wrote",
  X20: "the extension host ends during 20 transfers",
  X21: "the folder goes away",
  X22: "what is no file",
  X23: "a folder that is exchanged for a link",
  X24: "clocks of 1970 and 2106",
  X25: "a reader that is slow for minutes",
  X26: "requests in the name of others",
  X27: "10,000 DISCOVERs of strangers",
  X28: "another DHCP server",
  X29: "BOOTP that never ends, or answers late",
  X30: "a manifest with faults",
};

/** Shown by machines in virtual time alone; each of the others meets sockets, files or processes as well. */
const simulated = ["X27"];

const has =
  (id: string) =>
  (name: string): boolean =>
    new RegExp(`\\b${id}\\b`).test(name);

describe("the faults that are to be survived (faults §5)", () => {
  for (const [id, what] of Object.entries(faults)) {
    it(`${id}, ${what}: has a test`, () => {
      assert.ok(testNames.some(has(id)), `no test's name has (${id})`);
    });
  }

  it("each is met by real sockets, files or processes, but for those that say so", () => {
    const real = testsBySuite.filter(([suite]) => suite !== "unit").map(([, name]) => name);
    assert.deepEqual(
      Object.keys(faults).filter((id) => !real.some(has(id))),
      simulated,
    );
  });
});
