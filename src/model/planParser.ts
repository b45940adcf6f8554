/** A plan from its text, or from two: `.vscode/boot-plan.local.json` is merged over `.vscode/boot-plan.json`. */

import type { DropPlaces } from "./outline";
import type { OptionEntry } from "../protocol/bootp/options";
import { namedFiles, ownRootsIn, tooManyNamed, type NamedFile } from "./namedFiles";
import { inReadingOrder, problemAt, type Located, type Place } from "./places";
import { emptyPlan, type Boot, type Plan, type PlanClient, type PlanRule, type Problem } from "./plan";
import { planFields, type BootDraft, type ClientDraft, type PlanDraft, type RuleDraft } from "./planFields";
import { contradictions } from "./planContradictions";
import { plainBoard } from "./planBoards";
import type { OptionDraft } from "./planOptions";
import { readObject, readTree } from "./planReader";

/** A plan file as it was read. */
export interface PlanText {
  readonly text: string;
  /** As a person knows it, `.vscode/boot-plan.json`. */
  readonly file: string;
}

/** Where the plan names what boards get. */
export interface PlanPlaces extends DropPlaces {
  /** The listed clients, by MAC. */
  readonly clients: Readonly<Record<string, { readonly at: Place; readonly boot?: readonly Place[] }>>;
  /** The rules, in their order. */
  readonly match: readonly { readonly at: Place; readonly boot?: readonly Place[] }[];
}

export interface ParsedPlan {
  /** Absent where there is a problem of severity error. */
  readonly plan: Plan | undefined;
  readonly problems: Problem[];
  /** Every file that the plan names, each once in each root: the first place. */
  readonly named: readonly NamedFile[];
  /** The folders that boards see instead of the served root, each once. */
  readonly ownRoots: readonly Located<string>[];
  /** Where the served root is named. */
  readonly rootAt: Place | undefined;
  readonly places: PlanPlaces;
}

function readDraft(source: PlanText | undefined): { draft: PlanDraft; problems: Problem[] } {
  if (source === undefined) return { draft: {}, problems: [] };
  const { root, report, problems } = readTree(source.text, source.file);
  const draft = root === undefined ? {} : readObject(root, "", planFields, report);
  const macs = new Map<string, Place>();
  for (const { mac, removal } of draft.clients ?? []) {
    if (mac === undefined) continue;
    const first = macs.get(mac.value);
    if (first === undefined) macs.set(mac.value, mac.at);
    else {
      const message = `${mac.value} is listed twice, first in line ${first.line}; make one client of the two`;
      problems.push(problemAt("error", mac.at, message, removal));
    }
  }
  return { draft, problems };
}

/** `local` over `main`: an item with a known key is laid over the one that is there, others are added. */
function mergeBy<T extends object>(
  main: readonly T[] | undefined,
  local: readonly T[] | undefined,
  keyOf: (item: T) => string | undefined,
): T[] {
  const merged = [...(main ?? [])];
  const places = new Map(merged.map((item, index) => [keyOf(item), index]));
  for (const item of local ?? []) {
    const key = keyOf(item);
    const index = key === undefined ? undefined : places.get(key);
    if (index === undefined) merged.push(item);
    else merged[index] = { ...merged[index], ...item };
  }
  return merged;
}

function mergeDrafts(main: PlanDraft, local: PlanDraft): PlanDraft {
  return {
    ...main,
    ...local,
    clients: mergeBy(main.clients, local.clients, (client) => client.mac?.value),
    aliases: mergeBy(main.aliases, local.aliases, (alias) => alias.name.value),
    options: mergeBy(main.options, local.options, (option) => `${option.code}`),
    quirks: { ...main.quirks, ...local.quirks },
  };
}

const entries = (options: readonly OptionDraft[]): OptionEntry[] =>
  options.map(({ code, bytes }) => [code, bytes]);

const plainBoot = ({ files, list }: BootDraft): Boot =>
  list ? files.map((file) => file.value) : (files[0]?.value ?? "");

