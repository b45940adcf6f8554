import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { packaged } from "../../scripts/packageReadme.mjs";

const readme = readFileSync("README.md", "utf8");
const strings = JSON.parse(readFileSync("package.nls.json", "utf8")) as Record<string, string>;
const { contributes } = JSON.parse(readFileSync("package.json", "utf8")) as {
  contributes: {
    commands: { command: string; title: string }[];
    menus: { commandPalette: { command: string; when: string }[] };
    configuration: { properties: Record<string, { default: unknown }> };
  };
};

/** The rows of the table below a heading cell, each as its cells. */
function table(heading: string): string[][] {
  const lines = readme.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${heading}`));
  assert.ok(start >= 0, `README.md has no table "${heading}"`);
  const rest = lines.slice(start + 2);
  const rows = rest.slice(
    0,
    rest.findIndex((line) => !line.startsWith("|")),
  );
  return rows.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Paths in the repository that the text links to. */
const linked = (text: string): string[] =>
  [...text.matchAll(/(?:\]\(|src=")(?!https?:|#)([^)"]+)/g)].map(([, path]) => path!);

describe("README.md", () => {
  it("has each command of the palette in its table, by its title, and no other", () => {
    const hidden = contributes.menus.commandPalette.filter(({ when }) => when === "false");
    const titles = contributes.commands
      .filter(({ command }) => !hidden.some((each) => each.command === command))
      .map(({ title }) => `**${strings[title.slice(1, -1)]!}**`);
    const rows = table("command (_Boot Servers: …_)").map(([title]) => title!);
    assert.deepEqual(rows.sort(), titles.sort());
  });

  it("has each setting in its table with its default, in the order of package.json", () => {
    const settings = Object.entries(contributes.configuration.properties).map(([name, setting]) => [
      `\`${name.replace("bootServers.", "")}\``,
      `\`${JSON.stringify(setting.default)}\``,
    ]);
    assert.deepEqual(
      table("setting").map((cells) => cells.slice(0, 2)),
      settings,
    );
  });

  it("links to files that are there", () => {
    assert.ok(linked(readme).length > 3);
    assert.deepEqual(
      linked(readme).filter((path) => !existsSync(path)),
      [],
    );
  });

  it("carries into the package no picture and no link that has nothing to point to there", () => {
    const text = packaged(readme);
    assert.deepEqual(linked(text), []);
    assert.ok(!text.includes("<img") && text.includes("docs/ARCHITECTURE.md is the map"));
    assert.ok(text.length > readme.length - 1500, "more than the pictures is gone");
  });
});
