/** The plan of a workspace folder: read from disk, and followed while it is served. */

import { readdir, readFile, stat } from "node:fs/promises";
import { statSync, type BigIntStats, type Stats } from "node:fs";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { planNotTaken, type Trouble } from "../model/events";
import { problemAt } from "../model/places";
import { emptyPlan, type Plan, type Problem } from "../model/plan";
import { lacksOf, pathsOf, type Found, type Lack } from "../model/planFiles";
import { mergePlans, type ParsedPlan, type PlanPlaces, type PlanText } from "../model/planParser";
import { errorMessage, printable } from "../model/text";
import { systemClock, type Clock, type Timer } from "./clock";
import { EngineError, systemCode } from "./errors";

export const planPath = ".vscode/boot-plan.json";
export const localPlanPath = ".vscode/boot-plan.local.json";

/** Bytes. What is larger is no plan, and is not read into memory to find that out. */
const longestPlan = 2 ** 20;
const pollMs = 400;
/** Problems in the message of a PlanError. */
const mostListed = 100;

/** `.vscode/boot-plan.json:3:12 a sentence`, as terminals and editors make a link of it. */
export function describeProblem({ file, line, column, message }: Problem): string {
  return `${file}:${line}:${column} ${message}`;
}

/** One line for each problem; of very many, the first ones. */
function listed(problems: readonly Problem[]): string {
  const lines = problems.slice(0, mostListed).map(describeProblem);
  const left = problems.length - lines.length;
  return (left === 0 ? lines : [...lines, `and ${left} more`]).join("\n");
}

/** The plan has errors: nothing is started with it. `code` is `plan.invalid`; the message lists each problem. */
export class PlanError extends EngineError {
  override name = "PlanError";

  constructor(readonly problems: readonly Problem[]) {
    super({
      code: "plan.invalid",
      message: listed(problems),
      remedy: "Mend the plan and save it.",
    });
  }
}

/** Why a plan was not taken; what is wrong with it the log says. */
export function notTaken(error: unknown): Trouble {
  if (!(error instanceof PlanError)) return { code: planNotTaken, message: errorMessage(error) };
  const count = error.problems.filter(({ severity }) => severity === "error").length;
  return {
    code: planNotTaken,
    message: `the boot plan has ${count} problem${count === 1 ? "" : "s"}; the servers go on with the plan they had`,
    remedy: "Mend the plan and save it.",
  };
}

export interface LoadedPlan {
  readonly plan: Plan;
  /** Warnings only: with an error there is no plan. */
  readonly problems: Problem[];
  /** False: there is no plan file, and the whole folder is served. */
  readonly planned: boolean;
  /** Absolute paths of the served root and of every file that the plan names, for `watchPlan`. */
  readonly files: string[];
  /** What of it is not there (not built yet), as the plan names it. */
  readonly absent: string[];
  /** Where it names what boards get; undefined: there is no plan file. */
  readonly places?: PlanPlaces;
}

/** The two files of a plan, as paths and as people know them. */
function planFiles(folder: string, planFile: string | undefined): { path: string; file: string }[] {
  const main = planFile === undefined ? resolve(folder, planPath) : resolve(planFile);
  return [main, resolve(folder, localPlanPath)].map((path) => {
    const inside = relative(folder, path);
    const outside = inside === "" || inside.startsWith("..") || isAbsolute(inside);
    return { path, file: outside ? basename(path) : inside.split(sep).join("/") };
  });
}

