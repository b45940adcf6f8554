/**
 * Makes dist/README.md, which the package carries, of README.md. The package has no repository beside it, and
 * VS Code's page of an extension loads pictures from https alone: pictures go, and links into the repository
 * become their text.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("..", import.meta.url));

/**
 * The README without what only a repository has.
 * @param {string} readme
 */
export const packaged = (readme) =>
  readme
    .replace(/<!-- pictures -->[^]*?<!-- \/pictures -->\n\n/g, "")
    .replace(/\[([^\]]+)\]\((?!https?:|#)[^)]+\)/g, "$1");

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(path.join(top, "dist"), { recursive: true });
  writeFileSync(
    path.join(top, "dist", "README.md"),
    packaged(readFileSync(path.join(top, "README.md"), "utf8")),
  );
}
