/** How a TFTP transfer that ended is told: to the peer as an ERROR, to people as a state and a sentence. */

import type { Trouble, TransferRow, TransferState } from "../../model/events";
import { raiseLimit } from "../../model/settings";
import { formatSize, printable } from "../../model/text";
import { isOptional, profiles, type Profile, type ProfileName } from "../../protocol/bootp/profiles";
import { describeError } from "../../protocol/tftp/describe";
import { errorCode } from "../../protocol/tftp/packet";
import type { TransferEnd } from "../../protocol/tftp/patience";
import type { FileEnd } from "../bootLog/fileLines";
import { plainTrouble } from "../errors";
import type { Refusal } from "../servedRoot/refusal";

/** How a transfer of the server ended: as its machine says, or by the door or a person. */
export type ServedEnd =
  | TransferEnd
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "cancelled"; readonly trouble: Trouble; readonly silent: boolean };

/** The ERROR code for what the door said (T35). */
function refusalCode({ kind, code }: Refusal): number {
  switch (kind) {
    case "missing":
      return errorCode.notFound;
    case "forbidden":
      return errorCode.accessViolation;
    case "exists":
      return errorCode.alreadyExists;
    case "full":
      return errorCode.diskFull;
    case "busy":
      // Another upload has the name: as good as there (T40). Else the system is busy.
      return code.startsWith("upload.") ? errorCode.alreadyExists : errorCode.undefined;
    case "changed":
      return errorCode.undefined;
  }
}

/** The ERROR that the peer is to be sent; undefined: none, the peer knows or is gone. */
export function farewell(end: ServedEnd): { readonly code: number; readonly message: string } | undefined {
  switch (end.kind) {
    case "refused":
      return { code: refusalCode(end.refusal), message: end.refusal.message };
    case "cancelled":
      return end.silent ? undefined : { code: errorCode.undefined, message: end.trouble.message };
    default:
      return undefined;
  }
}

/** What the boot log tells of it: who broke off, and with which ERROR. */
export function lastPacketsOf(end: ServedEnd): FileEnd {
  const sent = end.kind === "violation" ? { code: violationCode(end), message: end.message } : farewell(end);
  return {
    ...(end.kind === "peerError" && { heard: end.error }),
    sent: sent && describeError(sent),
    silent: end.kind === "timeout",
  };
}

const violationCode = ({ code }: { readonly code: "size" | "malformed" }): number =>
  code === "malformed" ? errorCode.illegalOperation : errorCode.undefined;

/** State and reason for the last row. `began`: packets were exchanged, so that it failed and was not refused. */
export function verdictOf(
  end: ServedEnd,
  row: Pick<TransferRow, "direction" | "bytes" | "size">,
  giveUpSeconds: number,
  began: boolean,
): { readonly state: TransferState; readonly trouble?: Trouble } {
  switch (end.kind) {
    case "complete":
      return { state: "finished" };
    case "cancelled":
      return { state: "cancelled", trouble: plainTrouble(end.trouble) };
    case "refused":
      return { state: began ? "failed" : "refused", trouble: plainTrouble(end.refusal) };
    case "violation":
      return {
        state: "failed",
        trouble: { code: `tftp.${end.code}`, message: end.message, remedy: "Send it again." },
      };
    case "timeout":
      return { state: "failed", trouble: silence(end.answered, row, giveUpSeconds) };
    case "peerError": {
      const { code, message } = end.error;
      const text = `ERROR ${code} "${printable(message)}"`;
      // PXE ROMs and UEFI ask for tsize, and then break off on purpose.
      const isProbe = code === errorCode.undefined || code === errorCode.optionRefused;
      if (row.direction === "read" && end.early && isProbe) return { state: "probe" };
      return {
        state: "failed",
        trouble: {
          code: "tftp.peerError",
          message: `the client ended it ${progress(row)}: ${text}`,
          remedy: "Look at the board's console: it says why.",
        },
      };
    }
  }
}

/**
 * What is normal for a board of this kind, though of another one it would be a failure; undefined: nothing.
 * @param file the name that it asked for.
 */
export function normalEnd(
  name: ProfileName | undefined,
  end: ServedEnd,
  { direction, file }: Pick<TransferRow, "direction" | "file">,
): Pick<TransferRow, "normal" | "state"> | undefined {
  if (name === undefined || direction !== "read") return undefined;
  const { title: board, farewell: goodbye }: Profile = profiles[name];
  if (end.kind === "refused" && end.refusal.code === "file.missing" && isOptional(name, file))
    return { state: "refused", normal: { board, why: "asks for it and does without" } };
  const broken = end.kind === "peerError" && end.error.code === 0 && goodbye.test(end.error.message);
  // The ROM of an older one just goes away with the first block.
  if (broken || (end.kind === "timeout" && !end.answered))
    return { state: "probe", normal: { board, why: "looked only whether it is there" } };
  return undefined;
}

function progress({ bytes, size }: Pick<TransferRow, "bytes" | "size">): string {
  if (size === undefined || size === 0) return `after ${formatSize(bytes)}`;
  return `at ${Math.floor((100 * bytes) / size)} %`;
}

function silence(
  answered: boolean,
  row: Pick<TransferRow, "direction" | "bytes" | "size">,
  giveUpSeconds: number,
): Trouble {
  if (!answered) {
    return {
      code: "tftp.noAnswer",
      message: "the client never answered a packet",
      remedy: "Look for a firewall that lets port 69 through but not the port of the transfer.",
    };
  }
  return {
    code: "tftp.timeout",
    message: `the client stopped ${progress(row)}: nothing came from it for ${giveUpSeconds} s`,
    remedy: `If it is only slow, ${raiseLimit("giveUpSeconds")}`,
  };
}
