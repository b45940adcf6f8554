/** What the tests are called: documents and tables that promise a test hold them to it. */

import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

/** Each name of a test or a group, of every suite, with the folder of `test` that it stands in. */
export const testsBySuite: readonly (readonly [suite: string, name: string])[] = readdirSync("test", {
  recursive: true,
  encoding: "utf8",
})
  .filter((file) => file.endsWith(".test.ts"))
  .flatMap((file) => {
    const text = readFileSync(join("test", file), "utf8");
    const titles = [...text.matchAll(/\b(?:it|describe)\(\s*(["'`])(.*?)\1,/gs)];
    return titles.map(([, , title = ""]) => [file.split(sep)[0] ?? "", title] as const);
  });

/** The names alone. */
export const testNames: readonly string[] = testsBySuite.map(([, name]) => name);
