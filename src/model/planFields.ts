/** The keys of a plan (DESIGN §2.4): how each is read. media/boot-plan.schema.json says the same to the editor. */

import { encodeText } from "../protocol/bytes";
import type { Trouble } from "./events";
import { checkName, normalizeName, protectedRule } from "./names";
import { refusalSentence, type Located } from "./places";
import type { QuickFix } from "./plan";
import { readAddress, readMac, readPool } from "./planAddresses";
import { conditionFields } from "./planMatch";
import { readOptions } from "./planOptions";
import { readQuirks } from "./planQuirks";
import {
  listOf,
  membersOf,
  readObject,
  isKind,
  readText,
  readWhole,
  valueFix,
  type Reader,
  type Report,
  type Values,
} from "./planReader";
import type { Answer } from "./settings";
import { nearestWord } from "./nearestWord";
import { printable } from "./text";
import type { Node } from "jsonc-parser";

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
/** The client flow follows no more rounds (DESIGN §2.2). */
const mostRounds = 64;

/** Judges a name in the served root by the one name policy; undefined: it was reported. */
function checkFile(text: string, node: Node, name: string, report: Report): string | undefined {
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

/** A folder inside the workspace folder: `images`, `.pio/build/x`, `.`. */
const readRoot: Reader<Located<string>> = (node, name, report) => {
  const text = readText(node, name, "a folder inside the workspace folder", report);
  if (text === undefined) return undefined;
  const plain = text.value.replace(/\\/g, "/");
  if (/^(\/|~|[a-z]:)|\$\{|(^|\/)\.\.(\/|$)/i.test(plain)) {
    const inside = /^\/+([^/~$:.][^~$:]*)$/.exec(plain)?.[1];
    report.error(
      node,
      `"${name}" must lie inside the workspace folder; write it relative to it, such as "images"`,
      inside === undefined || inside.includes("..") ? undefined : valueFix(text.at, normalizeName(inside)),
    );
    return undefined;
  }
  const folder = normalizeName(plain);
  const path = folder === "" ? "." : checkFile(folder, node, name, report);
  return path === undefined ? undefined : { value: path, at: text.at };
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
const readAnswer: Reader<Located<Answer>> = (node, name, report) => {
  const known = `one of ${answers.map((answer) => `"${answer}"`).join(", ")}`;
  const text = readText(node, name, known, report);
  const answer = answers.find((each) => each === text?.value);
  if (text === undefined || answer !== undefined) return answer && { value: answer, at: report.at(node) };
  const near = nearestWord(text.value.toLowerCase(), answers);
  report.error(
    node,
    `"${name}" must be ${known}, not "${printable(text.value)}"${near === undefined ? "" : `; did you mean "${near}"?`}`,
    near === undefined ? undefined : valueFix(report.at(node), near),
  );
  return undefined;
};

const seconds = (least: number, most: number, why = ""): Reader<Located<number>> =>
  readWhole(least, most, " of seconds", why);

const readName: Reader<Located<string>> = (node, name, report) => {
  const text = readText(node, name, "a name for people, such as bench-1", report);
  if (text === undefined || printable(text.value) === text.value) return text;
  report.error(node, `"${name}" holds control characters or is longer than 200; write a short plain name`);
  return undefined;
};

/** Named keys that later versions read; until then they would be silently without effect. */
export const laterPlanKeys: readonly string[] = ["profile"];
export const laterClientKeys: readonly string[] = ["profile", "root"];

export const clientFields = {
  name: readName,
  mac: readMac,
  address: readAddress,
  boot: readBoot,
  options: readOptions,
  quirks: readQuirks,
};

/** Keys of a rule that later versions read. */
export const laterRuleKeys: readonly string[] = ["profile", "root"];

export const ruleFields = { ...conditionFields, boot: readBoot, options: readOptions, quirks: readQuirks };

export type RuleDraft = Values<typeof ruleFields>;

const readRule: Reader<RuleDraft> = (node, name, report) => {
  const example = '{ "vendorClass": "AM335x ROM", "boot": "MLO" }';
  if (!isKind("object", node, name, `an object, such as ${example}`, report)) return undefined;
  const keys = node.children?.map((property) => String(property.children?.[0]?.value)) ?? [];
  const has = (fields: readonly string[]): boolean => keys.some((key) => fields.includes(key));
  const conditions = Object.keys(conditionFields);
  if (!has(conditions)) {
    report.error(node, `"${name}" holds for every board; give it one of ${conditions.join(", ")}`);
  } else if (!has(["boot", "options", "quirks"])) {
    report.error(
      node,
      `"${name}" gives nothing; say "boot", "options" or "quirks", or remove it`,
      report.removal(node),
    );
  }
  return readObject(node, name, ruleFields, laterRuleKeys, report);
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
  const client = readObject(node, name, clientFields, laterClientKeys, report);
  const hasMac = node.children?.some((property) => property.children?.[0]?.value === "mac");
  if (hasMac !== true) report.error(node, `"${name}" has no "mac"; a client is known by its MAC`);
  return { ...client, at: report.at(node), removal: report.removal(node) };
};

export const planFields = {
  /** The editor's own key; without meaning here. */
  $schema: ((node, name, report) => readText(node, name, "the address of a schema", report)) as Reader<
    Located<string>
  >,
  root: readRoot,
  boot: readBoot,
  tftp: readFiles,
  manifest: readFile,
  ftp: readFiles,
  aliases: readAliases,
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
