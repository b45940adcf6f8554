/** The tree of tests as plain data: a folder's drops, one for each board, and below each its steps. */

import type { Place } from "../../model/places";
import type { Outline, OutlinedStep } from "../../model/verification";
import { quoted } from "../words";
import { kindNames } from "./stepText";

/** A row of the tree. */
export interface DropItem {
  /** That of the board or the step. */
  readonly id: string;
  readonly label: string;
  readonly description?: string;
  /** The line that asks for it; the file is relative to the workspace folder. */
  readonly at?: Place;
  readonly children: readonly DropItem[];
}

export function dropItems({ boards }: Outline): DropItem[] {
  return boards.map(({ name, at, steps }) => ({
    id: name,
    label: quoted(name),
    ...(at !== undefined && { at }),
    children: steps.map(stepItem),
  }));
}

function stepItem({ id, kind, name, phase, at }: OutlinedStep): DropItem {
  const description =
    typeof phase === "number" && kind !== "bootp"
      ? `round ${phase}`
      : phase === "manifest" && at !== undefined
        ? `line ${at.line}`
        : undefined;
  return {
    id,
    label: `${kindNames[kind]} ${quoted(name)}`,
    ...(description !== undefined && { description }),
    ...(at !== undefined && { at }),
    children: [],
  };
}
