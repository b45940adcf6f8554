/** What each BOOTP answer means for the board that asked: is it the plan's, and is there a next round (DESIGN §2.2). */

import type { StepRow, Trouble } from "./events";
import { normalizeName } from "./names";
import type { Drop } from "./plan";
import type { Judgement } from "./verdict";

/** No board plays more rounds than this: a server that names new files for ever is not followed for ever (X29). */
export const mostRounds = 64;

/** What came back: nothing, an answer without a file name, or one with it. */
export type Reply =
  | { readonly kind: "silence" }
  | { readonly kind: "noFile" }
  | {
      readonly kind: "file";
      readonly file: string;
      readonly repeated: boolean;
      /** It is the answer of the round before, whose file did not come. */
      readonly stays: boolean;
    };

export interface RoundJudgement extends Judgement {
  /** What the step is called. */
  readonly name: StepRow["name"];
  /** True: fetch the answered file and ask again. */
  readonly follow: boolean;
}

/** A sequence moves on by what was fetched (DESIGN §2.1): nothing can be said of the rounds after this one. */
export const notMoved = (round: number): Judgement => ({
  state: "skipped",
  compared: false,
  trouble: {
    code: "bootp.notMoved",
    message: `round ${round}'s file was not fetched, so the sequence stays there`,
    remedy: "See its TFTP step.",
  },
});

const silenceWord = "silence, or an answer without a file name";
const noFileWord = "an answer without a file name";

function describeReply(reply: Reply): string {
  if (reply.kind === "silence") return "silence";
  return reply.kind === "noFile" ? "no file name" : reply.file;
}

/** True when two names are one file to a server (DESIGN §2.1: `\` is `/`, several are one, a leading one is the root). */
export const sameFile = (one: string, other: string): boolean => normalizeName(one) === normalizeName(other);

const checkOrder = "Check the boot files of the target, their names and their order.";

/** Why an answer within the plan's rounds is not the plan's. */
function wrongAnswer(round: number, expected: string, reply: Reply): Trouble {
  switch (reply.kind) {
    case "silence":
      return {
        code: "bootp.fewerRounds",
        message: `the target was silent in round ${round}, where the plan has ${expected}`,
        remedy: checkOrder,
      };
    case "noFile":
      return {
        code: "bootp.noFile",
        message: `the answer names no file, where the plan has ${expected}`,
        remedy: checkOrder,
      };
    case "file":
      return {
        code: "bootp.otherFile",
        message: `the answer names ${reply.file}, where the plan has ${expected}`,
        remedy: checkOrder,
      };
  }
}

/**
 * Judges the n-th answer against the plan's n-th file, or against the end of the plan's rounds.
 * @param round 1-based.
 * @param compare false: nothing is expected (`fetch`), answers are only followed.
 */
export function judgeRound(round: number, drop: Drop, reply: Reply, compare: boolean): RoundJudgement {
  const got = describeReply(reply);
  const base = { compared: false, got };
  const planned = drop.boot[round - 1];
  const name = `round ${round}`;
  // Answers repeat within the plan's rounds where the plan itself repeats a file; after them, a repeat is the end.
  const isNew = reply.kind === "file" && (round <= drop.boot.length || !reply.repeated);
  if (isNew && round > mostRounds) {
    return {
      ...base,
      name,
      state: "failed",
      follow: false,
      expected: silenceWord,
      trouble: {
        code: "bootp.endless",
        message: `after ${mostRounds} rounds the target still names another file`,
        remedy: "Check the boot files of the target: its sequence does not end.",
      },
    };
  }
  if (!compare) return { ...base, name: isNew ? name : endName(reply), state: "passed", follow: isNew };
  const right = planned !== undefined && reply.kind === "file" && sameFile(reply.file, planned);
  if (drop.sequence && !right && reply.kind === "file" && reply.stays)
    return { ...notMoved(round - 1), name: planned === undefined ? "silence" : name, follow: false };
  if (planned !== undefined) {
    const judged = { ...base, name, expected: planned, follow: isNew };
    return right
      ? { ...judged, state: "passed" }
      : { ...judged, state: "failed", trouble: wrongAnswer(round, planned, reply) };
  }
  return { ...base, ...afterTheRounds(round, drop, reply), follow: isNew };
}

const endName = (reply: Reply): string => (reply.kind === "file" ? "same answer" : "silence");

/** The answer after the plan's last round, or the only one where the plan has none. */
function afterTheRounds(
  round: number,
  drop: Drop,
  reply: Reply,
): Pick<RoundJudgement, "name" | "state" | "expected" | "trouble" | "warnings"> {
  const last = drop.boot.at(-1);
  if (last === undefined) {
    if (reply.kind !== "file") return { name: round === 1 ? "answer" : "silence", state: "passed" };
    if (reply.repeated) return { name: "same answer", state: "passed" };
    return {
      name: `round ${round}`,
      state: "failed",
      expected: noFileWord,
      trouble: {
        code: "bootp.unexpectedFile",
        message: `the answer names ${reply.file}, where the plan has no boot file`,
        remedy: 'Name it as "boot" in the plan, or take it from the target.',
      },
    };
  }
  if (!drop.sequence) {
    // A string: every request gets this file, and what comes later is no round of its own.
    if (reply.kind !== "file") {
      return {
        name: endName(reply),
        state: "passed",
        warnings: [`the plan gives every request ${last}, the target gave it once`],
      };
    }
    if (sameFile(reply.file, last)) return { name: "same answer", state: "passed" };
    return {
      name: `round ${round}`,
      state: "failed",
      expected: last,
      trouble: wrongAnswer(round, last, reply),
    };
  }
  if (reply.kind !== "file") return { name: "silence", state: "passed" };
  return {
    name: "silence",
    state: "failed",
    expected: silenceWord,
    trouble: reply.repeated
      ? {
          code: "bootp.notSilent",
          message: `the sequence does not end: the target names ${reply.file} again`,
          remedy: "The target always answers; a board that boots a sequence never stops there.",
        }
      : {
          code: "bootp.extraRound",
          message: `the target names one file more than the plan: ${reply.file}`,
          remedy: checkOrder,
        },
  };
}
