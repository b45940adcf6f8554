/** The TFTP codec (RFC 1350 §5, RFC 2347). Numbers are big-endian, texts end with NUL. Knows no sockets. */

import { concat, decodeText, encodeText, readUint16, writeUint16 } from "../bytes";
import { MalformedPacket } from "../errors";

/** ERROR codes (RFC 1350 §5, RFC 2347 §4). */
export const errorCode = {
  undefined: 0,
  notFound: 1,
  accessViolation: 2,
  diskFull: 3,
  illegalOperation: 4,
  unknownTid: 5,
  alreadyExists: 6,
  noSuchUser: 7,
  optionRefused: 8,
} as const;

/** Option names in lower case, in the order of the packet. */
export type Options = ReadonlyMap<string, string>;

export interface Request {
  readonly op: "RRQ" | "WRQ";
  readonly file: string;
  /** Lower case: `octet`, `netascii`, or whatever the peer wrote. */
  readonly mode: string;
  readonly options: Options;
}

export interface DataPacket {
  readonly op: "DATA";
  /** 0–65535. */
  readonly block: number;
  /** A view of the packet's bytes. */
  readonly data: Uint8Array;
}

export interface ErrorPacket {
  readonly op: "ERROR";
  readonly code: number;
  readonly message: string;
}

export type Packet =
  | Request
  | DataPacket
  | { readonly op: "ACK"; readonly block: number }
  | ErrorPacket
  | { readonly op: "OACK"; readonly options: Options };

/** The longest request, and so the longest OACK that can answer one (RFC 2347 §2). */
const longestRequest = 512;
/** The block size where none was negotiated (RFC 1350 §2). */
export const defaultBlksize = 512;
/** Opcode and block number before the data. */
export const dataHeader = 4;

/** What a packet is: its first two bytes (RFC 1350 §5, RFC 2347 §3). */
export const opcodes = { RRQ: 1, WRQ: 2, DATA: 3, ACK: 4, ERROR: 5, OACK: 6 } as const;

/** The opcode alone, for who must know what a malformed packet wanted to be; undefined below two bytes. */
export function opcodeOf(bytes: Uint8Array): number | undefined {
  return bytes.length < 2 ? undefined : readUint16(bytes, 0);
}

/** True for RRQ and WRQ, well formed or not: only these may be answered on the listening port (T5). */
export function isRequest(bytes: Uint8Array): boolean {
  const opcode = opcodeOf(bytes);
  return opcode === opcodes.RRQ || opcode === opcodes.WRQ;
}

/** The packet; undefined for bytes that are none. */
export function packetOf(bytes: Uint8Array): Packet | undefined {
  try {
    return decodePacket(bytes);
  } catch (error) {
    if (error instanceof MalformedPacket) return undefined;
    throw error;
  }
}

/** @throws MalformedPacket, and nothing else, for bytes that are no TFTP packet. */
export function decodePacket(bytes: Uint8Array): Packet {
  switch (readUint16(bytes, 0)) {
    case opcodes.RRQ:
      return decodeRequest("RRQ", bytes);
    case opcodes.WRQ:
      return decodeRequest("WRQ", bytes);
    case opcodes.DATA:
      return { op: "DATA", block: readUint16(bytes, 2), data: bytes.subarray(dataHeader) };
    case opcodes.ACK:
      return { op: "ACK", block: readUint16(bytes, 2) };
    case opcodes.ERROR: {
      const text = bytes.subarray(4);
      const end = text.indexOf(0);
      // Some servers forget the NUL, or the text: the code is what counts.
      return {
        op: "ERROR",
        code: readUint16(bytes, 2),
        message: decodeText(end < 0 ? text : text.subarray(0, end)),
      };
    }
    case opcodes.OACK:
      return { op: "OACK", options: optionsOf(texts(bytes)) };
    default:
      throw new MalformedPacket(`opcode ${readUint16(bytes, 0)}`);
  }
}

/** The NUL-terminated texts after the opcode. */
function texts(bytes: Uint8Array): string[] {
  if (bytes.length > longestRequest) throw new MalformedPacket(`longer than ${longestRequest} bytes`);
  const found: string[] = [];
  for (let start = 2; start < bytes.length;) {
    const end = bytes.indexOf(0, start);
    if (end < 0) throw new MalformedPacket("not NUL-terminated");
    found.push(decodeText(bytes.subarray(start, end)));
    start = end + 1;
  }
  return found;
}

