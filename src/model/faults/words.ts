/** What people are told of the faults that are injected. */

import { faultsInjected, type Trouble } from "../events";
import { formatProfile } from "./parser";
import type { FaultProfile, Faults, RateName, Rates } from "./profile";

const rateWords: Readonly<Record<Exclude<RateName, "seed">, (value: string) => string>> = {
  loss: (value) => `loss ${value} %`,
  duplicate: (value) => `${value} % doubled`,
  reorder: (value) => `${value} % overtaken`,
  delay: (value) => `delay ${value} ms`,
};

function describeRates(rates: Rates): string[] {
  const names = ["loss", "duplicate", "reorder", "delay"] as const;
  const parts = names.flatMap((name) => {
    const value = rates[name];
    return value === undefined
      ? []
      : [rateWords[name](typeof value === "number" ? String(value) : [...new Set(value)].join("–"))];
  });
  return parts.length === 0 ? [] : [`${parts.join(", ")} both ways`];
}

function describeProfile(profile: FaultProfile): string {
  const { board, rates, places } = profile;
  const named = formatProfile({ rates: {}, places });
  const all = [...describeRates(rates), ...(places.length > 0 ? [named] : [])].join("; ");
  return board === undefined ? all : `${all} for ${board}`;
}

/** `loss 5 % both ways; drop data 17 for bench-1, seed 3914`. */
export const describeFaults = ({ profiles, seed }: Faults): string =>
  `${profiles.map(describeProfile).join("; ")}, seed ${seed}`;

/** The profiles as they can be written again, with their seed. */
export const replayTexts = ({ profiles, seed }: Faults): readonly string[] =>
  profiles.map((profile) => formatProfile(profile, seed));

/** What every server's row says meanwhile. */
export const faultsWarning = (faults: Faults): Trouble => ({
  code: faultsInjected,
  message: `faults are injected: ${describeFaults(faults)}`,
  remedy: "What a board shows now says nothing of these servers; they end with the profile.",
});
