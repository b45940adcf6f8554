/** Changes of a boot plan as edits of its text: comments and the rest of the file stay as they are. */

import {
  applyEdits,
  findNodeAtLocation,
  getNodeValue,
  modify,
  type Edit,
  type JSONPath,
  type Node,
} from "jsonc-parser";
import { parseMac } from "../../model/mac";
import { normalizeName } from "../../model/names";
import type { Plan } from "../../model/plan";
import { readTree } from "../../model/planReader";
import { visibleInJson } from "../../model/text";

/** What a new plan begins as. */
export const newPlan = `// What is served from this folder, and to whom. Hover over a key to read what it means.
{}
`;

/** What a plan begins as that a person will write. */
export const startedPlan = `// What is served from this folder, and to whom. Hover over a key to read what it means.
{
  // "boot": "u-boot.bin",                       // every board gets this file; or, one file after the other:
  // "boot": ["u-boot.bin", "copy-files4.rc"],   // once a board has fetched the last one, BOOTP is silent

  // The folder that boards see as /; "." is this one.
  "root": "."
}
`;

/** One change; `path` is what is set, `value` what it becomes. */
interface Change {
  readonly path: JSONPath;
  readonly value: unknown;
  /** The value is put behind the last of a list. */
  readonly append?: true;
}

const formattingOptions = (text: string): { insertSpaces: boolean; tabSize: number; eol: string } => ({
  insertSpaces: !/^\t/m.test(text),
  tabSize: /^( +)\S/m.exec(text)?.[1]?.length ?? 2,
  eol: text.includes("\r\n") ? "\r\n" : "\n",
});

function editsOf(text: string, { path, value, append }: Change): Edit[] {
  const edits = modify(text, path, value, {
    formattingOptions: formattingOptions(text),
    ...(append && { isArrayInsertion: true }),
  });
  // A name that a board asked for must not turn the plan's own text around.
  return edits.map(({ content, ...edit }) => ({
    ...edit,
    content: content.replace(/[^\r\n\t]+/g, visibleInJson),
  }));
}

/** The object that the text is, as far as it can be read: it may be half written. */
const rootOf = (text: string): Node | undefined => readTree(text, "").root;

/** The value at a path of a plan's text; undefined: there is none, or the text is no object. */
export function valueAt(text: string, path: JSONPath): unknown {
  const root = rootOf(text);
  const node = root && findNodeAtLocation(root, path);
  return node && (getNodeValue(node) as unknown);
}

/** True for a text that is a plan's: an object, whatever is in it. An empty file will be one; JSON knows four blanks. */
export function isPlan(text: string): boolean {
  return !/[^ \t\r\n]/.test(text) || rootOf(text) !== undefined;
}

/** The edits of a change; undefined where none can be made before the plan is mended. */
export function editsFor(text: string, change: (text: string) => Edit[]): Edit[] | undefined {
  if (!isPlan(text)) return undefined;
  try {
    return change(text);
  } catch {
    // jsonc-parser: what the new value is to stand in is no object, no list, or only half of one.
    return undefined;
  }
}

/** Every request gets this file. */
export const serveAsBootFile = (text: string, file: string): Edit[] =>
  editsOf(text, { path: ["boot"], value: file });

/** The sequence ends with this file; a single boot file becomes the first of two. */
export function addToBootSequence(text: string, file: string): Edit[] {
  const boot = valueAt(text, ["boot"]);
  if (Array.isArray(boot) && boot.length > 0) {
    return editsOf(text, { path: ["boot", boot.length], value: file, append: true });
  }
  return editsOf(text, { path: ["boot"], value: typeof boot === "string" ? [boot, file] : [file] });
}

/** Who asks for `name` gets `file`. */
export const addAlias = (text: string, name: string, file: string): Edit[] =>
  editsOf(text, { path: ["aliases", name], value: file });

/** The new name of a file of the served root, or of a board's own root below it; undefined: it stays. */
export type Rename = (file: string, ownRoot?: string) => string | undefined;

/**
 * The plan after files have other names.
 * @param clients those of the whole plan: another text of it may give a client its root.
 * @param root the new name of the served root; undefined: it stays.
 */
