/** Every flag of the command line, in one table: parsing, checks and `--help` all come from it (DESIGN §3). */

import { randomInt } from "node:crypto";
import { isIP } from "node:net";
import { protocols, type Protocol } from "../model/events";
import {
  defaultLimits,
  limitDefinitions,
  parsePortRange,
  type Answer,
  type LimitName,
  type Limits,
  type PortRange,
  type UploadPolicy,
} from "../model/settings";
import { describeMistake, parseProfile } from "../model/faults/parser";
import { faultsOf, shownSeeds, type Faults, type FaultProfile } from "../model/faults/profile";
import { isInterfaceName } from "../model/networks";
import { isStationMac, parseMac } from "../model/mac";
import type { BootpWay } from "../engine/clients/boardIo";
import { accessFor } from "../engine/access";
import { nearestWord } from "../model/nearestWord";
import { errorMessage } from "../model/text";

export type Command = "serve" | "verify" | "fetch" | "doctor";

/** The command line is wrong: exit code 2, and this sentence. */
export class UsageError extends Error {
  override name = "UsageError";
}

type Read<Value> = (text: string) => Value;

/** One sentence, or one for each command. */
export type Meaning = string | Readonly<Partial<Record<Command, string>>>;

export interface Flag<Value = unknown, Many extends boolean = boolean> {
  readonly commands: readonly Command[];
  /** How `--help` calls the value; undefined: the flag takes none. */
  readonly value: string | undefined;
  readonly meaning: Meaning;
  /** May be repeated. */
  readonly many: Many;
  /** Reads one value. @throws UsageError, whose message reads on from "--flag VALUE: ". */
  readonly read: Read<Value>;
}

type Define<Many extends boolean> = <Value>(
  commands: readonly Command[],
  value: string,
  meaning: Meaning,
  read: Read<Value>,
) => Flag<Value, Many>;

const one: Define<false> = (commands, value, meaning, read) => ({
  commands,
  value,
  meaning,
  many: false,
  read,
});

const many: Define<true> = (commands, value, meaning, read) => ({
  ...one(commands, value, meaning, read),
  many: true,
});

const toggle = (commands: readonly Command[], meaning: string): Flag<boolean, false> => ({
  ...one(commands, "", meaning, () => true),
  value: undefined,
});

const text: Read<string> = (value) => {
  if (value === "") throw new UsageError("it is empty");
  return value;
};

const integer =
  (min: number, max: number, what = "a number"): Read<number> =>
  (value) => {
    const number = /^\d{1,16}$/.test(value) ? Number(value) : NaN;
    if (!(number >= min && number <= max)) throw new UsageError(`${what} from ${min} to ${max} is wanted`);
    return number;
  };

const port = integer(0, 65535);

const ports: Read<PortRange> = (value) => {
  const range = parsePortRange(value);
  if (range === undefined) throw new UsageError("two ports from 1024 on are wanted, such as 50000-50100");
  return range;
};

const choice =
  <const Choice extends string>(choices: readonly Choice[]): Read<Choice> =>
  (value) => {
    const found = choices.find((each) => each === value);
    if (found === undefined) throw new UsageError(`one of ${choices.join(", ")} is wanted`);
    return found;
  };

const servers: Read<readonly Protocol[]> = (value) => {
  const chosen = value.split(",").map(choice(protocols));
  return protocols.filter((protocol) => chosen.includes(protocol));
};

/** An IP address, or the name of an interface (whether it is there is seen when it is used). */
const address: Read<string> = (value) => {
  if (isIP(value) === 0 && !isInterfaceName(value)) {
    throw new UsageError("an IP address or the name of an interface is wanted");
  }
  return value;
};

const cidr: Read<string> = (value) => {
  try {
    accessFor([value], [], []);
  } catch (error) {
    throw new UsageError(`${errorMessage(error)}; write it like 192.168.7.0/24`, { cause: error });
  }
  return value;
};

/** Lower case with colons. */
const mac: Read<string> = (value) => {
  const parsed = parseMac(value);
  if (parsed === undefined || !isStationMac(parsed)) {
    throw new UsageError("the MAC of one board is wanted, such as 52:54:00:12:34:56");
  }
  return parsed;
};

