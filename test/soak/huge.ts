/**
 * `npm run soak:huge`: a file of 4 GiB and a byte, sparse, whole over TFTP and over FTP. With blocks of 65,464 bytes their
 * numbers begin again once, with blocks of 1,468 forty-five times.
 */

import "../support/noSurprises";
import { open } from "node:fs/promises";
import { fetchTftp } from "../../src/engine/clients/tftpClient";
import { networkBoard } from "../../src/engine/clients/networkBoard";
import { systemClock } from "../../src/engine/clock";
import { unlikeBytes } from "../support/files";
import { temporaryFolder } from "../support/temporaryFolder";
import { startServer } from "./server";

const size = 2 ** 32 + 1;
const host = "127.0.0.1";
/** Where it is not zeros: around each place at which a number could have run out of bits. */
const marked = [0, 65_535 * 1_468, 2 ** 31 - 512, 65_535 * 65_464 - 512, 2 ** 32 - 512];
const mark = unlikeBytes(1_024);

async function writeHuge(path: string): Promise<void> {
  const file = await open(path, "w");
  for (const at of marked) await file.write(mark, 0, Math.min(mark.length, size - at), at);
  await file.truncate(size);
  await file.close();
}

/** What the file has from there on. */
function contentAt(at: number, length: number): Uint8Array {
  const bytes = Buffer.alloc(length);
  for (const from of marked) {
    const start = Math.max(from, at);
    const end = Math.min(from + mark.length, at + length);
    if (start < end) bytes.set(mark.subarray(start - from, end - from), start - at);
  }
  return bytes;
}

/** Takes the file, and tells afterwards what was wrong with it. */
class Comparison {
  private at = 0;
  private wrong: string | undefined;

  readonly take = (chunk: Uint8Array): void => {
    if (this.wrong === undefined && Buffer.compare(chunk, contentAt(this.at, chunk.length)) !== 0)
      this.wrong = `other bytes at ${this.at}`;
    this.at += chunk.length;
  };

  get verdict(): string {
    return this.wrong ?? (this.at === size ? "the same bytes" : `${this.at} bytes`);
  }
}

async function main(): Promise<void> {
  const folder = await temporaryFolder();
  await writeHuge(folder.at("huge.bin"));
  const { ports, end } = await startServer(folder.path);
  const overTftp = (blksize: number) => (sink: Comparison["take"]) =>
    fetchTftp(systemClock, { host, port: ports.tftp }, "huge.bin", sink, undefined, {
      blksize,
      windowsize: 16,
    });
  const overFtp = async (sink: Comparison["take"]): Promise<void> => {
    const session = await networkBoard(systemClock).openFtp({ host, port: ports.ftp });
    await session.fetch("huge.bin", sink);
    await session.close();
  };
  const ways: Readonly<Record<string, (sink: Comparison["take"]) => Promise<unknown>>> = {
    FTP: overFtp,
    "TFTP, 65,464 bytes a block": overTftp(65_464),
    "TFTP, 1,468 bytes a block": overTftp(1_468),
  };
  try {
    for (const [way, fetch] of Object.entries(ways)) {
      const startedAt = performance.now();
      const comparison = new Comparison();
      await fetch(comparison.take);
      const { verdict } = comparison;
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
      process.stdout.write(`${way}: ${verdict}, ${seconds} s\n`);
      if (verdict !== "the same bytes") process.exitCode = 1;
    }
  } finally {
    await end();
    await folder.remove();
  }
}

void main();
