/** What was looked at on this computer, and what of it stands between the boards and the servers. */

import type { Trouble } from "./events";

/**
 * `problem`: what is wanted cannot be served so. `warning`: it can, and boards may still be in trouble. `unknown`:
 * this program may not look, or cannot see it from here.
 */
export type CheckState = "problem" | "warning" | "unknown" | "ok";

/** One thing that was looked at; nothing is claimed of what was not. */
export interface Check extends Trouble {
  readonly type: "check";
  /** `UDP port 67`, `interface eth1`, `ufw`. */
  readonly about: string;
  readonly state: CheckState;
}

/** All checks in a few numbers, and the verdict. */
export interface CheckSummary extends Readonly<Record<Exclude<CheckState, "ok">, number>> {
  readonly type: "summary";
  /** True: nothing stands in the way of serving. */
  readonly ok: boolean;
  /** Where it is to be served: IP addresses and names of interfaces. */
  readonly addresses: readonly string[];
  readonly verdict: string;
}

const titles: Readonly<Record<CheckState, string>> = {
  problem: "In the way",
  warning: "To look at",
  unknown: "Cannot be seen from here",
  ok: "In order",
};

export interface CheckGroup {
  readonly state: CheckState;
  readonly title: string;
  readonly checks: readonly Check[];
}

/** The groups that have any, the most urgent first. A line to paste stands once: with the first that it mends. */
export function groupChecks(checks: readonly Check[]): readonly CheckGroup[] {
  const told = new Set<string>();
  const once = ({ fixes = [], ...one }: Check): Check => {
    const news = fixes.filter(({ line }) => !told.has(line));
    for (const { line } of news) told.add(line);
    return news.length === 0 ? one : { ...one, fixes: news };
  };
  return (Object.keys(titles) as CheckState[])
    .map((state) => ({
      state,
      title: titles[state],
      checks: checks.filter((one) => one.state === state).map(once),
    }))
    .filter((group) => group.checks.length > 0);
}

/** @param addresses where it is to be served. */
export function summaryOf(checks: readonly Check[], addresses: readonly string[]): CheckSummary {
  const count = (state: CheckState): number => checks.filter((one) => one.state === state).length;
  const [problem, warning, unknown] = [count("problem"), count("warning"), count("unknown")];
  const where = `serving on ${addresses.join(", ")}`;
  const verdict =
    problem === 0
      ? `Nothing that was seen stands in the way of ${where}.`
      : `${problem} ${problem === 1 ? "thing stands" : "things stand"} in the way of ${where}.`;
  return { type: "summary", ok: problem === 0, problem, warning, unknown, addresses, verdict };
}
