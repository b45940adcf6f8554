/**
 * Reads the JSON of a plan key by key: a table of fields on one side, located values and problems on the other.
 * Knows JSON and places; what the keys of a plan mean stands in planFields.ts.
 */

import { createScanner, parseTree, printParseErrorCode, type Node, type ParseError } from "jsonc-parser";
import {
  encodingProblem,
  placesOf,
  problemAt,
  replaceFix,
  withoutBom,
  type Located,
  type Place,
} from "./places";
import type { Problem, QuickFix } from "./plan";
import { nearestWord } from "./nearestWord";
import { printable } from "./text";

/** Where readers put what is wrong. */
export interface Report {
  at(node: Node): Place;
  error(node: Node, message: string, fix?: QuickFix): void;
  warning(node: Node, message: string, fix?: QuickFix): void;
  /** The fix that takes a property or an item away. */
  removal(node: Node): QuickFix;
}

/** Reads the value of the key `name`; undefined: it was reported. */
export type Reader<T> = (node: Node, name: string, report: Report) => T | undefined;

type Fields = Readonly<Record<string, Reader<unknown>>>;
/** What the readers of a table give. */
export type Values<F extends Fields> = { [K in keyof F]?: F[K] extends Reader<infer T> ? T : never };

const longest = 2 ** 20;
/** A plan is three levels deep; without a limit the parser's recursion would be the limit. */
const deepest = 16;

/** What jsonc-parser found, in words. */
const syntaxSentences: Record<ReturnType<typeof printParseErrorCode>, string> = {
  InvalidSymbol: "this is not JSON; texts stand in double quotes",
  InvalidNumberFormat: "this is not a number",
  PropertyNameExpected: "a key in double quotes is missing here",
  ValueExpected: "a value is missing here",
  ColonExpected: "a colon is missing between the key and its value",
  CommaExpected: "a comma is missing before this",
  CloseBraceExpected: "a closing } is missing",
  CloseBracketExpected: "a closing ] is missing",
  EndOfFileExpected: "the plan has ended before this; remove what follows",
  InvalidCommentToken: "comments are written // or /* */",
  UnexpectedEndOfComment: "the comment does not end; close it with */",
  UnexpectedEndOfString: 'the text does not end; close it with "',
  UnexpectedEndOfNumber: "the number does not end",
  InvalidUnicode: "\\u takes four hexadecimal digits",
  InvalidEscapeCharacter: "\\ must be written \\\\ (or use /)",
  InvalidCharacter: "a control character must not stand in a text",
  "<unknown ParseErrorCode>": "this is not JSON",
};

/** The offset at which brackets are nested too deeply, or undefined. */
function tooDeep(text: string): number | undefined {
  const scanner = createScanner(text, true);
  const steps: Readonly<Record<string, number>> = { "{": 1, "[": 1, "}": -1, "]": -1 };
  let depth = 0;
  // Ends by the position: behind a comment without its end, the scanner stands past the text for ever.
  while (scanner.getPosition() < text.length) {
    scanner.scan();
    const offset = scanner.getTokenOffset();
    if (scanner.getTokenLength() === 1) depth += steps[text[offset] ?? ""] ?? 0;
    if (depth > deepest) return offset;
  }
  return undefined;
}

/** The fix that writes another value where one stands. */
export function valueFix(at: Place, value: unknown): QuickFix {
  const text = JSON.stringify(value);
  return replaceFix(at, text, `Write ${printable(text)}`);
}

/** The offset of the comma that comes next, whatever comments are before it; undefined: something else comes. */
function commaAfter(text: string, offset: number): number | undefined {
  const scanner = createScanner(text.slice(offset), true);
  scanner.scan();
  const at = offset + scanner.getTokenOffset();
  return text[at] === "," ? at : undefined;
}

/** What is cut out, as offset and length, to take a property or an item away: with a comma, and with its line. */
function cutsFor(text: string, node: Node): [number, number][] {
  const end = node.offset + node.length;
  const after = commaAfter(text, end);
  const cut = after === undefined ? end : after + 1;
  let start = node.offset;
  while (text[start - 1] === " " || text[start - 1] === "\t") start -= 1;
  const tail = /^[ \t]*(\r\n|\n|\r)?/.exec(text.slice(cut, cut + 200));
  const alone = /^[\r\n]?$/.test(text[start - 1] ?? "") && tail?.[1] !== undefined;
  // A line of its own goes whole; of others the blanks go that stood before it, so that what follows moves up.
  const last = alone ? cut + tail[0].length : cut;
  // Without a comma behind it, it is the last one: the comma before it goes.
  const earlier = after === undefined ? node.parent?.children?.at(-2) : undefined;
  const before = earlier && commaAfter(text, earlier.offset + earlier.length);
  return [...(before === undefined ? [] : [[before, 1] as [number, number]]), [start, last - start]];
}

/** The JSON tree of a text, with everything that keeps it from being one object. */
export function readTree(
  source: string,
  file: string,
): { root: Node | undefined; report: Report; problems: Problem[] } {
  const text = withoutBom(source);
  const problems: Problem[] = [];
  const place = placesOf(text, file);
  const report: Report = {
    at: (node) => place(node.offset, node.length),
    error: (node, message, fix) => problems.push(problemAt("error", report.at(node), message, fix)),
    warning: (node, message, fix) => problems.push(problemAt("warning", report.at(node), message, fix)),
    removal: (node) => ({
      title: "Remove it",
      edits: cutsFor(text, node).map(([offset, length]) => ({ at: place(offset, length), text: "" })),
    }),
  };
  const fail = (offset: number, message: string): void => {
    problems.push(problemAt("error", place(offset), message));
  };
  const encoding = encodingProblem(text, file);
  if (encoding !== undefined) problems.push(encoding);
  else if (text.length > longest)
    fail(0, "the plan is larger than 1 MiB; it names files, it does not hold them");
  else {
    const offset = tooDeep(text);
    if (offset !== undefined) fail(offset, "the brackets are nested too deeply for a plan");
  }
  if (problems.length > 0) return { root: undefined, report, problems };

  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  for (const { error, offset, length } of errors) {
    const problem = problemAt("error", place(offset, length), syntaxSentences[printParseErrorCode(error)]);
    // Of a text with nothing in it an editor says nothing.
    problems.push(root === undefined ? problem : { ...problem, syntax: true });
  }
  if (root !== undefined && root.type !== "object") fail(root.offset, "a plan is one object: { … }");
  return { root: root?.type === "object" ? root : undefined, report, problems };
}

