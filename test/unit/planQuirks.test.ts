import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mergePlans, parsePlan } from "../../src/model/planParser";
import { choose, traitsOf } from "../../src/protocol/bootp/choice";
import { describeTransferOptions } from "../../src/model/quirkWords";
import { quirkDefinition, quirkNames, type Quirks } from "../../src/protocol/quirks";
import { options } from "../support/bootp";

const mac = "52:54:00:12:34:56";

/** Expects one error with this message; `^` marks its place and is taken out. */
function one(marked: string, message: RegExp, fix?: string): void {
  const at = marked.indexOf("^");
  const { plan, problems } = parsePlan(marked.replace("^", ""), "plan");
  assert.deepEqual(
    problems.map(({ column, severity }) => [column, severity]),
    [[at + 1, "error"]],
    problems.map((problem) => problem.message).join("\n"),
  );
  assert.match(problems[0]!.message, message);
  assert.equal(problems[0]!.fix?.edits[0]?.text, fix);
  assert.equal(plan, undefined);
}

/** The quirks that hold for a board of this MAC that asks with this vendor class. */
function quirksFor(text: unknown, vendorClassIdentifier?: string): Quirks {
  const { plan, problems } = parsePlan(JSON.stringify(text), "plan");
  assert.deepEqual(problems, []);
  const said = vendorClassIdentifier === undefined ? {} : { vendorClassIdentifier };
  return choose(plan!, traitsOf(mac, options(said))).quirks;
}

describe("quirks in the plan", () => {
  it("are read for everybody, by rule and for one client, each with its bounds", () => {
    const all = {
      maxBlksize: 8,
      maxWindowsize: 65535,
      noTsize: true,
      noOptions: true,
      rollover: 1,
      duplicatePackets: true,
      answerDelayMs: 5000,
      alwaysBroadcast: true,
      singlePort: true,
    };
    assert.deepEqual(Object.keys(all), quirkNames);
    assert.deepEqual(quirksFor({ quirks: all }), all);
    assert.deepEqual(quirksFor({ clients: [{ mac, quirks: all }] }), all);
    assert.deepEqual(quirksFor({ match: [{ mac: "52:*", quirks: all }] }), all);
  });

  it("hold by the most specific place that says something, name by name", () => {
    const plan = {
      quirks: { maxBlksize: 1468, noTsize: true, rollover: 1 },
      match: [
        { vendorClass: "AM335x ROM", quirks: { maxBlksize: 512, singlePort: true } },
        { mac: "*", quirks: { alwaysBroadcast: true } },
      ],
      clients: [{ mac, quirks: { maxBlksize: 1024, noTsize: false, rollover: 0 } }],
    };
    assert.deepEqual(quirksFor(plan), { maxBlksize: 1024, alwaysBroadcast: true });
    assert.deepEqual(quirksFor(plan, "AM335x ROM"), { maxBlksize: 1024, singlePort: true });
    assert.deepEqual(quirksFor({ ...plan, clients: [] }, "AM335x ROM"), {
      maxBlksize: 512,
      noTsize: true,
      rollover: 1,
      singlePort: true,
    });
    assert.deepEqual(quirksFor({ boot: "a" }), {});
  });

  it("of the local plan are laid over the plan's, name by name", () => {
    const text = (quirks: Quirks): string => JSON.stringify({ quirks });
    const { plan } = mergePlans(
      { text: text({ noTsize: true, maxBlksize: 512 }), file: "a" },
      { text: text({ maxBlksize: 1024 }), file: "b" },
    );
    assert.deepEqual(plan?.quirks, { noTsize: true, maxBlksize: 1024 });
  });

  it("are refused where they are none, with what was meant", () => {
    one(
      '{ "quirks": { ^"maxBlocksize": 512 } }',
      /unknown key "maxBlocksize"; did you mean "maxBlksize"/,
      '"maxBlksize"',
    );
    one('{ "quirks": { "noOptions": ^"yes" } }', /"quirks.noOptions" must be true or false, not a text/);
    one('{ "quirks": { "maxBlksize": ^7 } }', /must be a whole number from 8 to 65464/, "8");
    one('{ "quirks": { "rollover": ^2 } }', /must be a whole number from 0 to 1/, "1");
    one('{ "quirks": { "answerDelayMs": ^60000 } }', /must be a whole number from 0 to 5000/, "5000");
    one('{ "quirks": ^["noOptions"] }', /"quirks" must be an object, such as/);
  });
});

describe("what a row says of quirks", () => {
  const negotiated = { mode: "octet", blksize: 512, windowsize: 1 };

  it("stands at the option that it explains, and else behind them", () => {
    assert.deepEqual(describeTransferOptions({ options: negotiated, quirks: { noOptions: true } }), [
      "mode octet",
      "blksize 512 (quirk noOptions)",
      "windowsize 1",
    ]);
    assert.deepEqual(
      describeTransferOptions({
        options: negotiated,
        quirks: {
          rollover: 1,
          maxWindowsize: 1,
          duplicatePackets: true,
          singlePort: true,
        },
      }),
      [
        ...["mode octet", "blksize 512", "windowsize 1 (quirk maxWindowsize, duplicatePackets)"],
        ...["quirk rollover 1", "quirk singlePort"],
      ],
    );
  });

  it("is nothing where there is none", () => {
    assert.deepEqual(describeTransferOptions({ options: negotiated }), [
      "mode octet",
      "blksize 512",
      "windowsize 1",
    ]);
  });
});

describe("docs/boards.md", () => {
  it("has each quirk with what is done, in the table's words, and who needs it", () => {
    const page = readFileSync(join(__dirname, "../../docs/boards.md"), "utf8");
    const rows = [...page.matchAll(/^\| `(\w+)` +\| (.*?) +\| (.*?) +\|$/gm)];
    assert.deepEqual(
      rows.map(([, name, meaning]) => [name, meaning]),
      quirkNames.map((name) => [name, quirkDefinition(name).meaning]),
    );
    for (const [, name, , who = ""] of rows) assert.ok(who.length > 30, name);
  });
});
