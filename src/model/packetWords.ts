/** What a captured packet is, in our words: its comment in Wireshark. And what of an FTP line nobody may read. */

import { decodePacket as decodeBootp, unspecified } from "../protocol/bootp/packet";
import type { SeenPacket } from "../protocol/capture/seen";
import { MalformedPacket } from "../protocol/errors";
import { decodePacket as decodeTftp } from "../protocol/tftp/packet";
import { printable } from "./text";

/** The comment of a packet; undefined: there is nothing to add to what a dissector says. */
export function packetComment(packet: SeenPacket, hint?: string): string | undefined {
  const words = [packet.kind === "datagram" ? describe(packet) : undefined, packet.note, hint];
  const said = words.filter((part) => part !== undefined);
  return said.length === 0 ? undefined : said.join("; ");
}

/** `2nd`, `3rd`, `11th`. */
export function ordinal(count: number): string {
  const tens = count % 100;
  const ending = tens > 10 && tens < 14 ? "th" : (["th", "st", "nd", "rd"][count % 10] ?? "th");
  return `${count}${ending}`;
}

function describe(packet: SeenPacket): string | undefined {
  try {
    return packet.protocol === "bootp" ? describeBootp(packet) : describeTftp(packet);
  } catch (error) {
    if (error instanceof MalformedPacket)
      return `no ${packet.protocol.toUpperCase()} packet: ${error.message}`;
    throw error;
  }
}

function describeBootp({ bytes, sent }: SeenPacket): string {
  const { yiaddr, file } = decodeBootp(bytes);
  if (!sent) return file === "" ? "the board asks" : `the board asks for "${printable(file)}"`;
  const given = [
    ...(yiaddr === unspecified ? [] : [`the address ${yiaddr}`]),
    ...(file === "" ? [] : [`the file "${printable(file)}"`]),
  ];
  return given.length === 0 ? "no address and no file is given" : `given: ${given.join(", ")}`;
}

function describeTftp({ bytes }: SeenPacket): string | undefined {
  const packet = decodeTftp(bytes);
  switch (packet.op) {
    case "RRQ":
      return `asks for "${printable(packet.file)}"`;
    case "WRQ":
      return `wants to write "${printable(packet.file)}"`;
    case "OACK":
      return `agreed: ${[...packet.options].map(([name, value]) => printable(`${name} ${value}`)).join(", ")}`;
    case "ERROR":
      return `ends it: ${printable(packet.message) || `error ${packet.code}`}`;
    case "DATA":
    case "ACK":
      return undefined;
  }
}

/** The ports by which dissectors know the protocols. */
const knownPorts = { bootp: [67, 68, 4011], tftp: [69], ftp: [21] } as const;
const dissectors = { bootp: "dhcp", tftp: "tftp", ftp: "ftp" } as const;

/** How Wireshark is told what a packet to or from this port is; undefined: it knows. */
export function decodeHint(protocol: SeenPacket["protocol"], port: number): string | undefined {
  // The ports of data connections are told on their control connection.
  if (protocol === "ftp-data") return undefined;
  if (knownPorts[protocol].some((known) => known === port)) return undefined;
  const transport = protocol === "ftp" ? "tcp" : "udp";
  return `Wireshark knows this port by "Decode As…": -d ${transport}.port==${port},${dissectors[protocol]}`;
}

const hidden = "********";
/** Wherever somebody who mistypes puts it: whatever begins with the verb, but for PASV. */
const secretVerb = /^(\W*(?:PASS|ACCT))(.*)$/is;
const userVerb = /^(\W*USER\s+)(.*)$/is;

/**
 * A line of a control connection as it may be kept: without a password, and without the name of a user that is not
 * among the known ones, for people type passwords there.
 */
export function withoutSecrets(line: string, users: readonly string[]): { line: string; note?: string } {
  const secret = secretVerb.exec(line.replace(/[^ -~]/g, ""));
  if (secret !== null) return { line: `${secret[1] ?? ""} ${hidden}`, note: "password removed" };
  const user = userVerb.exec(line);
  if (user === null || users.includes((user[2] ?? "").trim())) return { line };
  return { line: `${user[1] ?? ""}${hidden}`, note: "name of an unknown user removed" };
}
