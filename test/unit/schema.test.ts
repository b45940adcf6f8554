import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "jsonc-parser";
import { clientFields, laterClientKeys, laterPlanKeys, planFields } from "../../src/model/planFields";
import { emptyPlan } from "../../src/model/plan";
import { parsePlan } from "../../src/model/planParser";

/** The words of JSON Schema (draft-07) that the schema of the plan uses for judging; the others are for people. */
interface Schema {
  readonly type?: "object" | "array" | "string" | "integer";
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly not?: Schema;
  readonly $ref?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly enumDescriptions?: readonly string[];
}

const judging = [
  ...[
    "type",
    "properties",
    "required",
    "additionalProperties",
    "propertyNames",
    "items",
    "minItems",
    "maxItems",
  ],
  ...["minLength", "maxLength", "pattern", "minimum", "maximum", "enum", "anyOf", "not", "$ref"],
];
const forPeople = [
  ...["$schema", "title", "description", "default", "examples", "definitions", "enumDescriptions"],
  ...["defaultSnippets", "errorMessage", "allowComments", "allowTrailingCommas"],
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
  if (rule.not !== undefined && accepts(rule.not, value)) return false;
  if (rule.enum !== undefined && !rule.enum.includes(value as string)) return false;
  if (typeof value === "string") {
    if (value.length < (rule.minLength ?? 0) || value.length > (rule.maxLength ?? Infinity)) return false;
    if (rule.pattern !== undefined && !new RegExp(rule.pattern, "u").test(value)) return false;
  }
  if (typeof value === "number") {
    if (value < (rule.minimum ?? -Infinity) || value > (rule.maximum ?? Infinity)) return false;
  }
  if (Array.isArray(value)) {
    if (value.length < (rule.minItems ?? 0) || value.length > (rule.maxItems ?? Infinity)) return false;
    return value.every((item) => rule.items === undefined || accepts(rule.items, item));
  }
  if (typeof value !== "object" || value === null) return true;
  if (rule.required?.some((key) => !Object.hasOwn(value, key)) === true) return false;
  return Object.entries(value).every(([key, member]) => {
    if (rule.propertyNames !== undefined && !accepts(rule.propertyNames, key)) return false;
    if (rule.properties !== undefined && Object.hasOwn(rule.properties, key)) {
      return accepts(rule.properties[key]!, member);
    }
    if (rule.additionalProperties === false) return false;
    return rule.additionalProperties === undefined || accepts(rule.additionalProperties, member);
  });
}

/** True when the parser accepts the plan. */
const parses = (plan: unknown): boolean => parsePlan(JSON.stringify(plan), "plan").plan !== undefined;

const client = schema.properties!["clients"]!.items!;

describe("the schema of the plan", () => {
  it("knows exactly the keys that the parser reads", () => {
    assert.deepEqual(Object.keys(schema.properties!).sort(), Object.keys(planFields).sort());
    assert.deepEqual(Object.keys(client.properties!).sort(), Object.keys(clientFields).sort());
    assert.equal(schema.additionalProperties, false);
    assert.equal(client.additionalProperties, false);
    for (const key of laterPlanKeys) assert.ok(!Object.hasOwn(schema.properties!, key));
    for (const key of laterClientKeys) assert.ok(!Object.hasOwn(client.properties!, key));
  });

  it("describes every key, and its defaults are the parser's", () => {
    for (const [key, property] of Object.entries({ ...schema.properties, ...client.properties })) {
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

  const bad: Record<string, unknown> = {
    "a list": [],
    "an unknown key": { bot: "a" },
    "an unknown key of a client": { clients: [{ mac, root: "x" }] },
    "a client without a MAC": { clients: [{ name: "x" }] },
    "a MAC that is none": { clients: [{ mac: "52:54:00:12:34" }] },
    "a MAC of mixed forms": { clients: [{ mac: "52:54-00:12:34:56" }] },
    "an empty name": { clients: [{ mac, name: "" }] },
    "a root above": { root: "../x" },
    "an absolute root": { root: "/srv" },
    "a root at home": { root: "~/x" },
    "a root with a drive": { root: "C:\\x" },
    "a root from the environment": { root: "${workspaceFolder}/x" },
    "an empty boot": { boot: "" },
    "an empty sequence": { boot: [] },
    "a sequence that is too long": { boot: Array(65).fill("a") },
    "a file above the root": { tftp: ["a/../../b"] },
    "a file under .git": { tftp: ["a/.Git/config"] },
    "a folder": { ftp: ["a/"] },
    "a drive": { ftp: ["C:\\x"] },
    "a text for a list": { tftp: "a" },
    "a number for a file": { manifest: 1 },
    "an alias to nothing": { aliases: { a: "" } },
    "an alias of nothing": { aliases: { "": "a" } },
    "aliases in a list": { aliases: ["a"] },
    "a server by name": { server: "bench" },
    "an octal address": { server: "10.0.0.01" },
    "a pool of one address": { pool: "10.0.0.1" },
    "an answer that is none": { answer: "all" },
    "half a second": { silentSeconds: 8.5 },
    "too short a silence": { silentSeconds: 7 },
    "no memory": { restartSeconds: 0 },
  };
  for (const [name, plan] of Object.entries(bad)) {
    it(`refuses ${name}, as the parser does`, () => {
      assert.ok(!parses(plan));
      assert.ok(!accepts(schema, plan));
    });
  }
});
