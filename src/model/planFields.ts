/** The keys of a plan (DESIGN §2.4): how each is read. media/boot-plan.schema.json says the same to the editor. */

import { encodeText } from "../protocol/bytes";
import type { Located } from "./places";
import type { QuickFix } from "./plan";
import { readAddress, readMac, readPool } from "./planAddresses";
import { boardFields, readPrefixes } from "./planBoards";
import { conditionFields } from "./planMatch";
import { checkFile, readRoot } from "./planNames";
import { readOptions } from "./planOptions";
import { readQuirks } from "./planQuirks";
import {
  listOf,
  membersOf,
  readObject,
  isKind,
  readOneOf,
  readText,
  readWhole,
  type Reader,
  type Values,
} from "./planReader";
import { mostRounds } from "./rounds";
import type { Answer } from "./settings";
import { printable } from "./text";

/** One boot file, or a list of them. */
export interface BootDraft {
  readonly files: readonly Located<string>[];
  readonly list: boolean;
}

export interface AliasDraft {
  readonly name: Located<string>;
  readonly file: Located<string>;
}

/** `file` of a BOOTP packet holds 128 bytes with the NUL at the end (RFC 951 §3). */
const longestBootFile = 127;

const readFile: Reader<Located<string>> = (node, name, report) => {
  const text = readText(node, name, "a file in the served root", report);
  const path = text && checkFile(text.value, node, name, report);
  return path === undefined ? undefined : { value: path, at: report.at(node) };
};

/** A list of files, each once. */
const readFiles: Reader<Located<string>[]> = (node, name, report) => {
  const seen = new Set<string>();
  const readOne: Reader<Located<string>> = (item, itemName) => {
    const file = readFile(item, itemName, report);
    if (file === undefined) return undefined;
    if (seen.has(file.value)) {
      report.warning(item, `"${printable(file.value)}" stands twice in "${name}"`, report.removal(item));
    }
    seen.add(file.value);
    return file;
  };
  return listOf(readOne, "a list of files in the served root")(node, name, report);
};

const readBootFile: Reader<Located<string>> = (node, name, report) => {
  const file = readFile(node, name, report);
  if (file === undefined || encodeText(file.value).length <= longestBootFile) return file;
  report.error(
    node,
    `"${name}" is longer than the ${longestBootFile} bytes that BOOTP can carry; shorten it`,
  );
  return undefined;
};

const bootMeaning = "a file in the served root, or a list of files";
const readBoot: Reader<BootDraft> = (node, name, report) => {
  if (node.type === "string") {
    const file = readBootFile(node, name, report);
    return file && { files: [file], list: false };
  }
  const files = listOf(readBootFile, bootMeaning)(node, name, report);
  if (files === undefined) return undefined;
  const length = node.children?.length ?? 0;
  if (length === 0) report.error(node, `"${name}" is an empty list; name a file, or remove the key`);
  if (length > mostRounds) report.error(node, `"${name}" has ${length} files; ${mostRounds} at most`);
  return { files, list: true };
};

const readAliases: Reader<AliasDraft[]> = (node, name, report) => {
  if (!isKind("object", node, name, 'an object, such as { "pxelinux.0": "u-boot.bin" }', report))
    return undefined;
  const aliases = new Map<string, AliasDraft>();
  for (const { key, node: value } of membersOf(node, name, report)) {
    const keyNode = value.parent?.children?.[0] ?? value;
    const asked = checkFile(key.value, keyNode, name, report);
    const file = readFile(value, `${name}.${printable(key.value)}`, report);
    if (asked === undefined || file === undefined) continue;
    if (aliases.has(asked)) {
      report.error(
        keyNode,
        `"${printable(key.value)}" and another key of "${name}" are the same name; remove one`,
        report.removal(value.parent ?? value),
      );
    } else aliases.set(asked, { name: { value: asked, at: key.at }, file });
  }
  return [...aliases.values()];
};

const answers: readonly Answer[] = ["listed", "boards", "everyone", "proxy"];
const readAnswer = readOneOf(answers);

const seconds = (least: number, most: number, why = ""): Reader<Located<number>> =>
  readWhole(least, most, " of seconds", why);

const readName: Reader<Located<string>> = (node, name, report) => {
  const text = readText(node, name, "a name for people, such as bench-1", report);
  if (text === undefined || printable(text.value) === text.value) return text;
  report.error(node, `"${name}" holds control characters or is longer than 200; write a short plain name`);
  return undefined;
};

/** What a client or a rule says of its boards. */
const termFields = { boot: readBoot, options: readOptions, quirks: readQuirks, ...boardFields };

export const clientFields = {
  name: readName,
  mac: readMac,
  address: readAddress,
  ...termFields,
};

export const ruleFields = { ...conditionFields, ...termFields };

export interface RuleDraft extends Values<typeof ruleFields> {
  readonly at: Located<string>["at"];
}

const readRule: Reader<RuleDraft> = (node, name, report) => {
  const example = '{ "vendorClass": "AM335x ROM", "boot": "MLO" }';
  if (!isKind("object", node, name, `an object, such as ${example}`, report)) return undefined;
  const keys = node.children?.map((property) => String(property.children?.[0]?.value)) ?? [];
  const has = (fields: readonly string[]): boolean => keys.some((key) => fields.includes(key));
  const conditions = Object.keys(conditionFields);
  if (!has(conditions)) {
    report.error(node, `"${name}" holds for every board; give it one of ${conditions.join(", ")}`);
  } else if (!has(Object.keys(termFields))) {
    report.error(
      node,
      `"${name}" gives nothing; say one of ${Object.keys(termFields).join(", ")}, or remove it`,
      report.removal(node),
    );
  }
  return { ...readObject(node, name, ruleFields, report), at: report.at(node) };
};

/** `mac` is missing only where that was reported. */
export interface ClientDraft extends Values<typeof clientFields> {
  readonly at: Located<string>["at"];
  /** Takes it out of the list. */
  readonly removal: QuickFix;
}

const readClient: Reader<ClientDraft> = (node, name, report) => {
  if (!isKind("object", node, name, 'an object, such as { "mac": "52:54:00:12:34:56" }', report))
    return undefined;
  const client = readObject(node, name, clientFields, report);
  const hasMac = node.children?.some((property) => property.children?.[0]?.value === "mac");
  if (hasMac !== true) report.error(node, `"${name}" has no "mac"; a client is known by its MAC`);
  return { ...client, at: report.at(node), removal: report.removal(node) };
};

export const planFields = {
  /** The editor's own key; without meaning here. */
  $schema: ((node, name, report) => readText(node, name, "the address of a schema", report)) as Reader<
    Located<string>
  >,
  root: readRoot("the workspace folder"),
  boot: readBoot,
  tftp: readFiles,
  manifest: readFile,
  ftp: readFiles,
  aliases: readAliases,
  stripPrefix: readPrefixes,
  server: readAddress,
  clients: listOf(readClient, "a list of clients"),
  match: listOf(readRule, "a list of rules"),
  pool: readPool,
  options: readOptions,
  quirks: readQuirks,
  answer: readAnswer,
  // A board asks three times, two seconds apart, before it believes the silence (DESIGN §2.2).
  silentSeconds: seconds(8, 86_400, ": a board that asks three times must meet silence each time"),
  restartSeconds: seconds(1, 604_800),
};

/** What one plan file says, each value with its place. */
export type PlanDraft = Values<typeof planFields>;
