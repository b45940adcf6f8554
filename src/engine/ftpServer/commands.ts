/**
 * The commands: one table (RFC 959, 1123 §4.1, 2389, 2428, 3659). What ftp-srv does right is left to ftp-srv;
 * what is not in the table does not exist, so that no alias of a command slips by (F15).
 */

import { posix } from "node:path";
import { parseCommand } from "./commandReader";
import {
  activePort,
  assertFamily,
  familyOf,
  openActive,
  openPassive,
  type Ends,
  type PassiveChannel,
} from "./dataChannel";
import { delegate } from "./ftpSrv";
import { factNames } from "./listing";
import { sendFacts, sendListing, sendSize, sendStatus, sendTime } from "./listings";
import { Failure, failureOf } from "./replies";
import type { Session } from "./session";
import { retrieve, store } from "./transfers";

interface Command {
  /** May be used before the login. */
  readonly open?: true;
  /** Without an argument it is 501 (F10). */
  readonly needsArgument?: true;
  run(session: Session, argument: string, verb: string): Promise<void>;
}

const failure = (code: number, message: string): Failure =>
  new Failure(code, { code: "ftp.command", message });

/** A command that ftp-srv's own handler does. */
const byFtpSrv = (flags: Omit<Command, "run"> = {}): Command => ({
  ...flags,
  run: async (session, argument, verb) => {
    await delegate(session.connection, verb, argument);
  },
});

const fixed = (code: number, text: string, flags: Omit<Command, "run"> = {}): Command => ({
  ...flags,
  run: (session) => session.reply(code, text),
});

/** Writing is STOR alone; the client is told so and not that it mistyped. */
const notAllowed = fixed(550, "Permission denied: files are written by STOR alone");
const notOffered = fixed(502, "Not offered by this server", { open: true });

const triesPerConnection = 3;

async function user(session: Session, name: string): Promise<void> {
  // A repeated USER begins a new login (P22); ftp-srv would refuse it for ever (F26).
  session.reset();
  session.connection.username = name;
  await session.reply(331, "Password, please");
}

async function password(session: Session, secret: string): Promise<void> {
  const { username } = session.connection;
  if (username === undefined) throw failure(503, "USER first");
  if (session.loggedIn) {
    await session.reply(202, "Already logged in");
    return;
  }
  try {
    await session.connection.login(username, secret);
  } catch (error) {
    session.failedLogins += 1;
    if (session.failedLogins >= triesPerConnection) {
      session.end({ code: 421, text: `Login incorrect ${triesPerConnection} times, closing` });
      return;
    }
    await session.reply(530, failureOf(error).message);
    return;
  }
  session.welcomed();
  await session.reply(230, session.mayUpload ? "Logged in" : "Logged in, read only");
}

function channelEnds({ context, peer, limits, ownPorts }: Session): Ends {
  const { address, localAddress } = peer;
  const { clock, tap } = context;
  return { clock, localAddress, peer: address, waitMs: limits.ftpDataSeconds * 1000, ownPorts, tap };
}

/** The earlier listener is closed first: a session has one (P8, F19). */
async function listenPassive(session: Session): Promise<PassiveChannel> {
  session.next.dropChannel();
  const channel = await openPassive(channelEnds(session), session.context.situation().wanted.ftpPassivePorts);
  session.next.setChannel(channel);
  return channel;
}

function assertNotEpsvOnly(session: Session): void {
  if (session.epsvOnly) throw failure(503, "EPSV ALL was sent: only EPSV from now on");
}

async function pasv(session: Session): Promise<void> {
  assertNotEpsvOnly(session);
  const { address, localAddress } = session.peer;
  if (familyOf(address) === "2") throw failure(425, "PASV cannot tell an IPv6 address, use EPSV");
  const { port } = await listenPassive(session);
  const numbers = [...localAddress.split("."), port >> 8, port & 0xff].join(",");
  await session.reply(227, `Entering Passive Mode (${numbers}).`);
}