function planClient({ name, mac, address, boot, options, quirks, ...board }: ClientDraft): PlanClient {
  return {
    ...(name && { name: name.value }),
    mac: mac?.value ?? "",
    ...(address && { address: address.value }),
    ...(boot && { boot: plainBoot(boot) }),
    ...(options && { options: entries(options) }),
    ...(quirks && { quirks }),
    ...plainBoard(board),
  };
}

function planRule({
  mac,
  vendorClass,
  architecture,
  userClass,
  boot,
  options,
  quirks,
  ...board
}: RuleDraft): PlanRule {
  return {
    ...(mac && { mac: mac.value }),
    ...(vendorClass && { vendorClass: vendorClass.value }),
    ...(architecture && { architecture }),
    ...(userClass && { userClass: userClass.value }),
    ...(boot && { boot: plainBoot(boot) }),
    ...(options && { options: entries(options) }),
    ...(quirks && { quirks }),
    ...plainBoard(board),
  };
}

const values = <T>(items: readonly Located<T>[] | undefined): T[] => (items ?? []).map((item) => item.value);

function planOf(draft: PlanDraft): Plan {
  return {
    root: draft.root?.value ?? emptyPlan.root,
    ...(draft.boot && { boot: plainBoot(draft.boot) }),
    tftp: values(draft.tftp),
    ...(draft.manifest && { manifest: draft.manifest.value }),
    ftp: values(draft.ftp),
    aliases: Object.fromEntries((draft.aliases ?? []).map(({ name, file }) => [name.value, file.value])),
    ...(draft.stripPrefix && { stripPrefix: values(draft.stripPrefix) }),
    ...(draft.server && { server: draft.server.value }),
    clients: (draft.clients ?? []).map(planClient),
    ...(draft.match && draft.match.length > 0 && { match: draft.match.map(planRule) }),
    pool: values(draft.pool),
    ...(draft.options && draft.options.length > 0 && { options: entries(draft.options) }),
    ...(draft.quirks && Object.keys(draft.quirks).length > 0 && { quirks: draft.quirks }),
    ...(draft.answer && { answer: draft.answer.value }),
    silentSeconds: draft.silentSeconds?.value ?? emptyPlan.silentSeconds,
    restartSeconds: draft.restartSeconds?.value ?? emptyPlan.restartSeconds,
  };
}

const placesIn = (items: readonly Located<unknown>[] | undefined): Place[] =>
  (items ?? []).map(({ at }) => at);

function placesOf({ boot, tftp, ftp, manifest, clients, match = [] }: PlanDraft): PlanPlaces {
  return {
    boot: placesIn(boot?.files),
    tftp: placesIn(tftp),
    ftp: placesIn(ftp),
    ...(manifest && { manifest: manifest.at }),
    clients: Object.fromEntries(
      (clients ?? []).map(({ mac, at, boot: own }) => [
        mac?.value ?? "",
        { at, ...(own && { boot: placesIn(own.files) }) },
      ]),
    ),
    match: match.map(({ at, boot: own }) => ({ at, ...(own && { boot: placesIn(own.files) }) })),
  };
}

/**
 * The plan that two files make together. Each problem names the file that it stands in.
 *
 * @param local laid over `main`: key by key, aliases by name, clients by MAC, options by code, quirks by name.
 */
export function mergePlans(main: PlanText | undefined, local: PlanText | undefined): ParsedPlan {
  const [below, above] = [readDraft(main), readDraft(local)];
  const draft = mergeDrafts(below.draft, above.draft);
  const named = namedFiles(draft);
  const problems = inReadingOrder([
    ...below.problems,
    ...above.problems,
    ...contradictions(draft),
    ...tooManyNamed(named),
  ]);
  const failed = problems.some((problem) => problem.severity === "error");
  return {
    plan: failed ? undefined : planOf(draft),
    problems,
    named,
    ownRoots: ownRootsIn(draft),
    rootAt: draft.root?.at,
    places: placesOf(draft),
  };
}

/** The plan of one text. Never throws. */
export function parsePlan(text: string, file: string): ParsedPlan {
  return mergePlans({ text, file }, undefined);
}
