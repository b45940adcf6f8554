import assert from "node:assert/strict";
import { mergePlans, parsePlan } from "../../src/model/planParser";
import { planOptionNames } from "../../src/model/planOptions";
import { getOption, optionTable } from "../../src/protocol/bootp/options";

/** The options of a plan, as code and hex. */
function optionsOf(options: unknown): Record<number, string> {
  const { plan, problems } = parsePlan(JSON.stringify({ options }), "plan");
  assert.deepEqual(problems, []);
  return Object.fromEntries(
    (plan!.options ?? []).map(([code, bytes]) => [code, Buffer.from(bytes).toString("hex")]),
  );
}

/** Expects one error with this message; `^` marks its place and is taken out. */
function one(marked: string, message: RegExp): void {
  const at = marked.indexOf("^");
  const { plan, problems } = parsePlan(marked.replace("^", ""), "plan");
  assert.deepEqual(
    problems.map(({ column, severity }) => [column, severity]),
    [[at + 1, "error"]],
    problems.map((problem) => problem.message).join("\n"),
  );
  assert.match(problems[0]!.message, message);
  assert.equal(plan, undefined);
}

describe("DHCP options in the plan", () => {
  it("are read by name as what each holds", () => {
    assert.deepEqual(
      optionsOf({
        router: ["192.168.7.1", "192.168.7.2"],
        dns: "8.8.8.8",
        hostName: "bänch",
        interfaceMtu: 1500,
        pxelinuxRebootTime: 4294967295,
        subnetMask: "255.255.0.0",
        vendorSpecific: "0x0104C0a80701",
        classlessRoutes: [
          "10.0.0.0/8 via 192.168.7.2",
          "0.0.0.0/0 via 192.168.7.1",
          "10.1.2.3/32 via 192.168.7.3",
        ],
      }),
      {
        1: "ffff0000",
        3: "c0a80701c0a80702",
        6: "08080808",
        12: Buffer.from("bänch").toString("hex"),
        26: "05dc",
        43: "0104c0a80701",
        121: "080ac0a8070200c0a80701200a010203c0a80703",
        211: "ffffffff",
      },
    );
  });

  it("are read by code, as the name of that code would be, and of an unknown code as bytes", () => {
    assert.deepEqual(optionsOf({ 3: "192.168.7.1", 224: "0x00ff" }), { 3: "c0a80701", 224: "00ff" });
  });

  it("may be written as bytes, whatever they hold", () => {
    assert.deepEqual(optionsOf({ router: "0x01", 12: "0x00", interfaceMtu: "0x05dc" }), {
      3: "01",
      12: "00",
      26: "05dc",
    });
  });

  it("come back from the wire as they were written", () => {
    const { plan } = parsePlan(
      '{ "options": { "classlessRoutes": "10.16.0.0/12 via 10.0.0.1", "ntp": "10.0.0.9" } }',
      "plan",
    );
    const options = new Map(plan!.options);
    assert.deepEqual(getOption(options, "classlessRoutes"), [
      { network: "10.16.0.0", prefix: 12, via: "10.0.0.1" },
    ]);
    assert.deepEqual(getOption(options, "ntp"), ["10.0.0.9"]);
  });

  it("of the local plan are laid over the others, option by option, by name or code", () => {
    const { plan } = mergePlans(
      { text: '{ "options": { "router": "10.0.0.1", "dns": "10.0.0.2" } }', file: "plan" },
      { text: '{ "options": { "3": "10.0.0.9", "hostName": "a" } }', file: "local" },
    );
    assert.deepEqual(
      plan!.options!.map(([code, bytes]) => [code, [...bytes]]),
      [
        [3, [10, 0, 0, 9]],
        [6, [10, 0, 0, 2]],
        [12, [97]],
      ],
    );
  });

  it("stand in a client as well", () => {
    const { plan } = parsePlan(
      '{ "clients": [{ "mac": "52:54:00:12:34:56", "options": { "hostName": "a" } }] }',
      "plan",
    );
    assert.deepEqual(plan!.clients[0]!.options, [[12, Uint8Array.of(97)]]);
    assert.equal(plan!.options, undefined);
  });

  const bad: Readonly<Record<string, readonly [marked: string, message: RegExp]>> = {
    "a list of options": ['{ "options": ^[] }', /must be an object, such as \{ "router"/],
    "an unknown name": [
      '{ "options": { ^"hostname2": "a" } }',
      /unknown option "hostname2"; did you mean "hostName"\?/,
    ],
    "a name far from any": [
      '{ "options": { ^"zzzzzzzz": "a" } }',
      /it has a name, such as router, .*or its code/,
    ],
    "a name of every object": ['{ "options": { ^"constructor": "a" } }', /unknown option "constructor"/],
    "a code beyond all": ['{ "options": { ^"256": "0x00" } }', /codes from 1 to 254, and not 256/],
    "one option by name and code": [
      '{ "options": { "router": "10.0.0.1", ^"3": "10.0.0.1" } }',
      /"3" is the same option as "router" in line 1/,
    ],
    "a name for an address": ['{ "options": { "router": ^"gw" } }', /gw is no IPv4 address/],
    "an octal address in a list": [
      '{ "options": { "dns": ["10.0.0.1", ^"10.0.0.010"] } }',
      /"options.dns\[1\]": write 10\.0\.0\.10/,
    ],
    "an empty list": ['{ "options": { "dns": ^[] } }', /is an empty list; remove the key/],
    "a number for an address": [
      '{ "options": { "dns": ^1 } }',
      /must be an address or a list of addresses, not a number/,
    ],
    "a text for a number": [
      '{ "options": { "interfaceMtu": ^"big" } }',
      /a whole number from 0 to 65535, not a text/,
    ],
    "a number too large": ['{ "options": { "interfaceMtu": ^65536 } }', /a whole number from 0 to 65535/],
    "an empty text": ['{ "options": { "hostName": ^"" } }', /is empty/],
    "half a byte": ['{ "options": { "43": ^"0x123" } }', /pairs of hexadecimal digits/],
    "no bytes": ['{ "options": { "43": ^"0x" } }', /pairs of hexadecimal digits/],
    "a text for bytes": ['{ "options": { "43": ^"abc" } }', /written as its bytes, such as "0x0104"/],
    "a text for an option that nobody knows": ['{ "options": { "224": ^"abc" } }', /written as its bytes/],
    "a route without a router": [
      '{ "options": { "121": ^"10.0.0.0/8" } }',
      /a route, such as 10\.0\.0\.0\/8 via/,
    ],
    "a route to one of its addresses": [
      '{ "options": { "121": ^"10.1.0.0/8 via 10.0.0.1" } }',
      /write 10\.0\.0\.0\/8 via 10\.0\.0\.1/,
    ],
    "more than a packet holds": [
      `{ "options": { "hostName": ^"${"a".repeat(1025)}" } }`,
      /has 1025 bytes; no packet has room/,
    ],
  };
  for (const [name, [marked, message]] of Object.entries(bad)) {
    it(`are refused: ${name}`, () => {
      one(marked, message);
    });
  }

  for (const code of [0, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 61, 82, 255]) {
    it(`are refused where they are not the plan's: option ${code}, with the reason`, () => {
      one(`{ "options": { ^"${code}": "0x00" } }`, new RegExp(`option ${code} is not the plan's: .{15}`));
    });
  }

  it("are refused by name as by code", () => {
    one('{ "options": { ^"leaseTime": 60 } }', /option 51 \("leaseTime"\) is not the plan's/);
    for (const name of Object.keys(optionTable)) {
      const refused = parsePlan(JSON.stringify({ options: { [name]: "0x00" } }), "plan").plan === undefined;
      assert.equal(refused, !planOptionNames.includes(name), name);
    }
  });
});
