/** The file of `--pcap`: where it may be, and who writes it. What is there can be read at any moment. */

import { write } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { isatty } from "node:tty";
import { promisify } from "node:util";
import { systemClock } from "../engine/clock";
import { EngineError, whyNotWritten } from "../engine/errors";
import type { CaptureSink } from "../engine/packets/recorder";
import { loadPlan } from "../engine/planFile";
import { equalBytes } from "../protocol/bytes";
import { magic } from "../protocol/capture/pcapng";
import { captureQueue } from "./captureQueue";
import { exitCodes } from "./exitCodes";
import { UsageError, type FlagValues } from "./flags";
import { formatError } from "./print";
import { stdoutToStderr } from "./stdio";

/** How `--pcap` calls stdout. */
const stdoutName = "-";
const stdoutFd = 1;

/** A command that can be captured. */
export interface Captured {
  /** Absolute path of the capture, or `-`. */
  readonly pcap?: string;
}

/** What `--pcap` says. @throws UsageError where stdout is not free for it. */
export function pcapOf({ pcap, json }: FlagValues): Captured {
  if (pcap === undefined) return {};
  if (pcap === stdoutName && json === true) throw new UsageError("--pcap - and --json both want stdout.");
  return { pcap: pcap === stdoutName ? pcap : resolve(pcap) };
}

/** What is served while the capture is written. */
export interface Served {
  readonly folder: string;
  readonly planFile?: string;
}

/**
 * Does the work with a capture, where one is wanted, and closes it at the end.
 * @returns the exit code.
 */
export async function capturing(
  pcap: string | undefined,
  served: Served,
  work: (capture?: CaptureSink) => Promise<number>,
): Promise<number> {
  if (pcap === undefined) return work();
  let file: WritableFile;
  try {
    file = await openCapture(pcap, served);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    process.stderr.write(formatError(error));
    return exitCodes.wrongUse;
  }
  const queue = captureQueue(systemClock, file.write, (error) => {
    // Boards are served on without it.
    process.stderr.write(`The capture ends here: ${whyNotWritten(error)}\n`);
  });
  try {
    return await work(queue);
  } finally {
    await queue.close();
    await file.close();
    if (queue.dropped > 0)
      process.stderr.write(
        `The capture lacks ${queue.dropped} packets: they could not be written in time.\n`,
      );
  }
}

interface WritableFile {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  close(): Promise<void>;
}

const writeSome = promisify(write);

/** All of the bytes, by threads: a reader of a pipe that is slow holds nothing else up. */
async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await writeSome(fd, bytes, at, bytes.length - at)).bytesWritten;
}

/** @throws EngineError `pcap.terminal`, `pcap.served`, `pcap.exists`, `pcap.unwritable`. */
async function openCapture(path: string, served: Served): Promise<WritableFile> {
  if (path === stdoutName) {
    if (isatty(stdoutFd)) {
      throw new EngineError({
        code: "pcap.terminal",
        message: "a capture cannot be shown on a terminal",
        remedy: "Pipe it into Wireshark: --pcap - | wireshark -k -i -",
      });
    }
    stdoutToStderr();
    return { write: (bytes) => writeAll(stdoutFd, bytes), close: () => Promise.resolve() };
  }
  await assertNotServed(path, served);
  try {
    await assertReplaceable(path);
    const file = await open(path, "w");
    return { write: (bytes) => writeAll(file.fd, bytes), close: () => file.close() };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError(
      {
        code: "pcap.unwritable",
        message: `"${basename(path)}" of --pcap cannot be written: ${whyNotWritten(error)}`,
        remedy: "Name a file in a folder that is there and may be written.",
      },
      { cause: error },
    );
  }
}

/** tcpdump and dumpcap replace whatever they are told; here that may be the firmware, so only a capture is replaced. */
async function assertReplaceable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  // A pipe or a device holds nothing that could be lost.
  if (found?.isFile() !== true) return;
  const file = await open(path, "r");
  try {
    const start = new Uint8Array(magic.length);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    if (bytesRead === 0 || equalBytes(start, magic)) return;
  } finally {
    await file.close();
  }
  throw new EngineError({
    code: "pcap.exists",
    message: `"${basename(path)}" of --pcap exists and is no capture, so it is not replaced`,
    remedy: "Name another one.",
  });
}

/** A board that fetches what is being written gets half of it, and a run that compares everything meets itself. */
async function assertNotServed(path: string, { folder, planFile }: Served): Promise<void> {
  const root = await loadPlan(folder, planFile).then(
    ({ plan }) => plan.root,
    () => ".", // Whoever serves it says what is wrong with it.
  );
  try {
    const place = join(await realpath(dirname(path)), basename(path));
    const steps = relative(await realpath(join(folder, root)), place).split(sep);
    // What begins with a dot is never served (DESIGN §6).
    if (isAbsolute(join(...steps)) || steps.some((step) => step.startsWith("."))) return;
  } catch {
    return; // A folder that is not there is told when it is opened.
  }
  throw new EngineError({
    code: "pcap.served",
    message: `"${basename(path)}" of --pcap lies in the served root: boards could fetch it half-written`,
    remedy: `Name a place outside of it, or what is never served: .${basename(path)}`,
  });
}
