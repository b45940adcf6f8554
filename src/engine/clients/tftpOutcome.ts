/** How a transfer of the TFTP client ends: as its machine says, by its own side, or by the caller's signal. */

import { errorCode } from "../../protocol/tftp/packet";
import type { TransferEnd } from "../../protocol/tftp/patience";
import { EngineError } from "../errors";
import type { Conversation } from "./tftpConversation";
import { endError } from "./tftpErrors";

/** Callbacks of an exchange, and the promise that they settle. */
export interface Outcome {
  readonly promise: Promise<void>;
  readonly succeed: () => void;
  readonly ended: (end: TransferEnd) => void;
  readonly failed: (error: unknown) => void;
  /** Begins to listen to the signal; to be called once everything can be closed. */
  readonly heed: () => void;
}

/** @param close ends exchange and conversation. */
export function outcomeOf(
  conversation: Conversation,
  file: string,
  bytes: () => number,
  giveUpMs: number,
  signal: AbortSignal | undefined,
  close: () => void,
): Outcome {
  let resolved: () => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    resolved = resolve;
    fail = reject;
  });
  let done = false;
  const succeed = (): void => {
    done = true;
    resolved();
  };
  const finish = (): void => {
    signal?.removeEventListener("abort", abort);
    close();
  };
  const abort = (): void => {
    // While it only repeats its last ACK the file is whole, for both sides.
    if (!done) conversation.refuse(errorCode.undefined, "cancelled");
    finish();
    fail(signal?.reason);
  };
  return {
    promise,
    succeed,
    heed: () => {
      if (signal?.aborted === true) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    },
    ended: (end) => {
      finish();
      if (end.kind === "complete") succeed();
      else fail(endError(end, file, bytes(), giveUpMs));
    },
    failed: (error) => {
      if (error instanceof EngineError && error.code === "tftp.timeout") {
        conversation.refuse(errorCode.undefined, "too slow");
      } else {
        const code = error instanceof EngineError ? errorCode.diskFull : errorCode.undefined;
        conversation.refuse(code, "the client cannot take the file");
      }
      finish();
      fail(error);
    },
  };
}