async function epsv(session: Session, argument: string): Promise<void> {
  const family = argument.trim().toUpperCase();
  if (family === "ALL") {
    session.epsvOnly = true;
    await session.reply(200, "EPSV only from now on");
    return;
  }
  if (family !== "") assertFamily(family, session.peer.address);
  const { port } = await listenPassive(session);
  await session.reply(229, `Entering Extended Passive Mode (|||${port}|)`);
}

const active = (verb: "PORT" | "EPRT"): Command => ({
  needsArgument: true,
  run: async (session, argument) => {
    assertNotEpsvOnly(session);
    session.next.dropChannel();
    // Another host may well listen on a port that is open here.
    const taken = session.isOfThisHost ? session.ownPorts : new Set<number>();
    const port = activePort(verb, argument, session.peer.address, taken);
    session.next.setChannel(openActive(channelEnds(session), port));
    await session.reply(200, `${verb} is set`);
  },
});

/** ftp-srv knows "A", "I" and "L8", not "A N" and "L 8" (P6). */
async function type(session: Session, argument: string): Promise<void> {
  const wanted = argument.trim().toUpperCase();
  if (!/^(A( ?N)?|I|L ?8)$/.test(wanted)) throw failure(504, "TYPE A, I or L 8");
  await delegate(session.connection, "TYPE", wanted.replace(/ ?N$/, "").replace(" ", ""));
}

async function rest(session: Session, argument: string): Promise<void> {
  const offset = /^\d{1,15}$/.test(argument.trim()) ? Number(argument) : undefined;
  if (offset === undefined) throw failure(501, "REST takes a number of bytes");
  if (offset > 0 && session.ascii) throw failure(504, "REST is for TYPE I");
  session.next.setOffset(offset);
  await session.reply(350, `Restarting at ${offset}`);
}

async function allo(session: Session, argument: string): Promise<void> {
  const bytes = /^(\d{1,15})( R \d+)?$/i.exec(argument.trim())?.[1];
  if (bytes === undefined) throw failure(501, "ALLO takes a number of bytes");
  session.next.setAnnounced(Number(bytes));
  await session.reply(200, "Noted");
}

async function opts(session: Session, argument: string): Promise<void> {
  const [option = "", value = ""] = argument.trim().toUpperCase().split(/\s+/);
  if (/^UTF-?8$/.test(option) && (value === "ON" || value === "")) {
    await session.reply(200, "Names are UTF-8, always");
  } else if (option === "MLST") {
    // RFC 3659 §7.9 asks for the facts that are then sent; here all of them are, always.
    await session.reply(200, `MLST OPTS ${factNames.map((name) => `${name};`).join("")}`);
  } else {
    throw failure(501, "OPTS UTF8 ON or OPTS MLST");
  }
}

/** RFC 2389 §3.2: each feature on a line that begins with one space. What RFC 959 has is not listed. */
const features = [
  "EPRT",
  "EPSV",
  "MDTM",
  `MLST ${factNames.map((name) => `${name}*;`).join("")}`,
  "REST STREAM",
  "SIZE",
  "TVFS",
  "UTF8",
];

async function feat(session: Session): Promise<void> {
  const lines = features.map((feature) => ({ raw: ` ${feature}` }));
  await session.reply(211, "Features:", ...lines, "End");
}

async function help(session: Session, argument: string): Promise<void> {
  const verb = argument.trim().toUpperCase();
  if (verb !== "" && !commands.has(verb)) throw failure(502, "No such command");
  const names = [...commands].filter(([, command]) => command !== notOffered && command !== notAllowed);
  const lines = [];
  for (let from = 0; from < names.length; from += 10) {
    const line = names.slice(from, from + 10).map(([name]) => name);
    lines.push({ raw: ` ${line.join(" ")}` });
  }
  await session.reply(214, "Commands:", ...lines, "End");
}

async function stat(session: Session, argument: string): Promise<void> {
  if (argument === "") {
    await session.reply(
      211,
      `${session.loggedIn ? "Logged in" : "Not logged in"}, TYPE ${session.ascii ? "A" : "I"}`,
    );
    return;
  }
  if (!session.loggedIn) throw failure(530, "Log in first");
  await sendStatus(session, argument);
}

