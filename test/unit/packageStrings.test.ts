import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** The keys of package.json whose text VS Code or the Marketplace shows; all of them may be translated. */
const shown = new Set([
  ...["displayName", "description", "title", "shortTitle", "category", "name", "contextualTitle", "contents"],
  ...["markdownDescription", "enumDescriptions", "markdownEnumDescriptions", "enumItemLabels"],
  ...["patternErrorMessage", "errorMessage", "deprecationMessage", "markdownDeprecationMessage", "label"],
  ...["altText", "fallbackLabel"],
]);

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, unknown>;

/** Every text below a value, with the key that it, or the list it is in, stands under. */
function textsIn(value: unknown, key = ""): { readonly key: string; readonly text: string }[] {
  if (typeof value === "string") return [{ key, text: value }];
  if (Array.isArray(value)) return value.flatMap((each) => textsIn(each, key));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => textsIn(each, name));
}

const { displayName, description, contributes, capabilities } = manifest;
const texts = textsIn({ displayName, description, contributes, capabilities });

describe("the texts of package.json", () => {
  it("that people see all stand in package.nls.json, none literally", () => {
    const literal = texts.filter(
      // A problem matcher's name is what tasks.json calls it by: `$boot-servers`.
      ({ key, text }) => shown.has(key) && !/^%[^%]+%$/.test(text) && text !== "boot-servers",
    );
    assert.deepEqual(literal, []);
    assert.ok(texts.filter(({ key }) => shown.has(key)).length > 60, "the walk has lost its way");
  });
});

describe("package.json as the Marketplace takes it", () => {
  it("has at most 30 keywords, none twice, and an icon of 256 × 256 pixels", () => {
    const { keywords, icon } = manifest as { keywords: string[]; icon: string };
    assert.ok(keywords.length <= 30 && new Set(keywords).size === keywords.length);
    const png = readFileSync(icon);
    // Width and height are the first fields of the first chunk (PNG §11.2.2).
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [256, 256]);
  });

  it("puts its actions on rows and titles of its own views alone", () => {
    const { menus } = contributes as { menus: Record<string, { command: string; when: string }[]> };
    const strays = ["view/title", "view/item/context"]
      .flatMap((menu) => menus[menu]!)
      .filter(({ when }) => !/^view (== bootServers\.|=~ \/\^bootServers\\\.)/.test(when));
    assert.deepEqual(strays, []);
  });

  it("offers what is done with a file for files on a disk alone: no untitled one, none of an older commit", () => {
    const { menus } = contributes as { menus: Record<string, { command: string; when: string }[]> };
    const strays = ["explorer/context", "editor/title/context"]
      .flatMap((menu) => menus[menu]!)
      .filter(({ when }) => !when.split(" && ").includes("resourceScheme == file"));
    assert.deepEqual(strays, []);
  });
});