const pair = (value: string, form: string): [name: string, value: string] => {
  const at = value.indexOf("=");
  if (at < 1) throw new UsageError(`it is to be written ${form}`);
  return [value.slice(0, at), value.slice(at + 1)];
};

const isLimitName = (name: string): name is LimitName => Object.hasOwn(limitDefinitions, name);

const limit: Read<Partial<Limits>> = (value) => {
  const [name, number] = pair(value, "NAME=VALUE");
  if (!isLimitName(name)) {
    const nearest = nearestWord(name, Object.keys(limitDefinitions));
    throw new UsageError(
      `there is no limit "${name}"${nearest === undefined ? "" : `; did you mean ${nearest}?`}`,
    );
  }
  const { min, max } = limitDefinitions[name];
  return { [name]: integer(min, max)(number) };
};

/** The codes that the board writes itself, or that are no options at all (RFC 2132 §3.1, §3.2, §9.6). */
const ownOptions = new Set([0, 53, 255]);

/** `60=PXEClient`, `93=0x0007`: code and bytes. */
const option: Read<readonly [code: number, value: Uint8Array]> = (value) => {
  const [name, content] = pair(value, "CODE=VALUE");
  const code = integer(1, 254)(name);
  if (ownOptions.has(code)) throw new UsageError(`option ${code} is written by the board itself`);
  const hex = /^0x(.*)$/i.exec(content)?.[1];
  if (hex !== undefined && !/^([0-9a-f]{2})*$/i.test(hex))
    throw new UsageError("0x wants pairs of hex digits");
  const bytes = hex === undefined ? Buffer.from(content, "utf8") : Buffer.from(hex, "hex");
  // RFC 2132 §2: the length of an option is one byte.
  if (bytes.length > 255) throw new UsageError("an option holds 255 bytes at most");
  return [code, Uint8Array.from(bytes)];
};

const fault: Read<FaultProfile> = (value) => {
  const parsed = parseProfile(value);
  if ("mistake" in parsed) throw new UsageError(describeMistake(parsed.mistake));
  return parsed.profile;
};

/** The profiles with a seed, drawn where none has one. */
export const withSeed = (profiles: readonly FaultProfile[]): Faults =>
  faultsOf(profiles, randomInt(shownSeeds));

const portMeaning = (usual: number): Meaning => ({
  serve: `default ${usual}; 0: any free port`,
  verify: `default ${usual} of a target; without one: any free port`,
  fetch: `default ${usual}`,
  doctor: `default ${usual}`,
});

const limitDefaults = Object.entries(defaultLimits)
  .map(([name, value]) => `${name}=${value}`)
  .join(", ");

const insteadOfTheFolders = "a plan instead of FOLDER/.vscode/boot-plan.json";

export const commands: readonly Command[] = ["serve", "verify", "fetch", "doctor"];
const boards: readonly Command[] = ["verify", "fetch"];
const withPlan: readonly Command[] = ["serve", "verify", "fetch"];