const mayNotBeRead = "it may not be read; give yourself the right to it, and to its folders";
/** What the system says when a file cannot be read, in words. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file; check its name",
  ENOTDIR: "there is no such file; check its name",
  EACCES: mayNotBeRead,
  EPERM: mayNotBeRead,
  EISDIR: "it is a folder; name a file",
  ELOOP: "its links lead in a circle",
};

/** The text of a plan file; undefined: there is none. A problem: it is there and cannot be read. */
async function readPlanText(
  path: string,
  file: string,
  required: boolean,
): Promise<PlanText | Problem | undefined> {
  const problem = (message: string): Problem => problemAt("error", { file, line: 1, column: 1 }, message);
  try {
    const stats = await stat(path);
    if (!stats.isFile())
      return problem(stats.isDirectory() ? (reasons["EISDIR"] ?? "") : "it is no regular file");
    if (stats.size > longestPlan)
      return problem("the plan is larger than 1 MiB; it names files, it does not hold them");
    return { text: await readFile(path, "utf8"), file };
  } catch (error) {
    const code = systemCode(error) ?? "";
    if (!required && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
    return problem(reasons[code] ?? `it cannot be read (${code})`);
  }
}

/** Looks at the disk for what the plan names. */
async function findLacks(
  folder: string,
  paths: readonly string[],
  parsed: ParsedPlan,
  plan: Plan,
): Promise<Lack[]> {
  const found = new Map(
    await Promise.all(
      paths.map(async (path): Promise<[string, Found]> => {
        const stats = await stat(resolve(folder, path)).catch(() => undefined);
        return [path, stats && kindOf(stats)];
      }),
    ),
  );
  const lacks = lacksOf(parsed, plan, (path) => found.get(path));
  return Promise.all(lacks.map((lack) => withSpelling(resolve(folder, plan.root), lack)));
}

/** What two spellings of one name have in common. */
const spelling = (name: string): string => name.toLowerCase().replace(/[-_. ]/g, "");

/** What is not there yet may be there and be written in another way. @param root absolute path. */
async function withSpelling(root: string, { problem, absent }: Lack): Promise<Lack> {
  if (absent === undefined) return { problem };
  const path = resolve(root, absent);
  const names = await readdir(dirname(path)).catch(() => []);
  const other = names.find((name) => spelling(name) === spelling(basename(path)));
  if (other === undefined) return { problem, absent };
  const message = `${problem.message}; "${printable(other)}" is there, which is written in another way`;
  return { problem: { ...problem, message }, absent };
}

/**
 * Reads `.vscode/boot-plan.json` with `.vscode/boot-plan.local.json` merged over it.
 *
 * @param folder absolute path of the workspace folder.
 * @param planFile absolute path of a plan instead of `.vscode/boot-plan.json`; it must be there.
 * @throws PlanError when a plan is there and is not valid; its problems hold the warnings too.
 */
export async function loadPlan(folder: string, planFile?: string): Promise<LoadedPlan> {
  const [main, local] = await Promise.all(
    planFiles(folder, planFile).map(({ path, file }, index) =>
      readPlanText(path, file, index === 0 && planFile !== undefined),
    ),
  );
  const unreadable = [main, local].filter((read) => read !== undefined && "message" in read);
  if (unreadable.length > 0) throw new PlanError(unreadable);
  if (main === undefined && local === undefined)
    return { plan: emptyPlan, problems: [], planned: false, files: [], absent: [] };

  const parsed = mergePlans(main as PlanText | undefined, local as PlanText | undefined);
  if (parsed.plan === undefined) throw new PlanError(parsed.problems);
  const paths = pathsOf(parsed.plan, parsed.named);
  const lacks = await findLacks(folder, paths, parsed, parsed.plan);
  const problems = [...parsed.problems, ...lacks.map(({ problem }) => problem)];
  if (problems.some(({ severity }) => severity === "error")) throw new PlanError(problems);
  return {
    plan: parsed.plan,
    problems,
    planned: true,
    files: paths.map((path) => resolve(folder, path)),
    absent: lacks.flatMap(({ absent }) => absent ?? []),
    places: parsed.places,
  };
}

const kindOf = (stats: Stats | BigIntStats): "file" | "folder" | "other" =>
  stats.isFile() ? "file" : stats.isDirectory() ? "folder" : "other";

/** What is compared of a file from one look to the next. */
type Trait = (stats: BigIntStats) => string;
const content: Trait = ({ dev, ino, size, mtimeNs }) =>
  size === 0n ? empty : [dev, ino, size, mtimeNs].join(":");
const existence: Trait = (stats) => kindOf(stats);

const none = "none";
const empty = "empty";

/**
 * Follows the two plan files, and the existence of others, by looking at them about twice a second: that works
 * on every disk, for files that are replaced by rename, and for folders that are not there yet.
 *
 * @param files absolute paths, `LoadedPlan.files`; what is relative is taken from `folder`.
 * @returns the function that ends it; it must be called, since the timer keeps the process alive.
 */
export function watchPlan(
  folder: string,
  planFile: string | undefined,
  files: readonly string[],
  onChange: () => void,
  clock: Clock = systemClock,
): () => void {
  const followed: { path: string; trait: Trait }[] = [
    ...planFiles(folder, planFile).map(({ path }) => ({ path, trait: content })),
    ...files.map((file) => ({ path: resolve(folder, file), trait: existence })),
  ];
  // The first look is a synchronous one: what changes after this call is a change.
  let seen = followed.map(({ path, trait }) => {
    try {
      return trait(statSync(path, { bigint: true }));
    } catch {
      return none;
    }
  });
  let found = seen;
  let stopped = false;
  let timer: Timer;
  const look = async (): Promise<void> => {
    const before = found;
    found = await Promise.all(
      followed.map(({ path, trait }) => stat(path, { bigint: true }).then(trait, () => none)),
    );
    if (stopped) return;
    // A plan that is saved is empty for a moment: that counts where it still is so at the next look.
    const now = found.map((value, index) =>
      value === empty && before[index] !== empty ? (seen[index] ?? none) : value,
    );
    const changed = now.some((value, index) => value !== seen[index]);
    seen = now;
    timer = clock.at(clock.now() + pollMs, () => void look());
    if (changed) onChange();
  };
  timer = clock.at(clock.now() + pollMs, () => void look());
  return () => {
    stopped = true;
    timer.cancel();
  };
}
