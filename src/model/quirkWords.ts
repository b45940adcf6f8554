/** What rows say of quirks: which are meant for a board, and which made a difference to a transfer. */

import { quirkDefinition, quirkNames, type QuirkName, type Quirks } from "../protocol/quirks";
import type { TransferRow } from "./events";

/** `noOptions`, `rollover 1`: each as a person reads it. */
export const describeQuirks = (quirks: Quirks): string[] =>
  Object.entries(quirks).map(([name, value]) => (value === true ? name : `${name} ${value}`));

interface TransferOption {
  readonly text: string;
  readonly byQuirk: boolean;
}

/** Each option, with the quirks that explain its value, and then the other quirks. */
function transferOptions(
  options: Readonly<Record<string, string | number>>,
  quirks: Quirks,
): TransferOption[] {
  const inForce = quirkNames.filter((name) => Boolean(quirks[name]));
  const optionOf = (name: QuirkName): string | undefined => {
    const { option } = quirkDefinition(name);
    return option !== undefined && Object.hasOwn(options, option) ? option : undefined;
  };
  const told = Object.entries(options).map(([option, value]) => {
    const because = inForce.filter((name) => optionOf(name) === option);
    const byQuirk = because.length > 0;
    return { text: `${option} ${value}${byQuirk ? ` (quirk ${because.join(", ")})` : ""}`, byQuirk };
  });
  const others = inForce.filter((name) => optionOf(name) === undefined);
  return [
    ...told,
    ...others.flatMap((name) =>
      describeQuirks({ [name]: quirks[name] }).map((text) => ({ text: `quirk ${text}`, byQuirk: true })),
    ),
  ];
}

type TransferFacts = Pick<TransferRow, "options" | "quirks">;

/** A transfer's options as a row shows them: `blksize 512 (quirk noOptions)`; the quirks that explain none come last. */
export const describeTransferOptions = ({ options, quirks = {} }: TransferFacts): string[] =>
  transferOptions(options, quirks).map(({ text }) => text);

/** Of these, what is due to a quirk. */
export const describeTransferQuirks = ({ options, quirks = {} }: TransferFacts): string[] =>
  transferOptions(options, quirks).flatMap(({ text, byQuirk }) => (byQuirk ? [text] : []));
