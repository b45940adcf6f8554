/**
 * The name policy: what a peer, a plan or a manifest may name, before any file is touched.
 * One table for TFTP and FTP on every platform (DESIGN §2.1, §6), so that a drop that works here works on
 * the board's next server too. `%` is an ordinary character: nothing is ever decoded.
 */

import { encodeText } from "../protocol/bytes";
import type { Trouble } from "./events";
import { holdsControl } from "./text";

export type CheckedName =
  | {
      /** Relative to the served root, `/` between folders, no leading `/`; "" is the root itself. */
      readonly path: string;
    }
  | { readonly refused: Trouble };

/** Bytes of UTF-8 that one folder or file name may have (NAME_MAX). */
const longestComponent = 255;
/** Bytes of UTF-8 of a whole name. */
const longestPath = 1024;
/** Components of a name. */
const deepest = 32;

/** Names of Windows devices, with any extension, in any case; ¹²³ count as digits there. */
const device = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/i;

interface Rule {
  readonly trouble: Trouble;
  broken(path: string, components: readonly string[]): boolean;
}

const rule = (
  code: string,
  broken: Rule["broken"],
  message: string,
  remedy = "Ask for it under another name: an alias in the plan, or rename the file.",
): Rule => ({ trouble: { code, message, remedy }, broken });

/** The first rule that a name breaks is the one that is told. */
const rules: readonly Rule[] = [
  rule("name.control", holdsControl, "the name holds a control character"),
  rule(
    "name.parent",
    (_, components) => components.includes(".."),
    "the name leaves a folder by ..",
    "Name the file from the served root.",
  ),
  rule(
    "name.drive",
    (_, components) => components.some((component) => /^[a-z]:/i.test(component)),
    "the name begins with a drive letter",
    "Name the file from the served root, without a drive.",
  ),
  rule(
    "name.character",
    (path) => /[:<>"|?*]/.test(path),
    'the name holds one of the characters : < > " | ? *',
  ),
  rule(
    "name.trailing",
    (_, components) => components.some((component) => /[. ]$/.test(component)),
    "a part of the name ends in a dot or a space",
  ),
  rule(
    "name.device",
    (_, components) => components.some((component) => device.test(component)),
    "a part of the name is a device of Windows",
  ),
  rule(
    "name.tooLong",
    (path, components) =>
      isLonger(path, longestPath) || components.some((component) => isLonger(component, longestComponent)),
    `the name is longer than ${longestPath} bytes, or a part of it than ${longestComponent}`,
  ),
  rule(
    "name.tooDeep",
    (_, components) => components.length > deepest,
    `the name has more than ${deepest} parts`,
  ),
];

/**
 * The name as the served root knows it: `\` reads as `/`, several `/` as one, and a leading `/`, a trailing
 * `/` and every `.` between them say nothing (DESIGN §2.1). Judges nothing.
 */
export function normalizeName(requested: string): string {
  return requested
    .split(/[\\/]/)
    .filter((component) => component !== "" && component !== ".")
    .join("/");
}

/**
 * Normalises a name and judges its form: control characters, `..`, drive letters, device names, lengths.
 * Dot files and keys are judged by `protectedRule`, since a plan may name them.
 * An empty text is no name; `/` and `.` are the served root.
 */
export function checkName(requested: string): CheckedName {
  if (requested === "") {
    return { refused: { code: "name.empty", message: "the name is empty", remedy: "Name a file." } };
  }
  const path = normalizeName(requested);
  if (path === "") return { path };
  const components = path.split("/");
  const broken = rules.find((candidate) => candidate.broken(path, components));
  return broken === undefined ? { path } : { refused: broken.trouble };
}

const dotFile: Trouble = {
  code: "name.dotFile",
  message: "dot files and dot folders are not served",
  remedy: "Name the file in the plan to serve it.",
};
const key: Trouble = {
  code: "name.key",
  message: "keys are not served (*.pem *.key id_* *.pfx *.kdbx)",
  remedy: "Name the file in the plan to serve it.",
};
const repository: Trouble = {
  code: "name.repository",
  message: "nothing under .git and .vscode is served",
  remedy: "Copy the file to another folder of the served root.",
};

/**
 * The rule that keeps a file from being served although its name is well formed (DESIGN §6). Judged in any
 * case of letters, since the disk may not know the difference; to macOS even the sign of Kelvin is a k.
 * @param path normalised, below the served root.
 * @param published the plan names this file; nothing under .git or .vscode is served even then.
 */
export function protectedRule(path: string, published = false): Trouble | undefined {
  const components = path.split("/");
  if (components.some((component) => /^\.(?:git|vscode)$/iu.test(component))) return repository;
  if (published) return undefined;
  if (components.some((component) => component.startsWith("."))) return dotFile;
  if (components.some((part) => /\.(?:pem|key|pfx|kdbx)$|^id_/iu.test(part))) return key;
  return undefined;
}

/** True when the text has more than `limit` bytes of UTF-8; counts only where the length leaves a doubt. */
function isLonger(text: string, limit: number): boolean {
  return text.length * 3 > limit && encodeText(text).length > limit;
}
