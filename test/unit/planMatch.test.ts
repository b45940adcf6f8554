import assert from "node:assert/strict";
import type { PlanRule } from "../../src/model/plan";
import { parsePlan } from "../../src/model/planParser";

function rulesOf(match: unknown): readonly PlanRule[] {
  const { plan, problems } = parsePlan(JSON.stringify({ match }), "plan");
  assert.deepEqual(problems, []);
  return plan!.match ?? [];
}

/** Expects one error with this message; `^` marks its place and is taken out. */
function one(marked: string, message: RegExp): void {
  const { problems } = parsePlan(marked.replace("^", ""), "plan");
  assert.deepEqual(
    problems.map(({ column, severity }) => [column, severity]),
    [[marked.indexOf("^") + 1, "error"]],
    problems.map((problem) => problem.message).join("\n"),
  );
  assert.match(problems[0]!.message, message);
}

describe("the rules of a plan", () => {
  it("have conditions by MAC, vendor class, architecture and user class, and give boot files and options", () => {
    assert.deepEqual(
      rulesOf([
        { mac: "52-54-00-*", boot: ["a", "b"] },
        { mac: "52:54:00:12:*:5A", vendorClass: "AM335x ROM", boot: "MLO" },
        { architecture: "uefi-x64", boot: "ipxe.efi" },
        { architecture: ["bios", 41], userClass: "iPXE", options: { hostName: "a" } },
      ]),
      [
        { mac: "52:54:00:*:*:*", boot: ["a", "b"] },
        { mac: "52:54:00:12:*:5a", vendorClass: "AM335x ROM", boot: "MLO" },
        { architecture: [7, 9], boot: "ipxe.efi" },
        { architecture: [0, 41], userClass: "iPXE", options: [[12, Uint8Array.of(97)]] },
      ],
    );
    assert.deepEqual(parsePlan('{ "match": [] }', "plan").plan!.match, undefined);
  });

  it("name files that are to be there", () => {
    const { named } = parsePlan('{ "match": [{ "mac": "*", "boot": ["a", "b"] }] }', "plan");
    assert.deepEqual(
      named.map(({ file }) => file),
      ["a", "b"],
    );
  });

  const bad: Readonly<Record<string, readonly [marked: string, message: RegExp]>> = {
    "one rule without its list": [
      '{ "match": ^{ "mac": "*", "boot": "a" } }',
      /must be a list of rules, not an object/,
    ],
    "a text for a rule": ['{ "match": [^"a"] }', /must be an object, such as \{ "vendorClass"/],
    "no condition": [
      '{ "match": [^{ "boot": "a" }] }',
      /holds for every board; give it one of mac, vendorClass, architecture, userClass/,
    ],
    "nothing to give": ['{ "match": [^{ "mac": "*" }] }', /gives nothing; say one of boot, options/],
    "an unknown key": [
      '{ "match": [{ ^"vendorclass": "a", "mac": "*", "boot": "a" }] }',
      /did you mean "vendorClass"\?/,
    ],
    "a root outside": ['{ "match": [{ "mac": "*", "root": ^"../x" }] }', /must lie inside the served root/],
    "half a MAC": [
      '{ "match": [{ "mac": ^"52:54:00", "boot": "a" }] }',
      /"52:54:00" is no such MAC; write a MAC in which \*/,
    ],
    "seven parts": ['{ "match": [{ "mac": ^"52:54:00:00:00:00:*", "boot": "a" }] }', /is no such MAC/],
    "half a byte": ['{ "match": [{ "mac": ^"52:5*:00:00:00:00", "boot": "a" }] }', /is no such MAC/],
    "an empty vendor class": ['{ "match": [{ "vendorClass": ^"", "boot": "a" }] }', /is empty/],
    "an unknown architecture": [
      '{ "match": [{ "architecture": ^"uefi-x46", "boot": "a" }] }',
      /did you mean "uefi-x86"\?|did you mean "uefi-x64"\?/,
    ],
    "a number beyond 16 bits": [
      '{ "match": [{ "architecture": ^65536, "boot": "a" }] }',
      /or the number of option 93/,
    ],
    "no architecture": ['{ "match": [{ "architecture": ^[], "boot": "a" }] }', /is an empty list/],
    "two manifests": ['{ "match": [{ "mac": "*", "boot": ["a.rc", ^"b.rc"] }] }', /may both be the manifest/],
  };
  for (const [name, [marked, message]] of Object.entries(bad)) {
    it(`are refused: ${name}`, () => {
      one(marked, message);
    });
  }
});
