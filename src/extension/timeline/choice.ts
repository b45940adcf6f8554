/** What the user has chosen on the page. It outlives a reload. */

export interface Choice {
  /** Ids of the boots whose files are shown; absent: the latest. */
  readonly open?: readonly string[];
  /** Ids of up to two boots that are compared. */
  readonly compare: readonly string[];
}

const mostIds = 100;

const isText = (value: unknown): value is string => typeof value === "string";
const idsOf = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.filter(isText).slice(0, mostIds) : undefined;

/** What a page says, or an earlier version has kept; what is no choice is none. */
export function choiceOf(value: unknown): Choice {
  const { open, compare } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const opened = idsOf(open);
  return { compare: (idsOf(compare) ?? []).slice(-2), ...(opened !== undefined && { open: opened }) };
}
