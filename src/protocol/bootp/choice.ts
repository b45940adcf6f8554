/**
 * Which boot files and options a client gets, and why: its own in the plan, else those of the first rule that it
 * matches, else everybody's.
 */

import { decodeText } from "../bytes";
import { nameOfArchitecture } from "./architectures";
import { mergeQuirks, type Quirks } from "../quirks";
import { getOption, type OptionEntry, type Options } from "./options";
import { profiles, type ProfileName } from "./profiles";
import type { BootFiles } from "./sequence";

/** What an entry of the plan says of the boards that it is about. */
export interface BoardTerms {
  /** A string: always; a list: a sequence. */
  readonly boot?: string | readonly string[];
  /** DHCP options that they get, before the plan's. */
  readonly options?: readonly OptionEntry[];
  /** The folder below the served root that they see as `/`; ".": the served root itself. */
  readonly root?: string;
  /** Leading folders that they ask for and that are not there; these count instead of the plan's. */
  readonly stripPrefix?: readonly string[];
  readonly profile?: ProfileName;
  /** What is done otherwise for them, before the plan's, name by name. */
  readonly quirks?: Quirks;
}

/** One client of the plan. */
export interface ListedClient extends BoardTerms {
  readonly name?: string;
  /** Lower case with colons. */
  readonly mac: string;
  readonly address?: string;
}

/** A rule of the plan: every condition that it has must hold. */
export interface MatchRule extends BoardTerms {
  /** Six parts with colons, each two hex digits in lower case or `*`. */
  readonly mac?: string;
  /** What option 60 begins with; with `*` in it, all of the text. */
  readonly vendorClass?: string;
  /** One of these numbers. */
  readonly architecture?: readonly number[];
  /** As `vendorClass`, of one of the user classes. */
  readonly userClass?: string;
}

export interface ChoicePlan extends Pick<BoardTerms, "boot" | "stripPrefix"> {
  /** Each code once. */
  readonly options?: readonly OptionEntry[];
  readonly quirks?: Quirks;
  readonly match?: readonly MatchRule[];
  readonly clients: readonly ListedClient[];
}

/** What a request says of who sends it. */
export interface Traits {
  /** Lower case with colons; "": none is known. */
  readonly mac: string;
  readonly vendorClass: string | undefined;
  readonly architectures: readonly number[];
  readonly userClasses: readonly string[];
}

/** Which files a client sees, and under which names. */
export interface FileTerms {
  /** The folder below the served root that it sees as `/`; undefined: the served root itself. */
  readonly root: string | undefined;
  /** Leading folders that are left out of a name where they are not there. */
  readonly stripPrefix: readonly string[];
  readonly profile: ProfileName | undefined;
}

export interface Choice extends FileTerms {
  readonly boot: BootFiles;
  readonly options: readonly OptionEntry[];
  readonly quirks: Quirks;
  /** Where the boot files stand in the plan: the same as long as the same entry gives them. */
  readonly source: string;
  /** "it is bench-1"; undefined: everybody gets these files, or there are none. */
  readonly why: string | undefined;
}

/** Of option 77, each class with its length before it (RFC 3004 §4), or one bare text, as iPXE sends it. */
function userClassesOf(bytes: Uint8Array): string[] {
  const classes: string[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const length = bytes[offset] ?? 0;
    const part = bytes.subarray(offset + 1, offset + 1 + length);
    if (length === 0 || part.length < length) return [decodeText(bytes)];
    classes.push(decodeText(part));
    offset += 1 + length;
  }
  return classes;
}

/** Bytes of an option that are kept of each client: strangers are many, and no class of a real one is as long. */
const mostKept = 128;

/** The beginning of each option. */
const beginnings = (options: Options): Options =>
  new Map([...options].map(([code, bytes]) => [code, bytes.subarray(0, mostKept)]));

/** @param told undefined: a request without the cookie says nothing. */
export function traitsOf(mac: string, told: Options | undefined): Traits {
  const options = told && beginnings(told);
  const userClass = options && getOption(options, "userClass");
  return {
    mac,
    vendorClass: options && getOption(options, "vendorClassIdentifier"),
    architectures: (options && getOption(options, "clientArchitecture")) ?? [],
    userClasses: userClass === undefined ? [] : userClassesOf(userClass),
  };
}

