/** The plan: what to serve and to whom. Types here; the parser with line and column beside them. */

import type { BoardTerms } from "../protocol/bootp/choice";
import type { OptionEntry } from "../protocol/bootp/options";
import type { Quirks } from "../protocol/quirks";
import type { Place } from "./places";
import type { Answer } from "./settings";

/** A change of a text by which a problem is gone. */
export interface QuickFix {
  /** As an editor offers it: `Write "boot"`. */
  readonly title: string;
  /** What stands at each place becomes `text`; the places do not overlap. */
  readonly edits: readonly { readonly at: Place; readonly text: string }[];
}

/** One thing wrong with a plan or a manifest, where a person can find it; the file as a person knows it. */
export interface Problem extends Place {
  readonly severity: "error" | "warning";
  readonly message: string;
  /** True where the text is no JSON: an editor says that by itself. */
  readonly syntax?: true;
  /** Where it is obvious what was meant. */
  readonly fix?: QuickFix;
}

/** A string: every request gets this file. A list: a sequence, one file a round, then silence. */
export type Boot = string | readonly string[];

export interface PlanClient extends BoardTerms {
  readonly name?: string;
  /** Lower case with colons. */
  readonly mac: string;
  readonly address?: string;
}

/** What boards like this get, listed or not. Every condition that stands here must hold; there is one at least. */
export interface PlanRule extends BoardTerms {
  /** Six parts with colons, each two hex digits in lower case or `*`. */
  readonly mac?: string;
  /** What option 60 begins with; with `*` in it, all of the text. */
  readonly vendorClass?: string;
  /** Numbers of option 93. */
  readonly architecture?: readonly number[];
  /** As `vendorClass`, of option 77. */
  readonly userClass?: string;
}

/** First and last address of a pool, dotted, both in it. */
export interface PoolRange {
  readonly first: string;
  readonly last: string;
}

/** A plan without problems. File names are relative to the served root, with `/`. */
export interface Plan {
  /** Served root, relative to the workspace folder. */
  readonly root: string;
  readonly boot?: Boot;
  readonly tftp: readonly string[];
  /** As the plan names it; `dropOf` finds the default. */
  readonly manifest?: string;
  readonly ftp: readonly string[];
  /** A name that boards ask for -> a file in the served root. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Leading folders that boards ask for and that are not there: they are left out of the name. */
  readonly stripPrefix?: readonly string[];
  /** `siaddr`, when TFTP is another host. */
  readonly server?: string;
  readonly clients: readonly PlanClient[];
  /** The first one that holds counts, for what a client's own entry does not say. */
  readonly match?: readonly PlanRule[];
  readonly pool: readonly PoolRange[];
  /** DHCP options that every client gets, each code once. */
  readonly options?: readonly OptionEntry[];
  /** What is done otherwise for every client. */
  readonly quirks?: Quirks;
  readonly answer?: Answer;
  readonly silentSeconds: number;
  readonly restartSeconds: number;
}

/** What is served where there is no plan: the whole folder, and BOOTP answers without a file name. */
export const emptyPlan: Plan = {
  root: ".",
  tftp: [],
  ftp: [],
  aliases: {},
  clients: [],
  pool: [],
  silentSeconds: 10,
  restartSeconds: 300,
};

/** What one client is to receive. */
export interface Drop {
  /** The folder below the served root that the names are relative to; absent: the served root itself. */
  readonly root?: string;
  /** The boot files in order; empty: BOOTP answers without a file name. */
  readonly boot: readonly string[];
  /** True for a list in the plan: after the last file comes silence. */
  readonly sequence: boolean;
  readonly tftp: readonly string[];
  readonly manifest?: string;
  readonly ftp: readonly string[];
}
