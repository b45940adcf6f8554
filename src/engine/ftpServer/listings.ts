/** LIST, NLST and MLSD over a data connection, MLST and STAT over the control connection. */

import { raiseLimit } from "../../model/settings";
import { delay, nextTurn } from "../clock";
import type { Entry } from "../servedRoot/servedRoot";
import { outgoing, watchStall } from "./dataTransfer";
import { baseName, factsLine, listable, listLine, timeValue } from "./listing";
import { tellRefused } from "./refusals";
import { Failure, failureOf, noChannel, replyText } from "./replies";
import type { Session } from "./session";

/** Lines that are formatted in one go: a folder of 100,000 files must not hold up the others (X15). */
const linesAtATime = 500;

/** `ls` flags, which clients send out of habit; there is one format (F31). */
const withoutFlags = (argument: string): string => argument.replace(/^(-\S*(\s+|$))+/, "");

interface Listing {
  readonly entries: readonly Entry[];
  readonly line: (entry: Entry) => string;
}

/** The text of some lines. A name that would forge one is left out (F31). */
function partOf({ entries, line }: Listing, from: number, before = ""): string {
  const shown = entries.slice(from, from + linesAtATime).filter(listable);
  return shown.map((entry) => `${before}${line(entry)}\r\n`).join("");
}

async function listing(session: Session, verb: string, argument: string): Promise<Listing> {
  const path = verb === "MLSD" ? argument : withoutFlags(argument);
  const requested = session.resolve(path);
  const entry = await session.root.describe(requested);
  const entries = entry.kind === "folder" ? await session.root.list(requested) : [entry];
  const now = session.context.clock.wallTime();
  switch (verb) {
    case "MLSD":
      if (entry.kind === "file") {
        throw new Failure(501, { code: "ftp.syntax", message: "MLSD is for folders, MLST for files" });
      }
      return { entries, line: (each) => factsLine(each) };
    case "NLST": {
      // Names that can be given to RETR as they are (RFC 1123 §4.1.2.7).
      const prefix = path === "" || entry.kind === "file" ? "" : path.replace(/[\\/]*$/, "/");
      return { entries, line: (each) => (entry.kind === "file" ? path : `${prefix}${baseName(each)}`) };
    }
    default:
      return { entries, line: (each) => listLine(each, now) };
  }
}

/** LIST, NLST, MLSD. */
export async function sendListing(session: Session, verb: string, argument: string): Promise<void> {
  session.next.takeOffset();
  const channel = session.next.takeChannel();
  const { clock } = session.context;
  let reply: readonly [number, string] = [226, "Transfer complete"];
  await session.transferring(undefined, async (activity) => {
    try {
      const found = await listing(session, verb, argument);
      const { length } = found.entries;
      if (channel === undefined) {
        throw new Failure(425, noChannel);
      }
      const socket = await channel.connect(activity.signal);
      await session.reply(150, "Here comes the listing");
      const out = outgoing(socket, activity, clock);
      let sent = 0;
      const stall = watchStall(clock, session.limits.ftpDataSeconds * 1000, socket, {
        bytes: () => sent,
        onChange: () => undefined,
        onStill: () => undefined,
        onStall: () => {
          const remedy = `Look at the client, or ${raiseLimit("ftpDataSeconds")}`;
          activity.abort(
            new Failure(426, { code: "ftp.stalled", message: "the listing was not read", remedy }),
          );
        },
      });
      try {
        for (; sent < length; sent += linesAtATime) {
          await out.write(Buffer.from(partOf(found, sent)));
          // A write that the system takes at once is no pause for the others.
          if (sent + linesAtATime < length) await delay(clock, 0);
        }
        await out.finish();
      } finally {
        stall.cancel();
      }
    } catch (error) {
      const failure = failureOf(activity.signal.aborted ? activity.signal.reason : error);
      activity.abort(failure);
      reply = [failure.replyCode, replyText(failure)];
    } finally {
      channel?.close();
    }
  });
  await session.reply(...reply);
}

/** MLST: the facts of one name on the control connection (RFC 3659 §7.2). */
export async function sendFacts(session: Session, name: string): Promise<void> {
  const entry = await describe(session, name);
  await session.reply(250, "Listing", { raw: ` ${factsLine(entry, `/${entry.name}`)}` }, "End");
}

/** SIZE, which depends on the type: what TYPE A would send is known only after sending it (RFC 3659 §4). */
export async function sendSize(session: Session, name: string): Promise<void> {
  if (session.ascii) {
    throw new Failure(550, {
      code: "ftp.asciiSize",
      message: "SIZE is not known in TYPE A, send TYPE I first",
    });
  }
  const entry = await describeFile(session, name);
  // As text: ftp-srv takes the number 0 for no message (F13).
  await session.reply(213, String(entry.size));
}

/** MDTM (RFC 3659 §3). */
export async function sendTime(session: Session, name: string): Promise<void> {
  const entry = await describeFile(session, name);
  await session.reply(213, timeValue(entry.mtimeMs));
}

/** What stands under a name; a refusal is a row. */
async function describe(session: Session, name: string): Promise<Entry> {
  try {
    return await session.root.describe(session.resolve(name));
  } catch (error) {
    await tellRefused(session, name, error);
    throw error;
  }
}

async function describeFile(session: Session, name: string): Promise<Entry> {
  const entry = await describe(session, name);
  if (entry.kind === "file") return entry;
  throw new Failure(550, { code: "name.folder", message: "that is a folder" });
}

/** STAT of a name: the listing on the control connection (RFC 959 §4.1.3). */
export async function sendStatus(session: Session, argument: string): Promise<void> {
  const found = await listing(session, "LIST", argument);
  await session.replyInParts(async () => {
    await session.send("213-Status follows\r\n");
    for (let sent = 0; sent < found.entries.length; sent += linesAtATime) {
      // Indented: a name may look like the last line of a reply.
      await session.send(partOf(found, sent, " "));
      await nextTurn();
    }
    await session.reply(213, "End of status");
  });
}
