/** The command line as one typed value. What a flag is and takes stands in flags.ts. */

import { isIP } from "node:net";
import { resolve } from "node:path";
import {
  anyPorts,
  defaultWanted,
  highPorts,
  standardPorts,
  type Limits,
  type Ports,
  type Wanted,
} from "../model/settings";
import type { FetchSettings } from "../engine/verification/fetchInto";
import type { BoardSettings } from "../engine/verification/boards";
import type { VerifySettings } from "../engine/verification/verify";
import { optionTable } from "../protocol/bootp/options";
import { pcapOf, type Captured } from "./captureFile";
import type { DoctorOptions } from "./doctor";
import { commands, isCommand, UsageError, withSeed, type FlagValues } from "./flags";
import { helpText } from "./help";
import type { ServeOptions } from "./serve";
import type { StdioOptions } from "./stdio";
import { didYouMean, readFlags, readTokens, type Tokens } from "./tokens";

export interface VerifyOptions extends VerifySettings, Captured {
  readonly command: "verify";
  readonly json: boolean;
  /** Absolute path of the JUnit XML. */
  readonly junit?: string;
}

export interface FetchOptions extends FetchSettings {
  readonly command: "fetch";
  readonly json: boolean;
}

export type Parsed =
  | ServeOptions
  | DoctorOptions
  | StdioOptions
  | VerifyOptions
  | FetchOptions
  | { readonly command: "help"; readonly text: string }
  | { readonly command: "version" }
  /** `help`: the command line that tells how it is used. */
  | { readonly command: "usage"; readonly message: string; readonly help: string };

const allCommands = `${commands.slice(0, -1).join(", ")} and ${commands.at(-1)}`;

/** DESIGN §3, `--linger`. */
const defaultLingerSeconds = 600;

/**
 * Reads a command line.
 * @param argv the words after the program's name.
 * @param env `BOOT_SERVERS_FTP_PASSWORD` is read from here: a password never stands on a command line.
 */
