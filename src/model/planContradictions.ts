/** What a plan says against itself, though each of its values is well written. */

import { parseIpv4 } from "../protocol/ipv4";
import { manifestsAmong } from "./drop";
import { problemAt, type Located, type Place } from "./places";
import { emptyPlan, type PoolRange, type Problem, type QuickFix } from "./plan";
import type { BootDraft, PlanDraft } from "./planFields";
import { valueFix } from "./planReader";
import { printable } from "./text";

type Rule = (draft: PlanDraft) => Problem[];

const error = (at: Place, message: string, fix?: QuickFix): Problem => problemAt("error", at, message, fix);

const number = (address: string): number => parseIpv4(address) ?? 0;

const covers = (range: PoolRange, address: string): boolean =>
  number(range.first) <= number(address) && number(address) <= number(range.last);

/** "first in line 3", with the file where it is another one. */
function firstIn(first: Place, second: Place): string {
  return `first in line ${first.line}${first.file === second.file ? "" : ` of ${first.file}`}`;
}

/** Each value that stands a second time, with the place of the first. */
function repeated(
  items: readonly (Located<string> | undefined)[],
): { again: Located<string>; first: Place }[] {
  const seen = new Map<string, Place>();
  return items.flatMap((item) => {
    if (item === undefined) return [];
    const first = seen.get(item.value);
    if (first !== undefined) return [{ again: item, first }];
    seen.set(item.value, item.at);
    return [];
  });
}

/** Two *.rc files: which one is the manifest cannot be guessed (DESIGN §2.4). */
const ambiguousManifest: Rule = ({ boot, clients = [], match = [], manifest }) => {
  if (manifest !== undefined) return [];
  const boots: (BootDraft | undefined)[] = [boot, ...[...clients, ...match].map((each) => each.boot)];
  return boots.flatMap((each) => {
    const [first, second] = manifestsAmong((each?.files ?? []).map((file) => file.value));
    const at = each?.files.find((file) => file.value === second)?.at;
    if (first === undefined || second === undefined || at === undefined) return [];
    const shown = [first, second].map(printable);
    return [
      error(
        at,
        `${shown.join(" and ")} may both be the manifest; say which by "manifest": "${shown[1] ?? ""}"`,
      ),
    ];
  });
};

const nobodyListed: Rule = ({ answer, clients }) =>
  answer?.value === "listed" && (clients ?? []).length === 0
    ? [
        error(
          answer.at,
          '"answer" is "listed" and "clients" lists nobody; list a client, or answer "boards"',
          valueFix(answer.at, "boards"),
        ),
      ]
    : [];

const sameName: Rule = ({ clients = [] }) =>
  repeated(clients.map((client) => client.name)).map(({ again, first }) =>
    error(again.at, `two clients are named "${again.value}", ${firstIn(first, again.at)}; rename one`),
  );

const sameAddress: Rule = ({ clients = [], server }) => [
  ...repeated(clients.map((client) => client.address)).map(({ again, first }) =>
    error(again.at, `two clients have the address ${again.value}, ${firstIn(first, again.at)}; change one`),
  ),
  ...clients.flatMap(({ address }) =>
    address !== undefined && address.value === server?.value
      ? [error(address.at, `${address.value} is the address of "server"; give the client another one`)]
      : [],
  ),
];

const pools: Rule = ({ pool = [], server }) => {
  const ordered = [...pool].sort((a, b) => number(a.value.first) - number(b.value.first));
  const overlaps: Problem[] = [];
  let [widest] = ordered;
  for (const range of ordered.slice(1)) {
    if (widest !== undefined && covers(widest.value, range.value.first)) {
      const [one, other] = [widest, range].map(({ value }) => `${value.first}-${value.last}`);
      overlaps.push(
        error(range.at, `the ranges ${one ?? ""} and ${other ?? ""} overlap; make one of them, or part them`),
      );
    }
    // Sorted by their first address: only the one that reaches farthest can reach into the next.
    if (widest === undefined || number(range.value.last) > number(widest.value.last)) widest = range;
  }
  const holding = server && pool.find((range) => covers(range.value, server.value));
  if (holding === undefined) return overlaps;
  return [
    ...overlaps,
    error(holding.at, `the pool holds ${server?.value ?? ""}, the address of "server"; leave it out`),
  ];
};

const aliasChains: Rule = ({ aliases = [] }) => {
  const byName = new Map(aliases.map((alias) => [alias.name.value, alias]));
  return aliases.flatMap(({ name, file }) => {
    const shown = printable(name.value);
    if (file.value === name.value) return [error(file.at, `the alias "${shown}" leads to itself; remove it`)];
    const next = byName.get(file.value);
    if (next === undefined) return [];
    return [
      error(
        file.at,
        `"${printable(file.value)}" is an alias itself, and aliases are followed once; write "${printable(next.file.value)}"`,
        valueFix(file.at, next.file.value),
      ),
    ];
  });
};

const silence: Rule = ({ silentSeconds, restartSeconds }) => {
  const silent = silentSeconds?.value ?? emptyPlan.silentSeconds;
  const restart = restartSeconds?.value ?? emptyPlan.restartSeconds;
  const at = restartSeconds?.at ?? silentSeconds?.at;
  if (restart >= silent || at === undefined) return [];
  return [
    error(
      at,
      `"restartSeconds" (${restart}) is less than "silentSeconds" (${silent}); make it at least that`,
      restartSeconds && valueFix(restartSeconds.at, silent),
    ),
  ];
};

const rules: readonly Rule[] = [
  ambiguousManifest,
  nobodyListed,
  sameName,
  sameAddress,
  pools,
  aliasChains,
  silence,
];

/** Every contradiction of a merged plan. */
export function contradictions(draft: PlanDraft): Problem[] {
  return rules.flatMap((rule) => rule(draft));
}
