/** A board that asks the servers that run: over real sockets, with the clients of `verify`. */

import { networkBoard } from "../../src/engine/clients/networkBoard";
import type { BootpAnswer } from "../../src/engine/clients/boardIo";
import { systemClock } from "../../src/engine/clock";
export { sha256 } from "../support/files";

const host = "127.0.0.1";
const io = networkBoard(systemClock);

/** The bytes of a file, over TFTP. */
export async function tftpRead(port: number, file: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  await io.fetchTftp({ host, port }, file, (chunk) => void chunks.push(chunk.slice()));
  return Buffer.concat(chunks);
}

/** The bytes of a file, over FTP, in a session of its own. */
export async function ftpRead(port: number, file: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const session = await io.openFtp({ host, port });
  try {
    await session.fetch(file, (chunk) => void chunks.push(chunk.slice()));
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