const quit: Command = {
  open: true,
  run: (session) => {
    session.end({ code: 221, text: "Goodbye" });
    return Promise.resolve();
  },
};

const abor: Command = {
  open: true,
  run: async (session) => {
    // A running transfer was told when the line came, and has said 426 by now (P18).
    session.next.dropChannel();
    await session.reply(226, "No transfer is running");
  },
};

const rein: Command = {
  open: true,
  run: async (session) => {
    session.reset();
    await session.reply(220, "Ready for another user");
  },
};

const file = (run: Command["run"]): Command => ({ needsArgument: true, run });

const commands: ReadonlyMap<string, Command> = new Map(
  Object.entries<Command>({
    USER: { open: true, needsArgument: true, run: user },
    PASS: { open: true, run: password },
    ACCT: fixed(202, "No account is needed", { open: true }),
    REIN: rein,
    QUIT: quit,
    CWD: byFtpSrv({ needsArgument: true }),
    XCWD: byFtpSrv({ needsArgument: true }),
    CDUP: byFtpSrv(),
    XCUP: byFtpSrv(),
    PWD: byFtpSrv(),
    XPWD: byFtpSrv(),
    SMNT: notOffered,
    PORT: active("PORT"),
    EPRT: active("EPRT"),
    PASV: { run: pasv },
    EPSV: { run: epsv },
    TYPE: { needsArgument: true, run: type },
    STRU: byFtpSrv({ needsArgument: true }),
    MODE: byFtpSrv({ needsArgument: true }),
    RETR: file(retrieve),
    STOR: file(store),
    REST: { needsArgument: true, run: rest },
    ALLO: { needsArgument: true, run: allo },
    ABOR: abor,
    LIST: { run: (session, argument) => sendListing(session, "LIST", argument) },
    NLST: { run: (session, argument) => sendListing(session, "NLST", argument) },
    MLSD: { run: (session, argument) => sendListing(session, "MLSD", argument) },
    MLST: { run: sendFacts },
    SIZE: file(sendSize),
    MDTM: file(sendTime),
    STAT: { open: true, run: stat },
    SYST: byFtpSrv({ open: true }),
    HELP: { open: true, run: help },
    NOOP: byFtpSrv({ open: true }),
    FEAT: { open: true, run: feat },
    OPTS: { open: true, needsArgument: true, run: opts },
    SITE: notOffered,
    AUTH: notOffered,
    PBSZ: notOffered,
    PROT: notOffered,
    CCC: notOffered,
    HOST: notOffered,
    LANG: notOffered,
    APPE: notAllowed,
    STOU: notAllowed,
    DELE: notAllowed,
    RMD: notAllowed,
    XRMD: notAllowed,
    MKD: notAllowed,
    XMKD: notAllowed,
    RNFR: notAllowed,
    RNTO: fixed(503, "RNFR first"),
  }),
);

/** Runs one line to its reply. @throws Failure, which the session sends */
export async function runCommand(session: Session, line: string): Promise<void> {
  const { verb, argument } = parseCommand(line);
  const command = commands.get(verb);
  if (command === undefined) throw failure(500, "Unknown command");
  if (command.open !== true && !session.loggedIn) throw failure(530, "Log in first");
  if (command.needsArgument === true && argument === "") throw failure(501, `${verb} needs an argument`);
  await command.run(session, argument, verb);
}

/**
 * Where CWD leads, without the served root's own rules. `..` is resolved here and only here: the door refuses it.
 * @throws Failure 550 above the served root
 */
export function changedFolder(current: string, argument: string): string {
  const asked = argument.replaceAll("\\", "/");
  const path = posix.normalize(asked.startsWith("/") ? `.${asked}` : `./${current}/${asked}`);
  if (path === ".." || path.startsWith("../")) throw failure(550, "That is above the served root");
  return path.replace(/^\.?\/*$/, "").replace(/\/+$/, "");
}
