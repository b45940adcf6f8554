/** The conditions of a rule in "match": how each is read (DESIGN §2.4). */

import { architectures } from "../protocol/bootp/architectures";
import { nearestWord } from "./nearestWord";
import type { Located } from "./places";
import { listOf, readText, valueFix, type Reader } from "./planReader";
import { printable } from "./text";

/** `52:54:00:*`: parts of two hex digits or `*`; a `*` at the end stands for all that follow. Six parts come out. */
const readMacPattern: Reader<Located<string>> = (node, name, report) => {
  const form = "a MAC in which * stands for any byte, such as 52:54:00:*";
  const text = readText(node, name, form, report);
  if (text === undefined) return undefined;
  const parts = text.value.toLowerCase().split(/[:-]/);
  const open = parts.at(-1) === "*";
  const good = parts.every((part) => /^(\*|[0-9a-f]{2})$/.test(part));
  if (good && (parts.length === 6 || (open && parts.length < 6))) {
    const rest = Array<string>(6 - parts.length).fill("*");
    return { value: [...parts, ...rest].join(":"), at: text.at };
  }
  report.error(node, `"${name}": "${printable(text.value)}" is no such MAC; write ${form}`);
  return undefined;
};

const readPattern =
  (form: string): Reader<Located<string>> =>
  (node, name, report) =>
    readText(node, name, form, report);

const architectureForm = `one of ${Object.keys(architectures).join(", ")}, or the number of option 93`;

/** One architecture by name or number, or several. */
const readArchitecture: Reader<readonly number[]> = (node, name, report) => {
  if (node.type === "array") {
    if (node.children?.length === 0)
      report.error(node, `"${name}" is an empty list; name one, or remove the key`);
    return listOf(readArchitecture, architectureForm)(node, name, report)?.flat();
  }
  if (node.type === "number") {
    const code = node.value as number;
    if (Number.isInteger(code) && code >= 0 && code <= 0xffff) return [code];
    report.error(node, `"${name}" must be ${architectureForm}`);
    return undefined;
  }
  const text = readText(node, name, architectureForm, report)?.value;
  if (text === undefined) return undefined;
  if (Object.hasOwn(architectures, text)) return architectures[text];
  const near = nearestWord(text.toLowerCase(), Object.keys(architectures));
  report.error(
    node,
    `"${name}" must be ${architectureForm}${near === undefined ? "" : `; did you mean "${near}"?`}`,
    near === undefined ? undefined : valueFix(report.at(node), near),
  );
  return undefined;
};

/** A rule has one of these at least. */
export const conditionFields = {
  mac: readMacPattern,
  vendorClass: readPattern('what the vendor class begins with, such as "AM335x ROM"'),
  architecture: readArchitecture,
  userClass: readPattern('what the user class begins with, such as "iPXE"'),
};
