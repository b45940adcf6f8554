/** Every file that a plan names, and the folder in which each is looked for: boards may have roots of their own. */

import type { Located, Place } from "./places";
import type { BootDraft, ClientDraft, PlanDraft, RuleDraft } from "./planFields";
import { profiles } from "../protocol/bootp/profiles";

/** A file that the plan names, aliases resolved, and where. */
export interface NamedFile {
  /** Relative to its root. */
  readonly file: string;
  /** A board's own root, below the served root; absent: the served root. */
  readonly root?: string;
  readonly at: Place;
}

/** Boards with one root: what they boot, and what some of them boot instead. */
interface Owner {
  readonly root: string | undefined;
  readonly boot: BootDraft | undefined;
  readonly others: readonly BootDraft[];
}

const ownRoot = ({ root }: ClientDraft | RuleDraft): string | undefined =>
  root === undefined || root.value === "." ? undefined : root.value;

/** The roots of boards, each once: where the plan names it first. */
export function ownRootsIn({ clients = [], match = [] }: PlanDraft): Located<string>[] {
  const roots = new Map<string, Located<string>>();
  for (const { root } of [...clients, ...match]) {
    if (root !== undefined && root.value !== "." && !roots.has(root.value)) roots.set(root.value, root);
  }
  return [...roots.values()];
}

function ownersOf({ boot, answer, clients = [], match = [] }: PlanDraft): Owner[] {
  const all = [...clients, ...match];
  // Nobody sees the served root itself where only listed boards are answered, and each has a root of its own.
  const unseen =
    answer?.value === "listed" && all.length > 0 && all.every((each) => ownRoot(each) !== undefined);
  const everybody: Owner = {
    root: undefined,
    boot,
    others: all.flatMap((each) => (ownRoot(each) === undefined ? (each.boot ?? []) : [])),
  };
  const own = all.flatMap((each): Owner[] => {
    const root = ownRoot(each);
    if (root === undefined) return [];
    const { profile } = each;
    const everybodys = profile === undefined || profiles[profile.value].takesBootFile ? boot : undefined;
    return [{ root, boot: each.boot ?? everybodys, others: [] }];
  });
  return unseen ? own : [everybody, ...own];
}

/** Every file that the plan names, each once in each root: the first place. */
export function namedFiles(draft: PlanDraft): NamedFile[] {
  const { tftp = [], ftp = [], manifest, aliases = [] } = draft;
  const targets = new Map(aliases.map(({ name, file }) => [name.value, file.value]));
  const named = new Map<string, NamedFile>();
  const add = (file: string, at: Place, root: string | undefined): void => {
    const key = `${root ?? ""}\0${file}`;
    if (!named.has(key)) named.set(key, { file, at, ...(root !== undefined && { root }) });
  };
  for (const { root, boot, others } of ownersOf(draft)) {
    const files = [
      ...(boot?.files ?? []),
      ...tftp,
      ...(manifest === undefined ? [] : [manifest]),
      ...ftp,
      ...others.flatMap((other) => other.files),
    ];
    for (const { value, at } of files) add(targets.get(value) ?? value, at, root);
    // Not every board with a root of its own asks for every alias.
    if (root === undefined) for (const { file } of aliases) add(file.value, file.at, root);
  }
  return [...named.values()];
}
