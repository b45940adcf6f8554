/** The settings as `Wanted`. Knows nothing of VS Code: `read` gives what a setting is for the scope that may set it. */

import { isIP } from "node:net";
import { isAbsolute } from "node:path";
import { logLines } from "../model/bootLog";
import { protocols, type Protocol, type Trouble } from "../model/events";
import { isInterfaceName } from "../model/networks";
import {
  defaultWanted,
  limitDefinitions,
  limitSetting,
  parsePortRange,
  standardPorts,
  type Answer,
  type LimitName,
  type Limits,
  type PortRange,
  type UploadPolicy,
  type Wanted,
} from "../model/settings";
import type { CommandSettings } from "./process/command";

/** The value of a setting by its name behind `bootServers.`; undefined: nobody set it. */
export type ReadSetting = (name: string) => unknown;

/** The settings that a folder may have of its own: they open nothing (DESIGN §5). All others are the machine's. */
export const folderSettings: readonly string[] = [
  "tftp.maxBlksize",
  "tftp.maxWindowsize",
  "tftp.giveUpSeconds",
];

/** Likewise, and read where somebody verifies: what is wanted of the servers does not depend on them. */
export const verifySettings: readonly string[] = ["verify.targets", "verify.onSave"];

export const limitNames = Object.keys(limitDefinitions) as LimitName[];

const answers: readonly Answer[] = ["listed", "boards", "everyone", "proxy"];
export const uploadPolicies: readonly UploadPolicy[] = ["deny", "new", "keep", "overwrite"];

/** A value that a setting holds. @returns undefined for what it must not hold. */
type Check<T> = (value: unknown) => T | undefined;

const oneOf =
  <T>(choices: readonly T[]): Check<T> =>
  (value) =>
    choices.find((choice) => choice === value);

const integer =
  (min: number, max: number): Check<number> =>
  (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max ? value : undefined;

const text: Check<string> = (value) => (typeof value === "string" ? value : undefined);

/** Relative to what, nobody could say: the servers' process has a working folder of its own. */
const absolutePath: Check<string> = (value) =>
  typeof value === "string" && isAbsolute(value) ? value : undefined;

const listOf =
  <T>(check: Check<T>): Check<readonly T[]> =>
  (value) => {
    if (!Array.isArray(value)) return undefined;
    const checked = value.map(check);
    return checked.every((each) => each !== undefined) ? checked : undefined;
  };

/** Serving nothing, or nowhere, is what Stop is for. */
const someOf =
  <T>(check: Check<T>): Check<readonly T[]> =>
  (value) =>
    Array.isArray(value) && value.length > 0 ? listOf(check)(value) : undefined;

/** As `--address`: an IP address, or the name of an interface. */
const address: Check<string> = (value) =>
  typeof value === "string" && (isIP(value) !== 0 || isInterfaceName(value)) ? value : undefined;

/** What the setting `address` holds. */
export const addressList = someOf(address);

/** What the setting `allow` holds; whether each is a network the engine says. */
export const allowList = listOf(text);

const passivePorts: Check<PortRange | null> = (value) => {
  if (value === "") return null;
  return typeof value === "string" ? parsePortRange(value) : undefined;
};

export interface Settings {
  readonly wanted: Wanted;
  readonly command: CommandSettings;
  /** Lines of a board's boot log that are kept. */
  readonly logLines: number;
  /** Settings that hold what they must not, and are as if nobody had set them: a sentence each. */
  readonly problems: readonly string[];
  /** Nothing may be started with them: what was to narrow who is served, or what, would be left out (DESIGN §6). */
  readonly refused?: Trouble;
}

const words = (choices: readonly string[]): string => choices.map((each) => JSON.stringify(each)).join(", ");

const refusal = (unreadable: readonly string[]): Trouble => ({
  code: "setting.unreadable",
  message: unreadable.join("; "),
  remedy:
    "Correct it in the user settings, or remove it there: it narrows what is served, so it is not left out.",
});

/**
 * @param folder absolute path of the workspace folder.
 * @param ftpPassword from the secret storage; no setting holds it.
 */
export function readSettings(read: ReadSetting, folder: string, ftpPassword?: string): Settings {
  const problems: string[] = [];
  const unreadable: string[] = [];
  /** @param form what it has to be, where leaving it out would open more than is wanted. */
  const value = <T>(name: string, check: Check<T>, otherwise: T, form?: string): T => {
    const given = read(name);
    if (given === undefined) return otherwise;
    const checked = check(given);
    if (checked !== undefined) return checked;
    const what = `setting bootServers.${name} is ${JSON.stringify(given)}`;
    if (form === undefined) problems.push(`The ${what}, which it cannot be.`);
    else unreadable.push(`the ${what}, and has to be ${form}`);
    return otherwise;
  };
  const port = (protocol: Protocol): number =>
    value(`${protocol}.port`, integer(0, 65535), standardPorts[protocol]);
  const limits = Object.fromEntries(
    limitNames.map((name) => {
      const { min, max, default: usual } = limitDefinitions[name];
      const setting = limitSetting(name);
      const form = folderSettings.includes(setting) ? undefined : `a whole number from ${min} to ${max}`;
      return [name, value(setting, integer(min, max), usual, form)];
    }),
  ) as Limits;
  const passive = value("ftp.passivePorts", passivePorts, null);
  const servers = value(
    "servers",
    someOf(oneOf(protocols)),
    protocols,
    `a list of some of ${words(protocols)}`,
  );
  const wanted: Wanted = {
    ...defaultWanted,
    folder,
    servers: protocols.filter((protocol) => servers.includes(protocol)),
    addresses: value("address", addressList, defaultWanted.addresses),
    ports: { bootp: port("bootp"), tftp: port("tftp"), ftp: port("ftp") },
    answer: value("bootp.answer", oneOf(answers), defaultWanted.answer, `one of ${words(answers)}`),
    uploads: value("uploads", oneOf(uploadPolicies), defaultWanted.uploads),
    allow: value("allow", allowList, defaultWanted.allow, 'a list of networks such as ["192.168.7.0/24"]'),
    alsoServe: value("alsoServe", listOf(absolutePath), defaultWanted.alsoServe),
    ...(ftpPassword !== undefined && ftpPassword !== "" && { ftpPassword }),
    ...(passive !== null && { ftpPassivePorts: passive }),
    limits,
  };
  // A wrapper may be what keeps the servers in a namespace, or from rights.
  const launch = value("launch", listOf(text), [], 'a list of words such as ["sudo", "-n"]');
  const command = { launch, node: value("node", text, "") };
  const { min, max, default: usual } = logLines;
  const lines = value("limits.logLines", integer(min, max), usual);
  const refused = unreadable.length > 0 && { refused: refusal(unreadable) };
  return { wanted, command, logLines: lines, problems, ...refused };
}
