/** A program: `PORT FILE COUNT`. So many boards load a file over TFTP at once; prints the sum of what each has, a line each. */

import { createHash } from "node:crypto";
import { fetchTftp } from "../../src/engine/clients/tftpClient";
import { systemClock } from "../../src/engine/clock";

/** What a board on a network asks for; on loopback our client would ask for more. */
const options = { blksize: 1468, windowsize: 16 };

async function load(port: number, file: string): Promise<void> {
  const hash = createHash("sha256");
  const sink = (chunk: Uint8Array): void => void hash.update(chunk);
  await fetchTftp(systemClock, { host: "127.0.0.1", port }, file, sink, undefined, options);
  process.stdout.write(`${hash.digest("hex")}\n`);
}

const [port, file = "", count] = process.argv.slice(2);
for (let board = 0; board < Number(count); board += 1) void load(Number(port), file);
