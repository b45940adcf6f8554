/** Names of files and folders in a plan, judged by the one name policy (DESIGN §6). */

import type { Node } from "jsonc-parser";
import type { Trouble } from "./events";
import { checkName, normalizeName, protectedRule } from "./names";
import { refusalSentence, type Located } from "./places";
import { readText, valueFix, type Reader, type Report } from "./planReader";

/** The name as the served root knows it; undefined: it is none, and was reported. */
export function checkFile(text: string, node: Node, name: string, report: Report): string | undefined {
  const reportRefusal = (refused: Trouble): void => {
    report.error(node, `"${name}": ${refusalSentence(refused)}`);
  };
  const checked = checkName(text);
  if ("refused" in checked) {
    reportRefusal(checked.refused);
    return undefined;
  }
  if (checked.path === "" || /[\\/]$/.test(text)) {
    report.error(node, `"${name}" names a folder; name a file in the served root`);
    return undefined;
  }
  // What a plan names is served even as a dot file, but never anything under .git or .vscode (DESIGN §6).
  const refused = protectedRule(checked.path, true);
  if (refused === undefined) return checked.path;
  reportRefusal(refused);
  return undefined;
}

/** A folder inside another one: `images`, `.pio/build/x`, `.`. @param parent what it must lie inside. */
export const readRoot =
  (parent: string): Reader<Located<string>> =>
  (node, name, report) => {
    const text = readText(node, name, `a folder inside ${parent}`, report);
    if (text === undefined) return undefined;
    const plain = text.value.replace(/\\/g, "/");
    if (/^(\/|~|[a-z]:)|\$\{|(^|\/)\.\.(\/|$)/i.test(plain)) {
      const inside = /^\/+([^/~$:.][^~$:]*)$/.exec(plain)?.[1];
      report.error(
        node,
        `"${name}" must lie inside ${parent}; write it relative to it, such as "images"`,
        inside === undefined || inside.includes("..") ? undefined : valueFix(text.at, normalizeName(inside)),
      );
      return undefined;
    }
    const folder = normalizeName(plain);
    const path = folder === "" ? "." : checkFile(folder, node, name, report);
    return path === undefined ? undefined : { value: path, at: text.at };
  };
