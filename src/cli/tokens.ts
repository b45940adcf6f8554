/** The words of a command line: which are flags, and what each flag says. */

import { parseArgs } from "node:util";
import { nearestWord } from "../model/nearestWord";
import {
  flagList,
  flags,
  isFlagName,
  UsageError,
  type Command,
  type Flag,
  type FlagName,
  type FlagValues,
} from "./flags";

const ask = (meant: readonly string[]): string =>
  meant.length === 0 ? "" : ` Did you mean ${meant.join(" or ")}?`;

/** ` Did you mean verify?`, or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const nearest = nearestWord(word, candidates);
  return ask(nearest === undefined ? [] : [nearest]);
}

/** The flag that is written nearly so; else those that have the word, as `--interface` is a value of --address. */
function flagsMeant(word: string, command: Command): string[] {
  const own = flagList.filter(([, flag]) => flag.commands.includes(command));
  const nearest = nearestWord(
    word,
    own.map(([name]) => name),
  );
  if (nearest !== undefined) return [`--${nearest}`];
  return own.flatMap(([name, { value = "" }]) =>
    value !== "" && `${name} ${value}`.toLowerCase().split(/\W+/).includes(word) ? [`--${name}`] : [],
  );
}

/** A flag as it was given. */
interface Given {
  readonly name: string;
  /** As it was written, `--tftp-port`. */
  readonly raw: string;
  readonly value: string | undefined;
  readonly inline: boolean;
}

export interface Tokens {
  readonly words: readonly string[];
  readonly given: readonly Given[];
}

/** Splits words and flags; nothing is judged yet. */
export function readTokens(argv: readonly string[]): Tokens {
  const known: Record<string, { type: "string" | "boolean"; short?: string }> = {};
  for (const [name, flag] of flagList)
    known[name] = { type: flag.value === undefined ? "boolean" : "string" };
  known["help"] = { type: "boolean", short: "h" };
  const { tokens } = parseArgs({
    args: [...argv],
    options: known,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const words: string[] = [];
  const given: Given[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind === "option") {
      given.push({
        name: token.name,
        raw: token.rawName,
        value: token.value,
        inline: token.inlineValue ?? false,
      });
    }
  }
  return { words, given };
}

/** The values of a command's flags. @throws UsageError */
export function readFlags(command: Command, given: readonly Given[]): FlagValues {
  const own = flagList.flatMap(([name, flag]) => (flag.commands.includes(command) ? [name] : []));
  const values: Partial<Record<FlagName, unknown>> = {};
  for (const { name, raw, value, inline } of given) {
    if (!isFlagName(name)) throw new UsageError(`There is no flag ${raw}.${ask(flagsMeant(name, command))}`);
    const flag: Flag = flags[name];
    if (!own.includes(name)) {
      throw new UsageError(`${raw} is a flag of ${flag.commands.join(", ")}, not of ${command}.`);
    }
    if (flag.value === undefined && inline) throw new UsageError(`${raw} takes no value.`);
    // `--plan --json` is a forgotten value; `--option=-x` says that the dash is meant.
    if (flag.value !== undefined && (value === undefined || (!inline && /^-./.test(value)))) {
      throw new UsageError(`${raw} needs a value: ${raw} ${flag.value}.`);
    }
    try {
      const read = flag.read(value ?? "");
      values[name] = flag.many ? [...((values[name] as unknown[] | undefined) ?? []), read] : read;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`${raw} ${value ?? ""}: ${error.message.replace(/[.?]?$/, (end) => end || ".")}`, {
        cause: error,
      });
    }
  }
  return values as FlagValues;
}
