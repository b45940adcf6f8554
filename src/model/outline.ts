/**
 * The steps of a verification before it runs, under the ids that they have in every run, and which of them a run
 * needs that is to do only some. Pure; test/socket/verifier.test.ts holds it against what the client flow does.
 */

import type { StepKind } from "./events";
import type { Manifest } from "./manifest";
import type { Place } from "./places";
import type { Drop } from "./plan";
import { sameFile } from "./rounds";
import type { OutlinedBoard, OutlinedStep, Phase } from "./verification";

/** A step by what it is. */
type Named = readonly [client: string, kind: StepKind, name: string, phase: Phase | undefined];

/** Gives each step its id: the same in the outline and in every run, however much of it runs. */
export class StepIds {
  /** How often each has come. */
  private readonly times = new Map<string, number>();

  /** The id of the next step of this name. */
  next(...named: Named): string {
    const base = baseOf(named);
    const times = this.times.get(base) ?? 0;
    return times === 0 ? base : `${base} (${times + 1})`;
  }

  /** The same, and it has come. */
  take(...named: Named): string {
    const id = this.next(...named);
    const base = baseOf(named);
    this.times.set(base, (this.times.get(base) ?? 0) + 1);
    return id;
  }
}

function baseOf([client, kind, name, phase]: Named): string {
  const within = typeof phase === "number" ? `round ${phase}` : phase;
  return [client, within, kind, name].filter((part) => part !== undefined).join("/");
}

/** The n-th question of a board, as its step is called when it is asked. */
export const roundName = ({ sequence, boot }: Drop, round: number): string =>
  sequence && round > boot.length ? "silence" : `round ${round}`;

/** Where each part of a drop is asked for. */
export interface DropPlaces {
  readonly boot: readonly Place[];
  readonly tftp: readonly Place[];
  readonly ftp: readonly Place[];
  readonly manifest?: Place;
}

/** What the workspace's manifest says, and where it lies, relative to the workspace folder. */
export interface OwnManifest extends Manifest {
  readonly file: string;
}

/**
 * What a board's steps are, if the target does as the plan says.
 * @param manifest the workspace's; undefined: it has none.
 */
export function outlineBoard(
  client: string,
  drop: Drop,
  places: DropPlaces,
  manifest: OwnManifest | undefined,
): OutlinedStep[] {
  const ids = new StepIds();
  const steps: OutlinedStep[] = [];
  const add = (kind: StepKind, name: string, at: Place | undefined, phase?: Phase): void => {
    const id = ids.take(client, kind, name, phase);
    steps.push({ id, kind, name, ...(phase !== undefined && { phase }), ...(at !== undefined && { at }) });
  };
  const { boot, tftp, ftp } = drop;
  const addFtp = (phase?: number): void => {
    for (const [index, file] of ftp.entries()) add("ftp", file, places.ftp[index], phase);
  };
  for (const [index, file] of boot.entries()) {
    const round = index + 1;
    add("bootp", roundName(drop, round), places.boot[index], round);
    add("tftp", file, places.boot[index], round);
    addFtp(round);
  }
  const end = boot.length + 1;
  add("bootp", roundName(drop, end), places.boot.at(-1), end);
  for (const [index, file] of tftp.entries()) add("tftp", file, places.tftp[index]);
  if (drop.manifest !== undefined) {
    const { manifest: name } = drop;
    const line = (number: number): Place | undefined =>
      manifest && { file: manifest.file, line: number, column: 1 };
    if (![...boot, ...tftp].some((file) => sameFile(file, name))) add("tftp", name, places.manifest);
    add("manifest", name, line(1) ?? places.manifest);
    for (const problem of manifest?.problems ?? []) {
      if (problem.severity === "error") add("manifest", `${name} line ${problem.line}`, line(problem.line));
    }
  }
  if (boot.length === 0) addFtp();
  for (const entry of manifest?.entries ?? []) {
    add(
      "ftp",
      entry.file,
      { file: manifest?.file ?? "", line: entry.line, column: entry.column },
      "manifest",
    );
  }
  return steps;
}

/**
 * The steps of a board that a run leaves out, where only some are wanted.
 * @param only ids of boards and of steps.
 * @param hostByBootp true: where files come from is known only once BOOTP has answered.
 */
export function leftOut(
  board: OutlinedBoard,
  manifest: string | undefined,
  only: readonly string[],
  hostByBootp: boolean,
): ReadonlySet<string> {
  const wanted = new Set(only);
  if (wanted.has(board.name)) return new Set();
  const rounds = board.steps.filter(({ kind }) => kind === "bootp").length - 1;
  const leadsTo = (one: OutlinedStep, step: OutlinedStep): boolean => {
    // A sequence is walked round by round: by its questions, and by the boot files that move it on.
    const round = typeof step.phase === "number" ? step.phase : hostByBootp ? Math.max(rounds, 1) : 0;
    if (typeof one.phase === "number") {
      if (one.kind === "bootp" && one.phase <= round) return true;
      if (one.kind === "tftp" && one.phase < round) return true;
    }
    if (manifest === undefined) return false;
    if (step.phase === "manifest") return readsManifest(one, manifest);
    return readsManifest(step, manifest) && one.kind === "tftp" && sameFile(one.name, manifest);
  };
  const needed = new Set<OutlinedStep>();
  const need = (step: OutlinedStep): void => {
    if (needed.has(step)) return;
    needed.add(step);
    for (const one of board.steps) if (leadsTo(one, step)) need(one);
  };
  for (const step of board.steps) if (wanted.has(step.id)) need(step);
  return new Set(board.steps.filter((step) => !needed.has(step)).map(({ id }) => id));
}

/** The step that reads the manifest, or tells of a line of it that cannot be followed. */
const readsManifest = ({ kind, name }: OutlinedStep, manifest: string): boolean =>
  kind === "manifest" && (name === manifest || name.startsWith(`${manifest} line `));
