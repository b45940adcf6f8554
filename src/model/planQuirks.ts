/** The quirks of a plan, of a rule or of one client: each read as protocol/quirks.ts has it. */

import { quirkDefinition, quirkNames, type QuirkName, type Quirks } from "../protocol/quirks";
import { isKind, readObject, readWhole, type Reader } from "./planReader";

const readFlag: Reader<boolean> = (node, name, report) =>
  isKind("boolean", node, name, "true or false", report) ? (node.value as boolean) : undefined;

function readerOf(quirk: QuirkName): Reader<boolean | number> {
  const { value } = quirkDefinition(quirk);
  if (value.kind === "flag") return readFlag;
  const readNumber = readWhole(value.min, value.max);
  return (node, name, report) => readNumber(node, name, report)?.value;
}

const fields = Object.fromEntries(quirkNames.map((name) => [name, readerOf(name)]));

export const readQuirks: Reader<Quirks> = (node, name, report) =>
  isKind("object", node, name, 'an object, such as { "maxBlksize": 1468 }', report)
    ? readObject(node, name, fields, report)
    : undefined;
