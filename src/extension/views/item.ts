/** A row of a view, as plain data: the views are compared as literals, and VS Code gets nothing else. */

import type { Fix, Trouble } from "../../model/events";
import { capitalized, quoted } from "../words";

export interface Item {
  /** The same row has the same id from one moment to the next: selection and folding stay with it. */
  readonly id: string;
  /** Plain text, as `description` and `tooltip` are: nothing in it becomes an icon or a link. */
  readonly label: string;
  readonly description?: string;
  readonly tooltip?: string;
  /** A codicon, and a colour of the theme; the text says the same. */
  readonly icon: string;
  readonly colour?: string;
  /** What the menus ask for: words with a space between. */
  readonly context?: string;
  /** What a screen reader says instead of label and description. */
  readonly spoken: string;
  readonly children?: readonly Item[];
  /** True: its children are folded away at first. */
  readonly folded?: boolean;
  /** The id of the row that a command on it is about. */
  readonly row?: string;
  /** The id of the command that a click on it runs. */
  readonly command?: string;
  /** The line for a terminal that can be copied from it. */
  readonly line?: string;
}

/** Theme colours by meaning. */
export const colours = {
  good: "testing.iconPassed",
  bad: "testing.iconFailed",
  warning: "list.warningForeground",
  busy: "progressBar.background",
} as const;

/** Parts that are there, joined. */
export function joined(separator: string, ...parts: readonly (string | undefined | false)[]): string {
  return parts.filter((part) => part !== undefined && part !== false && part !== "").join(separator);
}

/** What happened, then what to do, as sentences. */
export function describeTrouble({ message, remedy }: Trouble): string {
  const capital = capitalized(message);
  const sentence = quoted(/[.?!]$/.test(capital) ? capital : `${capital}.`);
  return joined(" ", sentence, remedy === undefined ? undefined : quoted(remedy));
}

/** `12 s ago`, `5 min ago`, `3 h ago`: coarse, so that a row does not change every second. */
export function ago(ms: number): string {
  if (ms < 10_000) return "just now";
  if (ms < 60_000) return `${Math.floor(ms / 10_000) * 10} s ago`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ago`;
  return `${Math.floor(ms / 3_600_000)} h ago`;
}

/** The rows below one that has trouble or warnings. */
export function troubleItem(id: string, trouble: Trouble, severity: "bad" | "warning"): Item {
  const text = describeTrouble(trouble);
  const { fixes = [] } = trouble;
  return {
    id,
    label: text,
    tooltip: text,
    icon: severity === "bad" ? "error" : "warning",
    colour: colours[severity],
    context: "trouble",
    spoken: joined(" ", severity === "bad" ? "Error:" : "Warning:", text),
    ...(fixes.length > 0 && { children: fixes.map((fix, index) => fixItem(`${id}/${index}`, fix)) }),
  };
}

/** A line to copy, below the trouble that it mends. */
function fixItem(id: string, { what, line }: Fix): Item {
  const text = quoted(what);
  return {
    id,
    // Not cut, as a peer's name would be: what is copied is what is read.
    label: line,
    description: text,
    tooltip: `${line}\n${text}`,
    icon: "terminal",
    context: "fix",
    spoken: `Command: ${line}, ${text}`,
    line,
  };
}
