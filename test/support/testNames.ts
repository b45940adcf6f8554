/** What the tests are called: documents and tables that promise a test hold them to it. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The names of the tests and of their groups, of every suite. */
export const testNames: readonly string[] = readdirSync("test", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".test.ts"))
  .flatMap((name) => {
    const text = readFileSync(join("test", name), "utf8");
    return [...text.matchAll(/\b(?:it|describe)\(\s*(["'`])(.*?)\1,/gs)].map(([, , title = ""]) => title);
  });
