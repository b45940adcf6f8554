/** Every file that a plan names, and the folder in which each is looked for: boards may have roots of their own. */

import { problemAt, type Located, type Place } from "./places";
import type { Problem } from "./plan";
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

/** In all roots together: each is looked for again and again while it is served. */
const mostNamed = 10_000;

/** Boards with one root: what they boot, and what some of them boot instead. */
interface Owner {
  readonly root: string | undefined;
  readonly boot: BootDraft | undefined;
  readonly others: Set<BootDraft>;
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
    others: new Set(all.flatMap((each) => (ownRoot(each) === undefined ? (each.boot ?? []) : []))),
  };
  const own = new Map<string, Owner>();
  for (const each of all) {
    const root = ownRoot(each);
    if (root === undefined) continue;
    const { profile } = each;
    const everybodys = profile === undefined || profiles[profile.value].takesBootFile ? boot : undefined;
    const boots = each.boot ?? everybodys;
    const earlier = own.get(root);
    if (earlier === undefined) own.set(root, { root, boot: boots, others: new Set() });
    else if (boots !== undefined) earlier.others.add(boots);
  }
  return [...(unseen ? [] : [everybody]), ...own.values()];
}

/** Every file that the plan names, each once in each root: the first place. Of too many the first ones. */
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
      ...[...others].flatMap((other) => other.files),
    ];
    for (const { value, at } of files) add(targets.get(value) ?? value, at, root);
    // Not every board with a root of its own asks for every alias.
    if (root === undefined) for (const { file } of aliases) add(file.value, file.at, root);
    // A thousand roots of a thousand files are a million, from a plan of a few pages.
    if (named.size > mostNamed) break;
  }
  return [...named.values()];
}

/** What is wrong where a plan names too many files. @param named as `namedFiles` gives them. */
export function tooManyNamed(named: readonly NamedFile[]): Problem[] {
  const first = named[mostNamed];
  if (first === undefined) return [];
  const message = `the plan names more than ${mostNamed} files, each counted in each root; name fewer`;
  return [problemAt("error", first.at, message)];
}
