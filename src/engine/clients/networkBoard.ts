/** A board on the real network: the three clients as one `BoardIo`. */

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Clock } from "../clock";
import { EngineError } from "../errors";
import type { Tap } from "../packets/tap";
import type { BoardIo } from "./boardIo";
import { openBootp, type BootpTiming } from "./bootpClient";
import { openFtp } from "./ftpClient";
import { fetchTftp } from "./tftpClient";

/** The address of a host that option 66 named (RFC 2132 §9.4). @throws EngineError `tftp.unreachable` and the like. */
async function resolved<Target extends { readonly host: string }>(
  target: Target,
  protocol: "tftp" | "ftp",
): Promise<Target> {
  if (isIP(target.host) !== 0) return target;
  try {
    return { ...target, host: (await lookup(target.host)).address };
  } catch (error) {
    throw new EngineError(
      {
        code: `${protocol}.unreachable`,
        message: `no address is known for ${target.host}`,
        remedy: "Let the server answer with its address in siaddr.",
      },
      { cause: error },
    );
  }
}

/**
 * @param timing how long a board waits for BOOTP, where a test may not wait as long as a board.
 * @param tap is told each packet that the board sends and gets.
 */
export function networkBoard(clock: Clock, timing: Partial<BootpTiming> = {}, tap?: Tap): BoardIo {
  const tapped = tap && { tap };
  return {
    openBootp: (options) => openBootp(clock, { ...options, ...tapped }, timing),
    fetchTftp: async (target, file, sink, signal) =>
      fetchTftp(clock, { ...(await resolved(target, "tftp")), ...tapped }, file, sink, signal),
    openFtp: async (target, signal) =>
      openFtp(clock, { ...(await resolved(target, "ftp")), ...tapped }, signal),
  };
}