export function renameInPlan(
  text: string,
  clients: Plan["clients"],
  rename: Rename,
  root: string | undefined,
): Edit[] {
  const tree = rootOf(text);
  const at = (path: JSONPath, node = tree): Node | undefined => node && findNodeAtLocation(node, path);
  const write = ({ offset, length }: Node, value: string): Edit => ({
    offset,
    length,
    content: JSON.stringify(value),
  });
  const renamed = (node: Node | undefined, ownRoot?: string): Edit[] => {
    const nodes = node?.type === "array" ? (node.children ?? []) : node === undefined ? [] : [node];
    return nodes.flatMap((each) => {
      const name = typeof each.value === "string" ? rename(normalizeName(each.value), ownRoot) : undefined;
      return name === undefined ? [] : [write(each, name)];
    });
  };
  const ofBoards = (key: "clients" | "match", ownRoot: (entry: Node) => unknown): Edit[] =>
    (at([key])?.children ?? []).flatMap((entry) => {
      const own = ownRoot(entry);
      return [
        ...renamed(at(["root"], entry)),
        ...renamed(at(["boot"], entry), typeof own === "string" ? normalizeName(own) : undefined),
      ];
    });
  const rootNode = at(["root"]);
  return [
    ...(root !== undefined && rootNode ? [write(rootNode, root)] : []),
    ...["boot", "tftp", "manifest", "ftp"].flatMap((key) => renamed(at([key]))),
    ...(at(["aliases"])?.children ?? []).flatMap(({ children }) => renamed(children?.[1])),
    ...ofBoards("clients", (entry) => {
      const mac = macOf(getNodeValue(entry));
      return clients.find((client) => client.mac === mac)?.root;
    }),
    ...ofBoards("match", (entry) => at(["root"], entry)?.value as unknown),
  ];
}

export interface NewClient {
  readonly name: string;
  readonly mac: string;
  readonly address?: string;
}

/** Lists a client, or gives the one that is listed what it lacks. */
export function listClient(text: string, client: NewClient): Edit[] {
  const clients = valueAt(text, ["clients"]);
  if (!Array.isArray(clients) || clients.length === 0) {
    return editsOf(text, { path: ["clients"], value: [client] });
  }
  const index = clients.findIndex((each) => macOf(each) === client.mac);
  if (index < 0) return editsOf(text, { path: ["clients", clients.length], value: client, append: true });
  const { address } = client;
  return address === undefined ? [] : editsOf(text, { path: ["clients", index, "address"], value: address });
}

/** One client gets this file at every request; it is listed when it was not. */
export function serveToClient(text: string, client: NewClient, file: string): Edit[] {
  const clients = valueAt(text, ["clients"]);
  const all = Array.isArray(clients) ? (clients as unknown[]) : [];
  const index = all.findIndex((each) => macOf(each) === client.mac);
  if (index >= 0) return editsOf(text, { path: ["clients", index, "boot"], value: file });
  const value = { ...client, boot: file };
  if (all.length === 0) return editsOf(text, { path: ["clients"], value: [value] });
  return editsOf(text, { path: ["clients", all.length], value, append: true });
}

/** The clients that a plan's text lists, as far as they have a MAC. */
export function listedClients(text: string): NewClient[] {
  const clients = valueAt(text, ["clients"]);
  return (Array.isArray(clients) ? (clients as unknown[]) : []).flatMap((each) => {
    const mac = macOf(each);
    if (mac === undefined) return [];
    const { name } = each as { name?: unknown };
    return [{ name: typeof name === "string" ? name : nameForMac(mac), mac }];
  });
}

const macOf = (client: unknown): string | undefined => {
  const { mac } = (client ?? {}) as { mac?: unknown };
  return typeof mac === "string" ? parseMac(mac) : undefined;
};

/** The text after the edits. */
export const edited = (text: string, edits: Edit[]): string => applyEdits(text, edits);

/** A name for a board that has none: of its MAC, since that stands on its label. */
export const nameForMac = (mac: string): string => `board-${mac.replaceAll(":", "").slice(-6)}`;
