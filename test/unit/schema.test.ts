import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "jsonc-parser";
import { clientFields, planFields, ruleFields } from "../../src/model/planFields";
import { architectures } from "../../src/protocol/bootp/architectures";
import { planOptionNames } from "../../src/model/planOptions";
import { profileNames } from "../../src/protocol/bootp/profiles";
import { optionTable, type OptionName } from "../../src/protocol/bootp/options";
import { emptyPlan } from "../../src/model/plan";
import { parsePlan } from "../../src/model/planParser";
import { quirkDefinition, quirkNames } from "../../src/protocol/quirks";

/** The words of JSON Schema (draft-07) that the schema of the plan uses for judging; the others are for people. */
interface Schema {
  readonly type?: "object" | "array" | "string" | "integer" | "boolean";
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly enumDescriptions?: readonly string[];
}

const judging = ["type", "properties", "additionalProperties", "items", "enum", "anyOf", "$ref"];
const forPeople = [
  ...["$schema", "$comment", "title", "description", "default", "examples", "definitions"],
  ...["enumDescriptions", "defaultSnippets", "allowComments", "allowTrailingCommas"],
];

const repository = join(__dirname, "../..");
const schema = JSON.parse(readFileSync(join(repository, "media/boot-plan.schema.json"), "utf8")) as Schema;

const typeOf = (value: unknown): string => {
  if (Array.isArray(value)) return "array";
  if (Number.isInteger(value)) return "integer";
  return typeof value;
};

/** True when the schema accepts the value. */
function accepts(rule: Schema, value: unknown): boolean {
  for (const word of Object.keys(rule))
    assert.ok([...judging, ...forPeople].includes(word), `unknown: ${word}`);
  if (
    rule.$ref !== undefined &&
    !accepts(schema.definitions![rule.$ref.replace("#/definitions/", "")]!, value)
  ) {
    return false;
  }
  if (rule.type !== undefined && rule.type !== typeOf(value)) return false;
  if (rule.anyOf !== undefined && !rule.anyOf.some((one) => accepts(one, value))) return false;
  if (rule.enum !== undefined && !rule.enum.includes(value as string)) return false;
  if (Array.isArray(value)) {
    return value.every((item) => rule.items === undefined || accepts(rule.items, item));
  }
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, member]) => {
    if (rule.properties !== undefined && Object.hasOwn(rule.properties, key)) {
      return accepts(rule.properties[key]!, member);
    }
    return rule.additionalProperties === undefined || accepts(rule.additionalProperties, member);
  });
}

/** True when the parser accepts the plan. */
const parses = (plan: unknown): boolean => parsePlan(JSON.stringify(plan), "plan").plan !== undefined;

const client = schema.properties!["clients"]!.items!;
const rule = schema.properties!["match"]!.items!;

