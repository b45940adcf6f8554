/** TFTP packets in the field's words, for people. What a peer chose stands in it as it came. */

import type { ErrorPacket, Options, Request } from "./packet";

/** Characters of a text: a line stays one that can be read. */
const longest = 160;

const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text);

const describeOptions = (options: Options): string[] =>
  [...options].map(([name, value]) => cut(`${name} ${value}`));

/** `RRQ u-boot.bin octet blksize 1468 tsize 0`. */
export const describeRequest = ({ op, file, mode, options }: Request): string =>
  [op, cut(file), cut(mode), ...describeOptions(options)].join(" ");

/** `OACK blksize 1468 tsize 523240`; without options the transfer begins at once. */
export function describeAgreement({ op }: Pick<Request, "op">, options: Options): string {
  if (options.size > 0) return ["OACK", ...describeOptions(options)].join(" ");
  return op === "RRQ" ? "DATA 1" : "ACK 0";
}

/** `ERROR 1 "file not found"`. */
export const describeError = ({ code, message }: Pick<ErrorPacket, "code" | "message">): string =>
  `ERROR ${code} "${cut(message)}"`;
