/** What is refused before a transfer begins: from the listening port, so that a flood costs no sockets. */

import type { TransferRow, Trouble } from "../../model/events";
import { printable } from "../../model/text";
import { Recent } from "../../protocol/recent";
import { describeError, describeRequest } from "../../protocol/tftp/describe";
import { encodeError, errorCode, opcodeOf, opcodes, type Request } from "../../protocol/tftp/packet";
import { senderAt } from "../boardAt";
import { plainTrouble } from "../errors";
import type { OncePerSecond } from "../oncePerSecond";
import type { ServerContext } from "../server";
import type { Endpoint } from "../udp";
import type { Verdict } from "./admission";
import type { Listener } from "./listeners";

/** Why a request is refused. */
export interface RequestRefusal {
  /** Of the ERROR that the peer is sent. */
  readonly code: number;
  readonly trouble: Trouble;
  /** The peer is told at most once a second. */
  readonly quiet: boolean;
}

/** What the verdict on its sender, or else the request itself, has against it; undefined: nothing. */
export function refusalOf({ mode }: Request, verdict: Verdict): RequestRefusal | undefined {
  if (verdict.kind === "no") {
    const { trouble, quiet } = verdict;
    return {
      code: verdict.code === "access" ? errorCode.accessViolation : errorCode.undefined,
      trouble,
      quiet,
    };
  }
  const trouble = modeTrouble(mode);
  return trouble && { code: errorCode.illegalOperation, trouble, quiet: false };
}

function modeTrouble(mode: string): Trouble | undefined {
  if (mode === "octet" || mode === "netascii") return undefined;
  const code = "tftp.mode";
  const remedy = "Ask in octet or netascii.";
  // RFC 1123 §4.2.2.1: mail mode should not be supported.
  if (mode === "mail") return { code, message: "mail mode is not supported", remedy };
  return { code, message: `unknown mode "${printable(mode)}"`, remedy };
}

export class Refusals {
  /** The rows, so that a peer that keeps asking is one. */
  private readonly rows = new Recent<string>();

  constructor(
    private readonly context: ServerContext,
    private readonly errorTo: OncePerSecond,
  ) {}

  refuse(listener: Listener, request: Request, from: Endpoint, refusal: RequestRefusal): void {
    const { code, trouble, quiet } = refusal;
    if (quiet && !this.maySay(from)) return;
    listener.send(encodeError(code, trouble.message), from);
    const { bootLog, clock, journal } = this.context;
    const key = [from.address, request.op, request.file, trouble.code].join("\0");
    const id = this.rows.get(key) ?? journal.nextId("tftp");
    this.rows.set(key, id);
    const row: TransferRow = {
      type: "transfer",
      id,
      protocol: "tftp",
      direction: request.op === "RRQ" ? "read" : "write",
      file: request.file,
      address: from.address,
      port: from.port,
      localAddress: listener.local.address,
      state: "refused",
      bytes: 0,
      startedAt: clock.wallTime(),
      endedAt: clock.wallTime(),
      bytesPerSecond: 0,
      options: { mode: request.mode },
      retransmissions: 0,
      trouble: plainTrouble(trouble),
    };
    journal.report(row);
    const lines = bootLog.fileOf(senderAt(this.context, from.address), "tftp", id, describeRequest(request));
    lines.ended(row, { sent: describeError({ code, message: trouble.message }), silent: false });
  }

  /** An RRQ or WRQ that cannot be read. @param quiet the peer is told at most once a second. */
  refuseMalformed(
    listener: Listener,
    bytes: Uint8Array,
    from: Endpoint,
    message: string,
    quiet: boolean,
  ): void {
    if (quiet && !this.maySay(from)) return;
    listener.send(encodeError(errorCode.illegalOperation, `malformed request: ${message}`), from);
    const what = opcodeOf(bytes) === opcodes.RRQ ? "RRQ" : "WRQ";
    if (this.errorTo.allows(`malformed ${from.address}`)) {
      this.context.journal.log(
        "warning",
        `TFTP: malformed ${what} from ${from.address}: ${printable(message)}`,
      );
    }
  }

  private maySay({ address }: Endpoint): boolean {
    return this.errorTo.allows(`no ${address}`);
  }
}