/** True when the text begins with the pattern; of a pattern with `*`: when all of it is like that. Linear. */
function isLike(pattern: string, text: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  if (!text.startsWith(first)) return false;
  const last = others.pop();
  if (last === undefined) return true;
  let from = first.length;
  for (const part of others) {
    const found = text.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}

function isMacLike(pattern: string, mac: string): boolean {
  const bytes = mac.split(":");
  return pattern.split(":").every((part, index) => part === "*" || part === bytes[index]);
}

function holds(rule: MatchRule, { mac, vendorClass, architectures, userClasses }: Traits): boolean {
  const { mac: macs, vendorClass: vendor, architecture, userClass: user } = rule;
  if (macs !== undefined && !isMacLike(macs, mac)) return false;
  if (vendor !== undefined && !(vendorClass !== undefined && isLike(vendor, vendorClass))) return false;
  if (architecture?.some((code) => architectures.includes(code)) === false) return false;
  return user === undefined || userClasses.some((each) => isLike(user, each));
}

/** "its vendor class is AM335x ROM and its architecture is bios": the plan's words, none of the client's. */
export function describeRule({ mac, vendorClass, architecture, userClass }: MatchRule): string {
  const names = architecture && [...new Set(architecture.map(nameOfArchitecture))].join(" or ");
  const parts = { MAC: mac, "vendor class": vendorClass, architecture: names, "user class": userClass };
  return Object.entries(parts)
    .flatMap(([what, value]) => (value === undefined ? [] : [`its ${what} is ${value}`]))
    .join(" and ");
}

/** Index of the first rule that holds, the only one that counts; -1: none does. */
export const ruleFor = ({ match = [] }: Pick<ChoicePlan, "match">, traits: Traits): number =>
  match.findIndex((rule) => holds(rule, traits));

export const listedClient = (
  { clients }: Pick<ChoicePlan, "clients">,
  mac: string,
): ListedClient | undefined => clients.find((client) => client.mac === mac);

/** What a client sees for which the plan has these entries. */
function filesOf(
  plan: Pick<ChoicePlan, "stripPrefix">,
  client: BoardTerms | undefined,
  rule: BoardTerms | undefined,
): FileTerms {
  const profile = client?.profile ?? rule?.profile;
  const root = client?.root ?? rule?.root;
  return {
    root: root === "." ? undefined : root,
    stripPrefix: [
      ...(client?.stripPrefix ?? rule?.stripPrefix ?? plan.stripPrefix ?? []),
      ...(profile === undefined ? [] : profiles[profile].prefixes),
    ],
    profile,
  };
}

/** What a client with these traits gets. The first rule that holds counts, and no other. */
export function choose(plan: ChoicePlan, traits: Traits): Choice {
  const client = listedClient(plan, traits.mac);
  const index = ruleFor(plan, traits);
  const rule = plan.match?.[index];
  const options = [
    ...new Map([...(plan.options ?? []), ...(rule?.options ?? []), ...(client?.options ?? [])]),
  ];
  const terms = {
    options,
    quirks: mergeQuirks(plan.quirks, rule?.quirks, client?.quirks),
    ...filesOf(plan, client, rule),
  };
  if (client?.boot !== undefined) {
    const why = `it is ${client.name ?? client.mac}`;
    return { ...terms, boot: bootFiles(client.boot), source: "client", why };
  }
  if (rule?.boot !== undefined) {
    return { ...terms, boot: bootFiles(rule.boot), source: `match ${index}`, why: describeRule(rule) };
  }
  const { profile } = terms;
  const everybodys = profile === undefined || profiles[profile].takesBootFile ? plan.boot : undefined;
  return { ...terms, boot: bootFiles(everybodys), source: "plan", why: undefined };
}

// An empty list is no sequence: there is nothing to be silent after.
const bootFiles = (boot: string | readonly string[] = []): BootFiles =>
  typeof boot === "string" ? { files: [boot], sequence: false } : { files: boot, sequence: boot.length > 0 };