export function parseCommandLine(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Parsed {
  const tokens = readTokens(argv);
  try {
    return parse(tokens, env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const [first] = tokens.words;
    return {
      command: "usage",
      message: error.message,
      help: ["boot-servers help", ...(isCommand(first) ? [first] : [])].join(" "),
    };
  }
}

function parse({ words, given }: Tokens, env: Readonly<Record<string, string | undefined>>): Parsed {
  const [first, ...rest] = words;
  if (given.some(({ name }) => name === "version")) return { command: "version" };
  const wantsHelp = first === "help" || given.some(({ name }) => name === "help");
  const named = first === "help" ? rest[0] : first;
  if (wantsHelp && (named ?? "help") === "help") return { command: "help", text: helpText() };
  if (named === undefined) throw new UsageError(`A command is missing: ${allCommands}.`);
  if (!isCommand(named)) {
    const meant = didYouMean(named, [...commands, "help"]);
    throw new UsageError(
      `There is no command "${named}".${meant === "" ? ` There are ${allCommands}.` : meant}`,
    );
  }
  if (wantsHelp) return { command: "help", text: helpText(named) };
  const values = readFlags(named, given);
  const password = env["BOOT_SERVERS_FTP_PASSWORD"];
  switch (named) {
    case "serve":
      return values.stdio === true ? stdioOptions(values, rest) : serveOptions(values, rest, password);
    case "verify":
      return verifyOptions(values, rest, password);
    case "fetch":
      return fetchOptions(values, rest, password);
    case "doctor":
      atMost("doctor", rest, 1);
      return { command: "doctor", wanted: wantedOf(values, rest), json: values.json ?? false };
  }
}

function atMost(command: string, words: readonly string[], count: number): void {
  const extra = words[count];
  if (extra !== undefined) throw new UsageError(`${command} does not know what to do with "${extra}".`);
}

/** The ports by the flags: each of its own, else those of `--high-ports`, else the given ones. */
function portsOf(values: FlagValues, otherwise: Ports): Ports {
  const base = values["high-ports"] === true ? highPorts : otherwise;
  return {
    bootp: values["bootp-port"] ?? base.bootp,
    tftp: values["tftp-port"] ?? base.tftp,
    ftp: values["ftp-port"] ?? base.ftp,
  };
}

/** What is to be served, as `serve` and `doctor` are both told. */
function wantedOf(values: FlagValues, words: readonly string[]): Wanted {
  return {
    ...defaultWanted,
    folder: resolve(words[0] ?? "."),
    ...(values.plan !== undefined && { planFile: resolve(values.plan) }),
    servers: values.servers ?? defaultWanted.servers,
    addresses: values.address ?? defaultWanted.addresses,
    ports: portsOf(values, standardPorts),
    ...(values["ftp-passive-ports"] && { ftpPassivePorts: values["ftp-passive-ports"] }),
    answer: values.answer ?? defaultWanted.answer,
  };
}

/** Absolute paths of the folders that links may lead to. */
const alsoServed = (values: FlagValues): string[] =>
  (values["also-serve"] ?? []).map((folder) => resolve(folder));

function serveOptions(
  values: FlagValues,
  words: readonly string[],
  password: string | undefined,
): ServeOptions {
  atMost("serve", words, 1);
  const limits: Limits = (values.limit ?? []).reduce<Limits>(
    (all, one) => ({ ...all, ...one }),
    defaultWanted.limits,
  );
  return {
    command: "serve",
    wanted: {
      ...wantedOf(values, words),
      uploads: values.uploads ?? defaultWanted.uploads,
      allow: values.allow ?? defaultWanted.allow,
      alsoServe: alsoServed(values),
      ftpUser: values["ftp-user"] ?? defaultWanted.ftpUser,
      ...(password !== undefined && password !== "" && { ftpPassword: password }),
      limits,
      ...(values.fault !== undefined && { faults: withSeed(values.fault) }),
    },
    lingerSeconds: values.linger ?? defaultLingerSeconds,
    asRoot: values["as-root"] ?? false,
    bootLog: values["boot-log"] ?? false,
    json: values.json ?? false,
    ...pcapOf(values),
  };
}

/** What to serve comes over the pipe: a flag that says it too would be ignored, and must not look as if it was not. */
function stdioOptions(values: FlagValues, words: readonly string[]): StdioOptions {
  atMost("serve --stdio", words, 0);
  const useless = Object.keys(values).find((name) => !["stdio", "linger", "as-root"].includes(name));
  if (useless !== undefined) throw new UsageError(`--stdio and --${useless} exclude each other.`);
  return {
    command: "stdio",
    lingerSeconds: values.linger ?? defaultLingerSeconds,
    asRoot: values["as-root"] ?? false,
  };
}

function boardOptions(
  values: FlagValues,
  ports: Ports,
  password: string | undefined,
): BoardSettings & { readonly json: boolean } {
  const [address, another] = values.address ?? [];
  if (another !== undefined) throw new UsageError("A board asks from one --address only.");
  if (values.client !== undefined && values.mac !== undefined) {
    throw new UsageError("--client and --mac exclude each other: both say who to be.");
  }
  const hasPassword = password !== undefined && password !== "";
  const ftpUser = values["ftp-user"] ?? (hasPassword ? defaultWanted.ftpUser : undefined);
  return {
    ports,
    ...(address !== undefined && { address }),
    ...(values.plan !== undefined && { planFile: resolve(values.plan) }),
    bootp: values.bootp ?? "auto",
    ...(values.client !== undefined && { client: values.client }),
    ...(values.mac !== undefined && { mac: values.mac }),
    options: new Map(values.option ?? []),
    ...(ftpUser !== undefined && { ftpUser }),
    ...(hasPassword && { ftpPassword: password }),
    json: values.json ?? false,
  };
}

/** A host to ask: an address or a name. @throws UsageError for what can be neither. */
function hostName(value: string): string {
  if (isIP(value) === 0 && (!/^[\p{L}\p{N}]([\p{L}\p{N}._-]*)$/u.test(value) || /^[\d.]+$/.test(value))) {
    throw new UsageError(`"${value}" is no host: an address or a name is wanted.`);
  }
  return value;
}

/** Ports of a host that is asked: 0 means nothing there. */
function targetPorts(values: FlagValues): Ports {
  const ports = portsOf(values, standardPorts);
  for (const [name, port] of Object.entries(ports)) {
    if (port === 0) throw new UsageError(`--${name}-port 0: a target is asked on a port from 1 to 65535.`);
  }
  return ports;
}

/** What would change nothing must not look as if it had. @throws UsageError */
function rejectUseless(values: FlagValues): void {
  if (values.target === undefined) {
    if (values.address !== undefined) {
      throw new UsageError(
        "--address is for a --target; without one, verify asks its own servers on loopback.",
      );
    }
    if (values.bootp === "broadcast") {
      throw new UsageError("--bootp broadcast needs a --target: nothing can be broadcast on loopback.");
    }
  }
  if (values.option?.some(([code]) => code === optionTable.clientIdentifier.code) === true) {
    throw new UsageError(
      "verify writes option 61 itself: by it our servers keep a verification apart from the real board.",
    );
  }
}

function verifyOptions(
  values: FlagValues,
  words: readonly string[],
  password: string | undefined,
): VerifyOptions {
  atMost("verify", words, 1);
  const target = values.target === undefined ? undefined : hostName(values.target);
  const ports = target === undefined ? portsOf(values, anyPorts) : targetPorts(values);
  const board = boardOptions(values, ports, password);
  rejectUseless(values);
  return {
    command: "verify",
    folder: resolve(words[0] ?? "."),
    alsoServe: alsoServed(values),
    ...(target !== undefined && { target }),
    ...board,
    ...(values.junit !== undefined && { junit: resolve(values.junit) }),
    ...pcapOf(values),
  };
}

function fetchOptions(
  values: FlagValues,
  words: readonly string[],
  password: string | undefined,
): FetchOptions {
  atMost("fetch", words, 1);
  const [target] = words;
  if (target === undefined) throw new UsageError("fetch needs a host: boot-servers fetch HOST --into DIR.");
  if (values.into === undefined) throw new UsageError("fetch needs a folder for the files: --into DIR.");
  if (values.bootp === "skip" && values.plan === undefined) {
    throw new UsageError(
      "--bootp skip takes a plan's word for BOOTP, and fetch has none: it needs --plan FILE.",
    );
  }
  return {
    command: "fetch",
    target: hostName(target),
    into: resolve(values.into),
    ...boardOptions(values, targetPorts(values), password),
  };
}
