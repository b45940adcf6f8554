/** A board that asks the servers that run: over real sockets, with the clients of `verify`. */

import { Readable } from "node:stream";
import { networkBoard } from "../../src/engine/clients/networkBoard";
import type { BootpAnswer } from "../../src/engine/clients/boardIo";
import { systemClock } from "../../src/engine/clock";
export { sha256 } from "./files";
import { storeTftp } from "./storeTftp";

const host = "127.0.0.1";
const io = networkBoard(systemClock);

/** The bytes of a file, over TFTP. @param pause called after each piece with the bytes so far; holds the board back. */
export async function tftpRead(
  port: number,
  file: string,
  pause: (bytes: number) => Promise<void> | void = () => undefined,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  await io.fetchTftp({ host, port }, file, (chunk) => {
    chunks.push(chunk.slice());
    bytes += chunk.length;
    return pause(bytes);
  });
  return Buffer.concat(chunks);
}

/** Writes a file over TFTP. @throws when the server refuses it. */
export async function tftpStore(port: number, file: string, bytes: Uint8Array): Promise<void> {
  await storeTftp(systemClock, { host, port }, file, Readable.from([bytes]));
}

/** The bytes of a file, over FTP, in a session of its own. @param pause as for `tftpRead`. */
export async function ftpRead(
  port: number,
  file: string,
  pause: (bytes: number) => Promise<void> | void = () => undefined,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const session = await io.openFtp({ host, port });
  try {
    await session.fetch(file, (chunk) => {
      chunks.push(chunk.slice());
      bytes += chunk.length;
      return pause(bytes);
    });
  } finally {
    await session.close();
  }
  return Buffer.concat(chunks);
}

/** What BOOTP answers a board; undefined: silence. */
export async function askBootp(port: number, mac: string): Promise<BootpAnswer | undefined> {
  const asker = io.openBootp({
    way: "auto",
    target: host,
    port,
    mac,
    options: new Map(),
    release: false,
  });
  try {
    return await asker.ask();
  } finally {
    await asker.close();
  }
}
