/** Option negotiation (RFC 2347): what a server grants, and whether a client can live with what it was granted. */

import { MalformedPacket } from "../errors";
import { defaultBlksize, type Options, type Request } from "./packet";

/** What both sides go by. */
export interface Agreement {
  readonly blksize: number;
  readonly windowsize: number;
  /** The negotiated retransmission timeout; absent: adaptive. */
  readonly timeoutSeconds?: number;
  /** The transfer size in bytes that one side told the other (`tsize`). */
  readonly size?: number;
  /** What stands in the OACK; empty: there is none, and DATA 1 or ACK 0 comes at once (RFC 2347 §2). */
  readonly options: Options;
}

/** What the server is willing and able to grant. */
export interface Offer {
  readonly maxBlksize: number;
  readonly maxWindowsize: number;
  /** RRQ: size of the file in bytes. */
  readonly size?: number;
}

const minBlksize = 8;
const maxBlksize = 65464;
const maxWindowsize = 65535;
const maxTimeoutSeconds = 255;
/** Bytes in flight of one transfer: 512 transfers with the largest blocks and windows would not fit memory. */
const maxWindowBytes = 2 ** 20;
/** Below half of the block numbers: in a larger window one that comes late would pass for one ahead (T26). */
const maxWindowBlocks = 0x7fff;

/** Nothing negotiated (RFC 1350). */
export const plainAgreement: Agreement = { blksize: defaultBlksize, windowsize: 1, options: new Map() };

/** A decimal number without sign, blanks or anything else; more digits than a number holds are very large. */
function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The value granted: too small or not a number is as if not asked, too large becomes the largest (T22). */
function clamped(text: string | undefined, min: number, max: number): number | undefined {
  const value = decimal(text);
  return value === undefined || value < min ? undefined : Math.min(value, max);
}

/** What the server answers to a request. Only requested options are granted, and none larger than asked. */
export function negotiate(request: Request, offer: Offer): Agreement {
  const asked = request.options;
  const blksize = clamped(asked.get("blksize"), minBlksize, Math.min(offer.maxBlksize, maxBlksize));
  const windowBlocks = Math.min(Math.floor(maxWindowBytes / (blksize ?? defaultBlksize)), maxWindowBlocks);
  const windowsize = clamped(asked.get("windowsize"), 1, Math.min(offer.maxWindowsize, windowBlocks));
  // The answer must equal the request (RFC 2349), so a value out of range cannot be clamped.
  const timeout = clamped(asked.get("timeout"), 1, Infinity);
  const timeoutSeconds = timeout !== undefined && timeout <= maxTimeoutSeconds ? timeout : undefined;
  const size = grantedSize(request, offer);
  const granted: Record<string, number | undefined> = {
    blksize,
    windowsize,
    timeout: timeoutSeconds,
    tsize: size,
  };
  const options = new Map<string, string>();
  for (const name of asked.keys()) {
    const value = Object.hasOwn(granted, name) ? granted[name] : undefined;
    if (value !== undefined) options.set(name, String(value));
  }
  return {
    blksize: blksize ?? defaultBlksize,
    windowsize: windowsize ?? 1,
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(size === undefined ? {} : { size }),
    options,
  };
}

function grantedSize(request: Request, offer: Offer): number | undefined {
  const asked = clamped(request.options.get("tsize"), 0, Number.MAX_SAFE_INTEGER);
  if (asked === undefined || request.op === "WRQ") return asked;
  // How long a file is in netascii nobody knows before it was read (T20).
  return request.mode === "octet" ? offer.size : undefined;
}

/** The size that a WRQ announces, in bytes; undefined where it does not. Of `netascii` it is no size of the file. */
export function announcedSize(request: Request): number | undefined {
  return request.mode === "octet"
    ? clamped(request.options.get("tsize"), 0, Number.MAX_SAFE_INTEGER)
    : undefined;
}

/** The size that the server tells: any that a number holds exactly, for `tsize=0` only asks (RFC 2349). */
function toldSize(oack: Options): number | undefined {
  const text = oack.get("tsize");
  if (text === undefined) return undefined;
  const value = decimal(text);
  if (value === undefined) throw new MalformedPacket(`tsize=${text} is no size`);
  if (value > Number.MAX_SAFE_INTEGER) throw new MalformedPacket(`tsize=${text} is too large for a file`);
  return value;
}

/**
 * What an OACK makes of the options that were asked for.
 * @throws MalformedPacket where the client has to refuse it by ERROR 8 (RFC 2347 §2): an option that was not
 * asked for, a value that is none, or one larger than asked (curl's CVE-2019-5482 began like that).
 */
export function checkOack(asked: Options, oack: Options): Agreement {
  const read = (name: string, min: number, max: number): number | undefined => {
    const text = oack.get(name);
    if (text === undefined) return undefined;
    const value = decimal(text);
    if (value === undefined || value < min || value > max) {
      throw new MalformedPacket(`${name}=${text} was not asked for (${name}=${asked.get(name) ?? ""} was)`);
    }
    return value;
  };
  for (const name of oack.keys()) {
    if (!asked.has(name)) throw new MalformedPacket(`the option ${name} was not asked for`);
  }
  const limit = (name: string, most: number): number => Math.min(decimal(asked.get(name)) ?? 0, most);
  const blksize = read("blksize", minBlksize, limit("blksize", maxBlksize));
  const windowsize = read("windowsize", 1, limit("windowsize", maxWindowsize));
  const timeout = limit("timeout", maxTimeoutSeconds);
  const timeoutSeconds = read("timeout", timeout, timeout);
  const size = toldSize(oack);
  return {
    blksize: blksize ?? defaultBlksize,
    windowsize: windowsize ?? 1,
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(size === undefined ? {} : { size }),
    options: oack,
  };
}
