/** What boards do to a server in a lab over a day, one thing after the other; each is checked byte for byte. */

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { systemClock } from "../../src/engine/clock";
import { fetchTftp } from "../../src/engine/clients/tftpClient";
import { encodePacket } from "../../src/protocol/bootp/packet";
import { encodeAck } from "../../src/protocol/tftp/packet";
import { aRequest, dhcp } from "../support/bootp";
import { unlikeBytes } from "../support/files";
import { askBootp, ftpRead, tftpRead, tftpStore } from "../support/loopbackBoard";
import { openRawClient, requestFor } from "../support/tftp";

export const files: Readonly<Record<string, Uint8Array>> = {
  "u-boot.bin": unlikeBytes(700_001),
  "copy-files4.rc": Buffer.from("kernel: Image\n"),
  Image: unlikeBytes(2 ** 20),
};
export const plan = `{ "boot": ["u-boot.bin", "copy-files4.rc"], "tftp": ["Image"], "clients": [{ "mac": "52:54:00:12:34:56" }] }`;

/** The ports of the server under load. */
export type Ports = Readonly<Record<"bootp" | "tftp" | "ftp", number>>;
type Act = (ports: Ports, random: () => number) => Promise<void>;

const pick = (random: () => number): string => Object.keys(files)[Math.floor(random() * 3)] ?? "Image";
const assertFile = (name: string, bytes: Uint8Array): void => {
  const whole = files[name] ?? Uint8Array.of();
  if (Buffer.from(bytes).equals(whole)) return;
  const first = bytes.findIndex((byte, index) => byte !== whole[index]);
  throw new Error(
    `${name}: ${bytes.length} bytes instead of ${whole.length}, the first other one at ${first}`,
  );
};

/** How many ended well, and why the others did not. */
interface Crowd {
  readonly well: number;
  readonly reasons: readonly string[];
}

async function crowdOf(all: readonly Promise<void>[]): Promise<Crowd> {
  const ends = await Promise.allSettled(all);
  const reasons = ends.flatMap((end) => (end.status === "rejected" ? String(end.reason) : []));
  return { well: ends.length - reasons.length, reasons: [...new Set(reasons)] };
}
const anyMac = (random: () => number): string =>
  `02:00:00:${[0, 0, 0]
    .map(() =>
      Math.floor(random() * 256)
        .toString(16)
        .padStart(2, "0"),
    )
    .join(":")}`;

export const acts: Readonly<Record<string, Act>> = {
  "TFTP read": async ({ tftp }, random) => {
    const name = pick(random);
    assertFile(name, await tftpRead(tftp, name));
  },
  "TFTP write": ({ tftp }, random) =>
    tftpStore(
      tftp,
      `up-${Math.floor(random() * 1e9) % 1_000_003}.bin`,
      unlikeBytes(Math.floor(random() * 300_000)),
    ),
  "FTP read": async ({ ftp }, random) => {
    const name = pick(random);
    assertFile(name, await ftpRead(ftp, name));
  },
  "boot sequence": async ({ bootp, tftp }, random) => {
    const mac = anyMac(random);
    const answer = await askBootp(bootp, mac);
    assert.ok(answer, "BOOTP is silent to a new board");
    assertFile(answer.file, await tftpRead(tftp, answer.file));
  },
  "cut TFTP": async ({ tftp }, random) => {
    const client = await openRawClient();
    client.send(requestFor("RRQ", pick(random)), { address: "127.0.0.1", port: tftp });
    const { from } = await client.next();
    if (random() < 0.5) client.send(encodeAck(1), from);
    await client.close();
  },
  "cut FTP": async ({ ftp }, random) => {
    const socket = connect(ftp, "127.0.0.1");
    socket.on("error", () => undefined); // A reset is a way to end, too.
    await once(socket, "data");
    socket.write("USER anonymous\r\nPASS x\r\nEPSV\r\n".slice(0, Math.floor(random() * 34)));
    if (random() < 0.5) await once(socket, "data");
    socket.destroy();
  },
  strangers: async ({ bootp }, random) => {
    const socket = createSocket("udp4");
    for (let count = 0; count < 50; count += 1) {
      const fields = { mac: anyMac(random) };
      const packet = encodePacket(random() < 0.5 ? dhcp("DISCOVER", {}, fields) : aRequest(fields));
      await new Promise((resolve) => {
        socket.send(packet, bootp, "127.0.0.1", resolve);
      });
    }
    socket.close();
  },
};

/** 500 TFTP readers of 1 MiB, all begun at once. */
export function crowdOfTftp({ tftp }: Ports, readers: number): Promise<Crowd> {
  const all = Array.from({ length: readers }, async () => {
    const chunks: Uint8Array[] = [];
    const sink = (chunk: Uint8Array): void => void chunks.push(chunk.slice());
    const options = { blksize: 8192, windowsize: 4 };
    await fetchTftp(systemClock, { host: "127.0.0.1", port: tftp }, "Image", sink, undefined, options);
    assertFile("Image", Buffer.concat(chunks));
  });
  return crowdOf(all);
}

/** 100 FTP sessions with three files each, all at once. */
export function crowdOfFtp({ ftp }: Ports, sessions: number): Promise<Crowd> {
  const all = Array.from({ length: sessions }, async () => {
    for (const name of Object.keys(files)) assertFile(name, await ftpRead(ftp, name));
  });
  return crowdOf(all);
}