/** By their name without the dashes; the order is that of `--help`. */
export const flags = {
  address: many(
    commands,
    "IP|INTERFACE",
    {
      serve: "where to serve, default 127.0.0.1; 0.0.0.0 is every interface (may be repeated)",
      verify: "the local address to ask a target from",
      fetch: "the local address to ask from",
      doctor: "where it is to be served, default 127.0.0.1 (may be repeated)",
    },
    address,
  ),
  target: one(
    ["verify"],
    "HOST",
    "the boot server to verify, instead of servers of its own on loopback",
    text,
  ),
  into: one(["fetch"], "DIR", "the folder that receives the files; an existing file is never touched", text),
  servers: one(
    ["serve", "doctor"],
    "bootp,tftp,ftp",
    {
      serve: "the servers to start; default: all three",
      doctor: "the servers to look for; default: all three",
    },
    servers,
  ),
  "bootp-port": one(commands, "N", portMeaning(67), port),
  "tftp-port": one(commands, "N", portMeaning(69), port),
  "ftp-port": one(commands, "N", portMeaning(21), port),
  "ftp-passive-ports": one(
    ["serve", "doctor"],
    "FIRST-LAST",
    "the ports of FTP's passive data connections, for a firewall; default: any",
    ports,
  ),
  "high-ports": toggle(commands, "ports 6767, 6969 and 2121, which need no privileges"),
  answer: one(
    ["serve", "doctor"],
    "listed|boards|everyone|proxy",
    "who BOOTP answers, default boards. listed: the plan's clients; boards: these and every plain BOOTP request; everyone: every DHCP client too, where no other DHCP server is; proxy: beside another DHCP server, PXE clients with their boot file and nobody with an address. A plan may narrow it",
    choice<Answer>(["listed", "boards", "everyone", "proxy"]),
  ),
  uploads: one(
    ["serve"],
    "deny|new|keep|overwrite",
    "default deny; new: new names only; keep: the existing file is first renamed with its date",
    choice<UploadPolicy>(["deny", "new", "keep", "overwrite"]),
  ),
  allow: many(
    ["serve"],
    "CIDR",
    "a network that may ask; default: those of the served interfaces, and of relay agents that the plan has addresses for (may be repeated)",
    cidr,
  ),
  limit: many(
    ["serve"],
    "NAME=VALUE",
    `one of these, which have their defaults here: ${limitDefaults} (may be repeated)`,
    limit,
  ),
  fault: many(
    ["serve"],
    "PROFILE",
    'misbehave, to see a boot loader recover: "loss=5,delay=20-50,seed=7", "drop data 17 x2; stall data 100 20s", "for bench-1: drop last-ack"; docs/faults.md has them all (may be repeated)',
    fault,
  ),
  linger: one(
    ["serve"],
    "SECONDS",
    "how long running transfers may go on after Ctrl+C; default 600; a second Ctrl+C ends them",
    integer(0, 86_400, "a number of seconds"),
  ),
  "as-root": toggle(
    ["serve"],
    "serve as root where root starts it, as in a container; without it, it goes on as the user behind sudo",
  ),
  "boot-log": toggle(["serve"], "what every board asks and gets, packet by packet, and what that means"),
  plan: one(
    commands,
    "FILE",
    {
      serve: insteadOfTheFolders,
      verify: insteadOfTheFolders,
      fetch: "a plan: its clients, what a board loads beside its boot files, and with --bootp skip these too",
      doctor: insteadOfTheFolders,
    },
    text,
  ),
  "also-serve": many(
    ["serve", "verify"],
    "FOLDER",
    "a folder that links in the served root may lead to, beside FOLDER (may be repeated)",
    text,
  ),
  bootp: one(
    boards,
    "auto|broadcast|relay|skip",
    "how to ask BOOTP; skip: the plan says what BOOTP would have said",
    choice<BootpWay | "skip">(["auto", "broadcast", "relay", "skip"]),
  ),
  client: one(boards, "NAME", "which of the plan's clients to be", text),
  mac: one(boards, "MAC", "who to be; default 02:00:00:00:00:01", mac),
  option: many(
    boards,
    "CODE=VALUE",
    "a BOOTP/DHCP option to ask with: text, or hex as 0x…, such as 60=PXEClient (may be repeated)",
    option,
  ),
  "ftp-user": one(
    withPlan,
    "USER",
    "the FTP user; its password stands in BOOT_SERVERS_FTP_PASSWORD, never on a command line",
    text,
  ),
  json: toggle(commands, "JSON lines on stdout, one event each"),
  stdio: toggle(["serve"], "JSON-RPC on stdin and stdout, for the extension: it says what to serve"),
  junit: one(["verify"], "FILE", "JUnit XML as well: one case for each board and step", text),
  pcap: one(
    ["serve", "verify"],
    "FILE",
    "a capture as well (pcapng): each packet, FTP passwords removed; replaces a capture, and nothing else; -: to stdout, for wireshark -k -i -",
    text,
  ),
  help: toggle(commands, "this text"),
  version: toggle(commands, "the version"),
} satisfies Record<string, Flag>;

export type FlagName = keyof typeof flags;

/** What the command line gave, flag by flag. */
export type FlagValues = {
  readonly [Name in FlagName]?: (typeof flags)[Name] extends Flag<infer Value, infer Many>
    ? Many extends true
      ? readonly Value[]
      : Value
    : never;
};

/** The table's rows in order. */
export const flagList: readonly (readonly [name: FlagName, flag: Flag])[] = Object.entries(flags) as [
  FlagName,
  Flag,
][];

export const isCommand = (word: string | undefined): word is Command =>
  commands.some((command) => command === word);

export const isFlagName = (name: string): name is FlagName => Object.hasOwn(flags, name);