function decodeRequest(op: Request["op"], bytes: Uint8Array): Request {
  const [file, mode, ...rest] = texts(bytes);
  if (file === undefined || file === "") throw new MalformedPacket("no file name");
  if (mode === undefined) throw new MalformedPacket("no mode");
  // The mode is case-insensitive (RFC 1350 §5).
  return { op, file, mode: mode.toLowerCase(), options: optionsOf(rest) };
}

/**
 * Names are case-insensitive; of a name that comes twice the first counts (RFC 2347 §2 allows one only); a name
 * without a value is no option, and neither is the padding that some ROMs append.
 */
function optionsOf(names: readonly string[]): Options {
  const options = new Map<string, string>();
  for (let index = 0; index + 1 < names.length; index += 2) {
    const name = (names[index] ?? "").toLowerCase();
    if (name !== "" && !options.has(name)) options.set(name, names[index + 1] ?? "");
  }
  return options;
}

function encodeTexts(opcode: number, strings: readonly string[]): Uint8Array {
  const parts = strings.map(encodeText);
  if (parts.some((part) => part.includes(0))) throw new RangeError("a text with NUL in it");
  const bytes = concat(Uint8Array.of(0, opcode), ...parts.flatMap((part) => [part, Uint8Array.of(0)]));
  if (bytes.length > longestRequest) throw new RangeError(`longer than ${longestRequest} bytes`);
  return bytes;
}

/**
 * ```
 *  2 bytes     string   1 byte    string   1 byte    string   1 byte  string  1 byte
 *  -------------------------------------------------------------------------------
 *  | 1 or 2 |  file   |   0    |   mode   |   0    | option |   0   | value |   0  | …
 *  -------------------------------------------------------------------------------
 * ```
 * @throws RangeError for more than 512 bytes, or NUL in a text.
 */
export function encodeRequest(request: Request): Uint8Array {
  return encodeTexts(opcodes[request.op], [request.file, request.mode, ...[...request.options].flat()]);
}

/**
 * ```
 *  2 bytes   string   1 byte  string  1 byte
 *  ---------------------------------------
 *  |  6  |  option  |   0   | value |   0  | …
 *  ---------------------------------------
 * ```
 * @throws RangeError for more than 512 bytes, or NUL in a text.
 */
export function encodeOack(options: Options): Uint8Array {
  return encodeTexts(opcodes.OACK, [...options].flat());
}

/**
 * ```
 *  2 bytes   2 bytes   n bytes
 *  -----------------------------
 *  |  3  |   block   |   data   |
 *  -----------------------------
 * ```
 * The result is a copy; `block` is taken modulo 65536.
 */
export function encodeData(block: number, data: Uint8Array): Uint8Array {
  return writeData(new Uint8Array(dataHeader + data.length), block, data);
}

/** As `encodeData`, into memory that is there and long enough; returns the part that is the packet. */
export function writeData(into: Uint8Array, block: number, data: Uint8Array): Uint8Array {
  writeUint16(into, 0, opcodes.DATA);
  writeUint16(into, 2, block);
  into.set(data, dataHeader);
  const length = dataHeader + data.length;
  return length === into.length ? into : into.subarray(0, length);
}

/**
 * ```
 *  2 bytes   2 bytes
 *  -------------------
 *  |  4  |   block   |
 *  -------------------
 * ```
 */
export function encodeAck(block: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeUint16(bytes, 0, opcodes.ACK);
  writeUint16(bytes, 2, block);
  return bytes;
}

/** Bytes of text in an ERROR: it fits every client's buffer. */
const longestErrorText = 200;

/**
 * ```
 *  2 bytes   2 bytes    string   1 byte
 *  -------------------------------------
 *  |  5  |   code    |  message |   0   |
 *  -------------------------------------
 * ```
 * A long message is cut, and NUL in it becomes `?`: an ERROR can always be sent.
 */
export function encodeError(code: number, message: string): Uint8Array {
  const whole = encodeText(message.replaceAll("\0", "?"));
  let end = Math.min(whole.length, longestErrorText);
  // Never through the middle of a character.
  while (((whole[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  const text = whole.subarray(0, end);
  const bytes = new Uint8Array(dataHeader + text.length + 1);
  writeUint16(bytes, 0, opcodes.ERROR);
  writeUint16(bytes, 2, code);
  bytes.set(text, dataHeader);
  return bytes;
}
