/**
 * Everything that goes over the pipe between the extension and the program, in one place for both ends.
 * JSON-RPC 2.0 with the base protocol's `Content-Length` headers (vscode-jsonrpc); parameters are objects.
 */

import type { Readable } from "node:stream";
import { NotificationType, RequestType, RequestType0, StreamMessageReader } from "vscode-jsonrpc/node";
import type { Check } from "../model/checks";
import type { EveryBoard } from "../model/everyBoard";
import type { ReportRow, Row, StepRow, Trouble } from "../model/events";
import type { NetworkInterface } from "../model/networks";
import type { Problem } from "../model/plan";
import type { Wanted } from "../model/settings";
import type { DropRequest, Outline, VerifyRequest } from "../model/verification";

/** The exit code of a program that could do what is wanted, were it started anew: it has given up root. */
export const startAgainExit = 4;

/** Why a request failed: what a person is told, and for a plan each problem with its place. */
export interface Failure {
  readonly trouble: Trouble;
  readonly problems?: readonly Problem[];
}

/** An `Engine` method each; see model/api.ts for what they mean. */
export const configure = new RequestType<Wanted, null, Failure>("configure");
export const drain = new RequestType0<null, Failure>("drain");
export const stopNow = new RequestType0<null, Failure>("stopNow");
export const networks = new RequestType0<readonly NetworkInterface[], Failure>("networks");
export const check = new RequestType<Wanted, readonly Check[], Failure>("check");
export const everyBoard = new RequestType<Wanted, EveryBoard, Failure>("everyBoard");
/** The bytes in base64: a ring and what is written of it are bounded (engine/packets/rings.ts). */
export const packets = new RequestType<{ readonly clientId: string }, string, Failure>("packets");
export const cancelTransfer = new NotificationType<{ readonly id: string }>("cancelTransfer");
export const restartSequence = new NotificationType<{ readonly clientId: string }>("restartSequence");

/** A `Verifier`'s; model/verification.ts says what they mean. `verify` is ended by cancelling the request. */
export const outline = new RequestType<DropRequest, Outline, Failure>("outline");
export const verify = new RequestType<Numbered & { readonly request: VerifyRequest }, ReportRow, Failure>(
  "verify",
);

/** Several may run at a time: each has a number, given by who asks. */
interface Numbered {
  readonly run: number;
}

/** From the program: steps of a run that are news. All come before its report. */
export const steps = new NotificationType<Numbered & { readonly rows: readonly StepRow[] }>("steps");

/** From the program: rows that are news, in their order. All that led to a response comes before it. */
export const rows = new NotificationType<{ readonly rows: readonly Row[] }>("rows");

/**
 * Reads messages. One that is cut off sets no timer: nobody waits for the news that it is not whole yet, and where the
 * other end has died it would keep this process alive for ever.
 */
export function readerOf(input: Readable): StreamMessageReader {
  const reader = new StreamMessageReader(input);
  reader.partialMessageTimeout = 0;
  return reader;
}
