/** What a plan says of the boards themselves: their own folder, the folders that they invent, what kind they are. */

import type { BoardTerms } from "../protocol/bootp/choice";
import { profileNames } from "../protocol/bootp/profiles";
import type { Located } from "./places";
import { checkFile, readRoot } from "./planNames";
import { placeholders } from "./prefixes";
import { listOf, readOneOf, readText, type Reader, type Values } from "./planReader";
import { printable } from "./text";

/** A folder that boards ask for; what stands in a placeholder's place cannot break the name policy. */
const readPrefix: Reader<Located<string>> = (node, name, report) => {
  const text = readText(node, name, prefixMeaning, report);
  if (text === undefined) return undefined;
  const known = Object.keys(placeholders);
  const folder = text.value.replace(/[\\/]+$/, "");
  const plain = known.reduce((rest, placeholder) => rest.replaceAll(placeholder, "x"), folder);
  const unknown = /<[^<>]*>/.exec(plain)?.[0];
  if (unknown !== undefined) {
    report.error(
      node,
      `"${name}": "${printable(unknown)}" stands for nothing; known are ${known.join(", ")}`,
    );
    return undefined;
  }
  if (checkFile(plain, node, name, report) === undefined) return undefined;
  return { value: folder, at: text.at };
};

const prefixMeaning = 'a folder that boards ask for, such as "tftpboot", or a list of them';

/** One folder, or several in the order in which they are tried. */
export const readPrefixes: Reader<readonly Located<string>[]> = (node, name, report) => {
  if (node.type !== "string") return listOf(readPrefix, prefixMeaning)(node, name, report);
  const prefix = readPrefix(node, name, report);
  return prefix && [prefix];
};

/** Keys of a client and of a rule. */
export const boardFields = {
  root: readRoot("the served root"),
  stripPrefix: readPrefixes,
  profile: readOneOf(profileNames),
};

/** The same without places. */
export function plainBoard({
  root,
  stripPrefix,
  profile,
}: Values<typeof boardFields>): Pick<BoardTerms, keyof typeof boardFields> {
  return {
    ...(root && { root: root.value }),
    ...(stripPrefix && { stripPrefix: stripPrefix.map(({ value }) => value) }),
    ...(profile && { profile: profile.value }),
  };
}
