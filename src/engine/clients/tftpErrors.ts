/** What can go wrong for a TFTP client, in words for people. */

import { formatSize, printable } from "../../model/text";
import { errorCode, type ErrorPacket } from "../../protocol/tftp/packet";
import type { TransferEnd } from "../../protocol/tftp/patience";
import { EngineError } from "../errors";
import type { TftpTarget } from "./boardIo";
import { crawlBytes, stallMs } from "./crawl";

const remedies: Readonly<Record<number, string>> = {
  [errorCode.notFound]: "Look for the name on the server; upper and lower case count.",
  [errorCode.accessViolation]:
    "Let the server give this file away, or allow the address of this computer there.",
  [errorCode.diskFull]: "Make room on the server.",
  [errorCode.alreadyExists]: "Choose another name, or let the server overwrite files.",
};

/** The server's ERROR; its text is the peer's own and shown escaped. */
export function refusedError(file: string, { code, message }: ErrorPacket, bytes: number): EngineError {
  const when =
    bytes > 0 ? `ended "${printable(file)}" after ${formatSize(bytes)}` : `refused "${printable(file)}"`;
  const remedy = remedies[code];
  return new EngineError({
    code: "tftp.refused",
    message: `the server ${when}: ERROR ${code} "${printable(message)}"`,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

export function silentError({ host, port }: TftpTarget, file: string): EngineError {
  return new EngineError({
    code: "tftp.timeout",
    message: `no answer from TFTP ${host} port ${port} to the request for "${printable(file)}"`,
    remedy: "Check that the server runs, and that no firewall blocks UDP, replies from other ports included.",
  });
}

export function crawling(file: string): EngineError {
  return new EngineError({
    code: "tftp.timeout",
    message: `"${printable(file)}" crawls: less than ${formatSize(crawlBytes)} came in ${stallMs / 1000} s`,
    remedy: "Check the network and the server, then try again.",
  });
}

export function tooLarge(file: string, maxBytes: number): EngineError {
  return new EngineError({
    code: "tftp.tooLarge",
    message: `"${printable(file)}" is larger than ${formatSize(maxBytes)}`,
    remedy: "Raise the limit if a file of that size is expected.",
  });
}

export function malformed(message: string, cause?: unknown): EngineError {
  return new EngineError(
    {
      code: "tftp.malformed",
      message,
      remedy: "The server breaks the protocol: try another one, or report it.",
    },
    { cause },
  );
}

export function tooLongName(file: string, cause: unknown): EngineError {
  return new EngineError(
    {
      code: "tftp.name",
      message: `"${printable(file)}" cannot stand in a TFTP request`,
      remedy: "A request holds 512 bytes, and a name no NUL.",
    },
    { cause },
  );
}

/** Why a transfer that had begun did not complete. */
export function endError(
  end: Exclude<TransferEnd, { kind: "complete" }>,
  file: string,
  bytes: number,
  giveUpMs: number,
): EngineError {
  switch (end.kind) {
    case "peerError":
      return refusedError(file, end.error, bytes);
    case "timeout":
      return new EngineError({
        code: "tftp.timeout",
        message: `"${printable(file)}" stopped after ${formatSize(bytes)}: nothing new came for ${giveUpMs / 1000} s`,
        remedy: "Check the network and the server, then try again.",
      });
    case "violation":
      return end.code === "malformed"
        ? malformed(end.message)
        : new EngineError({
            code: "tftp.short",
            message: `"${printable(file)}": ${end.message}`,
            remedy: "The file changed on the server, or the server is wrong about its size: try again.",
          });
  }
}
