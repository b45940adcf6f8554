/** RETR and STOR: one file through the door, over one data connection, with a row. */

import { raiseLimit } from "../../model/settings";
import { Checksums, type Sums } from "../checksums";
import { delay, type Timer } from "../clock";
import { fileChanged } from "../servedRoot/refusal";
import type { OpenedFile, Upload } from "../servedRoot/servedRoot";
import { fromNetworkLines, toNetworkLines } from "./asciiType";
import { assertNoFault, disturbedData, faultsFor, type Carry } from "./disturbedData";
import { incoming, outgoing, watchStall, type Activity } from "./dataTransfer";
import { nearestNames } from "./refusals";
import { Failure, failureOf, noChannel, replyText } from "./replies";
import { untakenBytes } from "./sendQueue";
import type { Session } from "./session";
import type { Ongoing } from "./summing";
import { TransferRecord } from "./transferRecord";
import type { Socket } from "node:net";

/** Two of these for each running download. CPU seconds a GB with 256, 512, 1,024 KiB: 0.44, 0.41, 0.39. */
const chunkBytes = 512 * 1024;
const noBytes = new Uint8Array(0);

/** Of the whole file; a promise: the row waits for them, and the client does not. */
interface Done {
  readonly sums: Sums | Promise<Sums | undefined> | undefined;
}

type Work = (activity: Activity, record: TransferRecord, connect: Connect) => Promise<Done>;
/** The data connection of a transfer. */
interface Connected {
  readonly socket: Socket;
  /** Watches the transfer from here on; `bytes` says how far it is. */
  readonly watch: (bytes: () => number) => Timer;
  /** Puts what a fault profile does to the bytes before what carries them. */
  readonly past: (carry: Carry) => Carry;
}
type Connect = () => Promise<Connected>;

/** RETR. */
export async function retrieve(session: Session, name: string): Promise<void> {
  const offset = session.next.takeOffset();
  await transfer(session, "read", name, offset, async (activity, record, connect) => {
    const { root } = session;
    const open = (): Promise<OpenedFile> => root.open(session.resolve(name));
    const file = await open();
    try {
      // RFC 3659 §5.4 leaves the code open; 554 is what its examples of a bad REST use.
      if (offset > file.size) {
        throw new Failure(554, {
          code: "ftp.restart",
          message: `REST ${offset} is beyond the end of the file`,
        });
      }
      record.started(file.name, file.size);
      const connected = await connect();
      await session.reply(
        150,
        session.ascii ? "Opening data connection" : `Opening data connection (${file.size} bytes)`,
      );
      const summing = offset === 0 ? await session.summing.begin(record.id, file, open) : undefined;
      return await sendFile(session, activity, record, { ...connected, file, offset, summing });
    } finally {
      await file.close();
    }
  });
}

interface Sending extends Connected {
  readonly file: OpenedFile;
  readonly offset: number;
  /** A thread sums it. */
  readonly summing: Ongoing | undefined;
}

async function sendFile(
  session: Session,
  activity: Activity,
  record: TransferRecord,
  { file, offset, socket, watch, past, summing }: Sending,
): Promise<Done> {
  const out = outgoing(socket, activity, session.context.clock);
  const write = past((chunk) => out.write(chunk));
  const chunkAt = readAhead(file);
  let position = offset;
  const stall = watch(() => position - untakenBytes(socket));
  try {
    let writing = Promise.resolve();
    let reading = chunkAt(position);
    for (let chunk = await reading; chunk.length > 0; chunk = await reading) {
      await writing;
      record.begins();
      if (position > offset) record.progress(position - offset);
      const from = position;
      position += chunk.length;
      // Before the writing, which copies most of a chunk at once: 1.2 times as fast as one after the other.
      reading = chunkAt(position);
      writing = write(session.ascii ? toNetworkLines(chunk) : chunk);
      for (const work of [writing, reading]) work.catch(() => undefined); // Awaited above and below, one after the other.
      // While it is on its way, and the next one is being read.
      if (summing === undefined) file.sums.pass(chunk, from);
    }
    await writing;
    record.progress(position - offset);
    await Promise.all([out.finish(), file.close()]);
    return { sums: offset === 0 ? (file.sums.result() ?? summing?.sums) : undefined };
  } catch (error) {
    summing?.cancel();
    activity.abort(failureOf(error));
    throw error;
  } finally {
    stall.cancel();
  }
}

/** Reads chunk after chunk, into each buffer in turn: the next one while the last is being sent. Empty at the end. */
function readAhead(file: OpenedFile): (position: number) => Promise<Uint8Array> {
  const buffers: Buffer[] = [];
  let turn = 0;
  return async (position) => {
    if (position >= file.size) return noBytes;
    turn ^= 1;
    const buffer = (buffers[turn] ??= Buffer.allocUnsafe(Math.min(chunkBytes, file.size)));
    const length = await file.read(buffer.subarray(0, file.size - position), position);
    // Never bytes of two states of the file: what was read is sent only if the file is still the same (X5).
    await file.assertUnchanged();
    if (length === 0) throw fileChanged();
    return buffer.subarray(0, length);
  };
}

