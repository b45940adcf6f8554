import assert from "node:assert/strict";
import fc from "fast-check";
import { formatIpv4 } from "../../src/protocol/ipv4";
import { checkName } from "../../src/model/names";
import { emptyPlan, type Plan, type PlanClient } from "../../src/model/plan";
import { parsePlan } from "../../src/model/planParser";

// A part may happen to be a device of Windows, AUX say.
const name = fc
  .stringMatching(/^[a-z][a-z0-9_-]{0,8}(\/[A-Za-z0-9_-]{2,8}){0,2}x$/)
  .filter((text) => "path" in checkName(text));
const boot = fc.oneof(name, fc.array(name, { minLength: 1, maxLength: 5 }));
const mac = fc
  .integer({ min: 1, max: 2 ** 40 - 1 })
  .map((value) => `52${value.toString(16).padStart(10, "0")}`.replace(/..(?!$)/g, "$&:"));
const address = fc.integer({ min: 0x0a000000, max: 0x0affffff }).map(formatIpv4);

/** An object without the keys whose value is undefined. */
const optional = <T extends Record<string, fc.Arbitrary<unknown>>>(
  parts: T,
): fc.Arbitrary<{ [K in keyof T]?: T[K] extends fc.Arbitrary<infer V> ? V : never }> =>
  fc.record(parts, { requiredKeys: [] }) as never;

const clients = fc.uniqueArray(
  fc
    .tuple(mac, optional({ address, boot, name: name.map((text) => `board ${text}`) }))
    .map(([own, rest]): PlanClient => ({ mac: own, ...rest })),
  { maxLength: 5, selector: (client) => client.mac },
);

const aliases = fc
  .array(fc.tuple(name, name), { maxLength: 4 })
  .map((pairs) => Object.fromEntries(pairs.map(([from, to]) => [`asked/${from}`, `served/${to}`])));

/** A pool above every address of a client or server, in ranges that do not meet. */
const pool = fc
  .array(fc.integer({ min: 0, max: 200 }), { maxLength: 3 })
  .map((lengths) =>
    lengths.map((length, index) => ({ first: `11.0.${index}.1`, last: `11.0.${index}.${length + 1}` })),
  );

const seconds = fc
  .tuple(fc.integer({ min: 8, max: 86_400 }), fc.integer({ min: 0, max: 500_000 }))
  .map(([silentSeconds, more]) => ({ silentSeconds, restartSeconds: silentSeconds + more }));

const differ = (values: readonly (string | undefined)[]): boolean => {
  const there = values.filter((value) => value !== undefined);
  return new Set(there).size === there.length;
};

/** Any plan that says nothing against itself. */
const plans: fc.Arbitrary<Plan> = fc
  .record({
    required: fc.record({
      root: name,
      tftp: fc.uniqueArray(name, { maxLength: 5 }),
      ftp: fc.uniqueArray(name, { maxLength: 5 }),
      aliases,
      clients,
      pool,
    }),
    seconds,
    more: optional({
      boot,
      manifest: name,
      server: address,
      answer: fc.constantFrom("boards" as const, "everyone" as const, "proxy" as const),
    }),
  })
  .map(({ required, seconds: waits, more }): Plan => ({ ...required, ...waits, ...more }))
  .filter(
    ({ clients: all, server }) =>
      differ([...all.map((client) => client.address), server]) && differ(all.map((client) => client.name)),
  );

/** The plan as somebody would write it. */
const written = (plan: Plan): string =>
  JSON.stringify({ ...plan, pool: plan.pool.map(({ first, last }) => `${first}-${last}`) }, undefined, 2);

describe("any plan", () => {
  it("is read back as it was written", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const parsed = parsePlan(written(plan), "plan");
        assert.deepEqual(parsed.problems, []);
        assert.deepEqual(parsed.plan, plan);
      }),
      { numRuns: 200 },
    );
  });

  it("cut anywhere has problems, none of which lies behind its end", () => {
    fc.assert(
      fc.property(plans, fc.nat(), (plan, at) => {
        const whole = written(plan);
        const text = whole.slice(0, at % whole.length);
        const { plan: parsed, problems } = parsePlan(text, "plan");
        assert.equal(parsed, undefined);
        const lines = text.split("\n");
        for (const { line, column } of problems) {
          assert.ok(line >= 1 && line <= lines.length);
          assert.ok(column >= 1 && column <= lines[line - 1]!.length + 1);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("changed anywhere never makes the parser throw, and has a plan or an error", () => {
    fc.assert(
      fc.property(plans, fc.array(fc.tuple(fc.nat(), fc.string({ maxLength: 3 }))), (plan, changes) => {
        let text = written(plan);
        for (const [at, inserted] of changes) {
          const offset = at % (text.length + 1);
          text = text.slice(0, offset) + inserted + text.slice(offset + inserted.length);
        }
        const parsed = parsePlan(text, "plan");
        const failed = parsed.problems.some(({ severity }) => severity === "error");
        assert.equal(parsed.plan === undefined, failed);
      }),
      { numRuns: 200 },
    );
  });

  it("made of any text never makes the parser throw", () => {
    const json = fc.json({ maxDepth: 3 });
    const binary = fc.string({ unit: "binary", maxLength: 100 });
    const brackets = fc.string({ unit: fc.constantFrom(...'{}[]",:\\/*\n1a'.split("")), maxLength: 60 });
    fc.assert(
      fc.property(fc.oneof(json, binary, brackets), (text) => {
        const { plan, problems } = parsePlan(text, "plan");
        assert.equal(
          plan === undefined,
          problems.some(({ severity }) => severity === "error"),
        );
      }),
      { numRuns: 200 },
    );
  });

  it("with any value for any key never makes the parser throw", () => {
    const keys = fc.constantFrom(...Object.keys(emptyPlan), "boot", "manifest", "server", "answer");
    const value = fc.jsonValue({ maxDepth: 4 });
    const near = fc.oneof(value, fc.record({ mac: value, name: value, address: value, boot: value }));
    fc.assert(
      fc.property(fc.dictionary(keys, fc.oneof(near, fc.array(near))), (object) => {
        const { plan, problems } = parsePlan(JSON.stringify(object), "plan");
        assert.equal(
          plan === undefined,
          problems.some(({ severity }) => severity === "error"),
        );
      }),
      { numRuns: 200 },
    );
  });
});