const kinds: Record<Node["type"], string> = {
  object: "an object",
  array: "a list",
  property: "a property",
  string: "a text",
  number: "a number",
  boolean: "true or false",
  null: "null",
};

/** True when the value is of the kind that it must be; else that is reported. */
export function isKind(
  kind: Node["type"],
  node: Node,
  name: string,
  expected: string,
  report: Report,
  fix?: QuickFix,
): boolean {
  if (node.type === kind) return true;
  report.error(node, `"${name}" must be ${expected}, not ${kinds[node.type]}`, fix);
  return false;
}

/** A non-empty text. */
export function readText(
  node: Node,
  name: string,
  what: string,
  report: Report,
): Located<string> | undefined {
  if (!isKind("string", node, name, what, report)) return undefined;
  const value = node.value as string;
  if (value !== "") return { value, at: report.at(node) };
  report.error(node, `"${name}" is empty; it must be ${what}`);
  return undefined;
}

/**
 * A whole number within bounds.
 *
 * @param of what it counts: " of seconds".
 * @param why what stands behind a sentence about the bounds.
 */
export const readWhole =
  (least: number, most: number, of = "", why = ""): Reader<Located<number>> =>
  (node, name, report) => {
    if (!isKind("number", node, name, `a whole number${of} from ${least}`, report)) return undefined;
    const value = node.value as number;
    if (Number.isInteger(value) && value >= least && value <= most) return { value, at: report.at(node) };
    const nearest = Math.min(Math.max(Math.round(value), least), most);
    report.error(
      node,
      `"${name}" must be a whole number from ${least} to ${most}${why}`,
      valueFix(report.at(node), nearest),
    );
    return undefined;
  };

/** Keys and values of an object; each key once. */
export function membersOf(node: Node, name: string, report: Report): { key: Located<string>; node: Node }[] {
  const members = new Map<string, { key: Located<string>; node: Node }>();
  for (const property of node.children ?? []) {
    const [keyNode, value] = property.children ?? [];
    if (keyNode === undefined || value === undefined) continue; // A syntax error, reported as one.
    const key: Located<string> = { value: String(keyNode.value), at: report.at(keyNode) };
    const earlier = members.get(key.value);
    if (earlier === undefined) members.set(key.value, { key, node: value });
    else {
      const where = name === "" ? "" : ` in "${name}"`;
      report.error(
        keyNode,
        `"${printable(key.value)}" stands twice${where}, first in line ${earlier.key.at.line}; remove one`,
        report.removal(property),
      );
    }
  }
  return [...members.values()];
}

/**
 * Reads an object by its table of fields. A key that is not in the table is a problem.
 *
 * @param name the object's own key, "" for the plan itself.
 */
export function readObject<F extends Fields>(node: Node, name: string, fields: F, report: Report): Values<F> {
  const values: Record<string, unknown> = {};
  for (const { key, node: value } of membersOf(node, name, report)) {
    const read = Object.hasOwn(fields, key.value) ? fields[key.value] : undefined;
    if (read !== undefined) {
      const result = read(value, name === "" ? key.value : `${name}.${key.value}`, report);
      if (result !== undefined) values[key.value] = result;
      continue;
    }
    const shown = printable(key.value);
    const keyNode = value.parent?.children?.[0] ?? value;
    const near = nearestWord(key.value.toLowerCase(), Object.keys(fields));
    if (near === undefined) {
      report.error(keyNode, `unknown key "${shown}"; known are ${Object.keys(fields).join(", ")}`);
    } else {
      report.error(keyNode, `unknown key "${shown}"; did you mean "${near}"?`, valueFix(key.at, near));
    }
  }
  return values as Values<F>;
}

/** A list of which each item is read by `item`; items that were reported are left out. */
export function listOf<T>(item: Reader<T>, what: string): Reader<T[]> {
  return (node, name, report) => {
    const asList = node.type === "string" ? valueFix(report.at(node), [node.value]) : undefined;
    if (!isKind("array", node, name, what, report, asList)) return undefined;
    return (node.children ?? []).flatMap((child, index) => {
      const value = item(child, `${name}[${index}]`, report);
      return value === undefined ? [] : [value];
    });
  };
}

/** One of some words. */
export const readOneOf =
  <Word extends string>(words: readonly Word[]): Reader<Located<Word>> =>
  (node, name, report) => {
    const known = `one of ${words.map((word) => `"${word}"`).join(", ")}`;
    const text = readText(node, name, known, report);
    const found = words.find((each) => each === text?.value);
    if (text === undefined || found !== undefined) return found && { value: found, at: report.at(node) };
    const near = nearestWord(text.value.toLowerCase(), words);
    report.error(
      node,
      `"${name}" must be ${known}, not "${printable(text.value)}"${near === undefined ? "" : `; did you mean "${near}"?`}`,
      near === undefined ? undefined : valueFix(report.at(node), near),
    );
    return undefined;
  };