describe("the schema of the plan", () => {
  it("knows exactly the keys that the parser reads", () => {
    assert.deepEqual(Object.keys(schema.properties!).sort(), Object.keys(planFields).sort());
    assert.deepEqual(Object.keys(client.properties!).sort(), Object.keys(clientFields).sort());
    assert.deepEqual(Object.keys(rule.properties!).sort(), Object.keys(ruleFields).sort());
    assert.deepEqual(schema.definitions!["architecture"]!.anyOf![0]!.enum, Object.keys(architectures));
    assert.deepEqual(schema.definitions!["profile"]!.enum, profileNames);
  });

  it("describes every key, and its defaults are the parser's", () => {
    for (const [key, property] of Object.entries({
      ...rule.properties,
      ...client.properties,
      ...schema.properties,
    })) {
      assert.ok((property.description ?? "").length > 10, key);
    }
    const defaults = Object.entries(schema.properties!).filter(([, property]) => "default" in property);
    const { pool, ...others } = emptyPlan;
    assert.deepEqual(pool, [], "the schema writes no default for it: an empty list says nothing to a person");
    assert.deepEqual(Object.fromEntries(defaults.map(([key, property]) => [key, property.default])), others);
  });

  it("has examples that the schema and the parser accept", () => {
    for (const [key, { examples = [] }] of Object.entries(schema.properties!)) {
      for (const example of examples) {
        assert.ok(accepts(schema, { [key]: example }), `${key}: ${JSON.stringify(example)}`);
        assert.ok(parses({ [key]: example }), `${key}: ${JSON.stringify(example)}`);
      }
    }
    for (const [key, { examples = [] }] of Object.entries(client.properties!)) {
      for (const example of examples) {
        const plan = { clients: [{ mac: "52:54:00:12:34:56", [key]: example }] };
        assert.ok(accepts(schema, plan) && parses(plan), `${key}: ${JSON.stringify(example)}`);
      }
    }
  });

  it("has examples for rules that the schema and the parser accept", () => {
    for (const [key, { examples = [] }] of Object.entries(rule.properties!)) {
      for (const example of examples) {
        const plan = { match: [{ mac: "*", boot: "a", [key]: example }] };
        assert.ok(accepts(schema, plan) && parses(plan), `${key}: ${JSON.stringify(example)}`);
      }
    }
  });

  it("knows exactly the options that the parser knows by name, and describes each with an example that it reads", () => {
    const options = schema.definitions!["options"]!;
    assert.deepEqual(Object.keys(options.properties!), planOptionNames);
    for (const [name, { description, examples = [] }] of Object.entries(options.properties!)) {
      const { code } = optionTable[name as OptionName];
      assert.match(description!, new RegExp(`^Option ${code}\\b`), name);
      assert.ok(examples.length > 0, name);
      for (const example of examples) {
        const plan = { options: { [name]: example } };
        assert.ok(accepts(schema, plan) && parses(plan), JSON.stringify(plan));
      }
    }
    for (const example of options.examples!) {
      assert.ok(parses({ options: example }) && accepts(schema, { options: example }));
    }
  });

  it("knows exactly the quirks of the table, each by its own words and with an example that the parser reads", () => {
    const quirks = schema.definitions!["quirks"]!;
    assert.deepEqual(
      Object.entries(quirks.properties!).map(([name, { type, description, examples }]) => [
        ...[name, type, description, examples],
      ]),
      quirkNames.map((name) => {
        const { value, meaning, example } = quirkDefinition(name);
        return [name, value.kind === "flag" ? "boolean" : "integer", meaning, [example]];
      }),
    );
    for (const example of [
      ...quirks.examples!,
      ...quirkNames.map((name) => ({ [name]: quirkDefinition(name).example })),
    ]) {
      assert.ok(parses({ quirks: example }) && accepts(schema, { quirks: example }), JSON.stringify(example));
    }
  });

  it("accepts the plan of the sample", () => {
    const text = readFileSync(join(repository, "samples/firmware-drop/.vscode/boot-plan.json"), "utf8");
    assert.ok(accepts(schema, parse(text)));
  });

  const mac = "52:54:00:12:34:56";
  const good: Record<string, unknown> = {
    nothing: {},
    "the name of a schema": { $schema: "https://example.org/x" },
    "each way to write a MAC": {
      clients: [{ mac }, { mac: "52-54-00-12-34-57" }, { mac: "5254.0012.3458" }],
    },
    roots: { root: ".pio/build/x" },
    "one boot file": { boot: "a b/c.bin" },
    "dot files and names with dots": { tftp: [".config", "a..b", "...x", ".gitignore"] },
    pools: { pool: ["10.0.0.1-10.0.0.9", "10.0.1.1 - 10.0.1.9"] },
    answers: { answer: "proxy" },
    "the shortest silence": { silentSeconds: 8 },
  };
  for (const [name, plan] of Object.entries(good)) {
    it(`accepts ${name}, as the parser does`, () => {
      assert.ok(parses(plan));
      assert.ok(accepts(schema, plan));
    });
  }

  it("judges nothing but kinds: what is wrong in a plan is said once, by the parser, in its own words", () => {
    const words = new Set<string>();
    JSON.stringify(schema, (key: string, value: unknown) => {
      words.add(key);
      return value;
    });
    for (const word of ["required", "pattern", "not", "minimum", "maximum", "minItems", "maxItems"]) {
      assert.ok(!words.has(word), word);
    }
    for (const plan of [{ bot: "a" }, { root: "../x" }, { clients: [{ name: "x" }] }, { silentSeconds: 7 }]) {
      assert.ok(!parses(plan) && accepts(schema, plan), JSON.stringify(plan));
    }
  });
});