/** STOR. */
export async function store(session: Session, name: string): Promise<void> {
  const offset = session.next.takeOffset();
  const announced = session.next.takeAnnounced();
  await transfer(session, "write", name, 0, async (activity, record, connect) => {
    if (!session.mayUpload) {
      throw refused(
        "ftp.readOnly",
        "uploads need a login with the FTP password",
        "Set an FTP password (BOOT_SERVERS_FTP_PASSWORD, in VS Code Set FTP Password…) and allow uploads (--uploads, setting bootServers.uploads).",
      );
    }
    // Other servers would overwrite in place; the first bytes are gone with ftp-srv (F14).
    if (offset > 0) throw refused("ftp.restart", "an upload starts at its first byte");
    const upload = await session.root.create(session.resolve(name), announced);
    try {
      record.started(upload.name, announced);
      const connected = await connect();
      await session.reply(150, "Ready for the data");
      const digest = await receiveFile(session, activity, record, { ...connected, upload, announced });
      await upload.commit();
      return { sums: digest };
    } finally {
      await upload.abort(); // Does nothing after the commit.
    }
  });
}

const refused = (code: string, message: string, remedy?: string): Failure =>
  new Failure(550, { code, message, ...(remedy === undefined ? {} : { remedy }) }, "refused");

interface Receiving extends Connected {
  readonly upload: Upload;
  readonly announced: number | undefined;
}

async function receiveFile(
  session: Session,
  activity: Activity,
  record: TransferRecord,
  { upload, announced, socket, watch, past }: Receiving,
): Promise<Sums> {
  const digest = new Checksums();
  const lines = session.ascii ? fromNetworkLines() : undefined;
  let received = 0;
  const take = past(async (chunk) => {
    if (chunk.length === 0) return;
    await upload.write(chunk);
    digest.update(chunk);
    received += chunk.length;
    record.begins();
    record.progress(received);
  });
  const stall = watch(() => received);
  try {
    for await (const chunk of incoming(socket, activity)) await take(lines?.push(chunk) ?? chunk);
    if (lines !== undefined) await take(lines.end());
    await assertComplete(session, activity, announced, received);
    return digest.result();
  } catch (error) {
    activity.abort(failureOf(error));
    throw error;
  } finally {
    stall.cancel();
  }
}

/**
 * In stream mode the end of the connection is the end of the file (RFC 959 §3.4.1), so a client that died looks
 * like one that is done. It is done only if its control connection lives, and if it kept to its ALLO.
 */
async function assertComplete(
  session: Session,
  activity: Activity,
  announced: number | undefined,
  received: number,
): Promise<void> {
  // A client that dies closes both connections: let the end of the other one arrive.
  await delay(session.context.clock, 0);
  activity.signal.throwIfAborted();
  if (session.isDeaf) {
    const message = "so many commands wait that the end of the control connection would not be seen";
    throw new Failure(426, {
      code: "ftp.flood",
      message,
      remedy: "Wait for the replies before more is sent.",
    });
  }
  if (announced !== undefined && !session.ascii && received < announced) {
    const message = `${received} bytes came, ALLO said ${announced}`;
    throw new Failure(426, { code: "ftp.short", message, remedy: "Send the file again." });
  }
}

/** What RETR and STOR have in common: the row, the data connection, and exactly one reply at the end. */
async function transfer(
  session: Session,
  direction: "read" | "write",
  name: string,
  offset: number,
  work: Work,
): Promise<void> {
  const channel = session.next.takeChannel();
  const { context } = session;
  const options = {
    ...(channel === undefined ? {} : { mode: channel.mode }),
    type: session.ascii ? "A" : "I",
    ...(offset === 0 ? {} : { offset }),
  };
  const record = new TransferRecord(
    context,
    session.peer,
    direction,
    session.resolve(name),
    options,
    session.ownRoot,
  );
  const faults = faultsFor(session);
  let reply: readonly [number, string] = [226, "Transfer complete"];
  await session.transferring(record.id, async (activity) => {
    try {
      assertNoFault(faults, record);
      const { sums } = await work(activity, record, async () => {
        if (channel === undefined) {
          throw new Failure(425, noChannel);
        }
        const socket = await channel.connect(activity.signal);
        const past = (carry: Carry): Carry =>
          faults === undefined ? carry : disturbedData(faults, context.clock, activity.signal, record, carry);
        return { socket, past, watch: (bytes) => watchTransfer(session, activity, record, socket, bytes) };
      });
      record.finished(sums);
    } catch (error) {
      const failure = failureOf(activity.signal.aborted ? activity.signal.reason : error);
      record.failed(failure, await nearestNames(session, name, error));
      reply = [failure.replyCode, replyText(failure)];
    } finally {
      channel?.close();
    }
  });
  const [code, text] = reply;
  // RFC 959 §4.2.2: 421 closes the control connection.
  if (code === 421) session.end({ code, text });
  else await session.reply(code, text);
}

function watchTransfer(
  session: Session,
  activity: Activity,
  record: TransferRecord,
  socket: Socket,
  bytes: () => number,
): Timer {
  const { clock } = session.context;
  const seconds = session.limits.ftpDataSeconds;
  return watchStall(clock, seconds * 1000, socket, {
    bytes,
    onChange: () => {
      record.moves();
    },
    onStill: () => {
      record.standsStill();
    },
    onStall: () => {
      const message = `nothing moved for ${seconds} s`;
      const remedy = `If the board is only slow, ${raiseLimit("ftpDataSeconds")}`;
      activity.abort(new Failure(426, { code: "ftp.stalled", message, remedy }));
    },
  });
}
