/** What Wireshark's command line reads in a capture, and whether it is what our own codecs read there. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { decodePacket as decodeBootp } from "../../src/protocol/bootp/packet";
import { decodePacket as decodeTftp } from "../../src/protocol/tftp/packet";
import { thisHost } from "./ours";
import { readFrame, readPcapng, type ReadPacket } from "./pcapng";

const fields = [
  ...["_ws.col.Protocol", "eth.src", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst"],
  ...["udp.srcport", "udp.dstport", "udp.length", "udp.checksum"],
  ...["tftp.opcode", "tftp.block", "tftp.source_file", "tftp.destination_file", "dhcp.id", "dhcp.ip.your"],
  ...["ftp.request.command", "ftp.request.arg", "ftp.response.code", "frame.comment"],
] as const;

export type Dissected = Readonly<Record<(typeof fields)[number], string>>;

const checked = ["ip.check_checksum", "udp.check_checksum", "tcp.check_checksum"].flatMap((each) => [
  "-o",
  `${each}:TRUE`,
]);

/** What tshark reads. @param more flags. */
export async function dissect(file: string, more: readonly string[] = []): Promise<Dissected[]> {
  const wanted = fields.flatMap((field) => ["-e", field]);
  const { stdout } = await thisHost.run("tshark", ["-n", "-r", file, ...more, "-T", "fields", ...wanted]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map(
      (line) =>
        Object.fromEntries(line.split("\t").map((value, index) => [fields[index], value])) as Dissected,
    );
}

/**
 * Fails with what tshark finds wrong: malformed packets and experts' warnings, wrong checksums among them. Its expert
 * of TFTP warns of each ERROR and of each block that came again, whoever sends them.
 */
export async function assertNoWarning(file: string, more: readonly string[] = []): Promise<void> {
  const warning = 0x600000;
  const filter = `_ws.malformed || (_ws.expert.severity >= ${warning} && !tftp.opcode == 5)`;
  const flags = [...checked, ...more, "-Y", filter];
  const { stdout, stderr } = await thisHost.run("tshark", ["-n", "-r", file, ...flags]);
  // It says as whom it runs, and nothing else.
  assert.equal(stdout + stderr.replace(/^Running as user "root".*\n/m, ""), "");
}

/** Fails unless tshark reads each datagram as our own codecs do. @param more flags for tshark. @returns what it read. */
export async function assertReadAlike(file: string, more: readonly string[] = []): Promise<Dissected[]> {
  const { packets } = readPcapng(await readFile(file));
  const read = await dissect(file, more);
  assert.equal(read.length, packets.length);
  packets.forEach((packet, index) => {
    const wanted = readAsWeDo(packet);
    const told = Object.keys(wanted).map((field) => [field, read[index]?.[field as keyof Dissected]]);
    assert.deepEqual(Object.fromEntries(told), wanted, `packet ${index + 1}`);
  });
  return read;
}

/** An address as people write it (RFC 5952). */
const shortest = (address: string): string =>
  address.includes(":") ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;

/** The same of a packet as our own codecs read it; of TCP there is only the comment. */
function readAsWeDo(packet: ReadPacket): Partial<Dissected> {
  const { protocol, ports, from, to, payload } = readFrame(packet);
  const comment = { "frame.comment": packet.comment ?? "" };
  if (protocol !== "udp") return comment;
  const ip = from.includes(":") ? "ipv6" : "ip";
  const ends = {
    ...comment,
    ...{ [`${ip}.src`]: shortest(from), [`${ip}.dst`]: shortest(to) },
    ...{ "udp.srcport": `${ports[0]}`, "udp.dstport": `${ports[1]}` },
  };
  if (ports.some((port) => port === 67 || port === 68)) {
    const { xid, yiaddr } = decodeBootp(payload);
    return { ...ends, "dhcp.id": `0x${xid.toString(16).padStart(8, "0")}`, "dhcp.ip.your": yiaddr };
  }
  const tftp = decodeTftp(payload);
  return {
    ...ends,
    "tftp.opcode": `${["", "RRQ", "WRQ", "DATA", "ACK", "ERROR", "OACK"].indexOf(tftp.op)}`,
    ...("block" in tftp && { "tftp.block": `${tftp.block}` }),
    ...(tftp.op === "RRQ" && { "tftp.source_file": tftp.file }),
    ...(tftp.op === "WRQ" && { "tftp.destination_file": tftp.file }),
  };
}
