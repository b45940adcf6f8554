/** Bytes over one data connection: with back-pressure, watched for standing still, and delivered or known lost. */

import type { Socket } from "node:net";
import type { Clock, Timer } from "../clock";
import { Failure } from "./replies";
import { unacknowledgedBytes } from "./sendQueue";

/** A running transfer. Whatever ends it early comes through `abort`; the first reason wins. */
export interface Activity {
  readonly signal: AbortSignal;
  abort(failure: Failure): void;
}

/**
 * How long a client may take to close its side once it has acknowledged everything. One that waits for the 226
 * before it closes gets the 226 then.
 */
const farewellMs = 5_000;

/** A FIN that is not acknowledged counts as one byte. */
const finByte = 1;

/** Resolves with `first`, or after `farewellMs`. */
async function soonOr(first: Promise<void>, clock: Clock): Promise<void> {
  let timer: Timer | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = clock.at(clock.now() + farewellMs, resolve);
  });
  await Promise.race([first, patience]);
  timer?.cancel();
}

const lost = (): Failure =>
  new Failure(426, {
    code: "ftp.dataLost",
    message: "the client closed the data connection",
    remedy: "Look at the board's console: it broke off.",
  });

/** Ends the socket with a reset when the activity ends early: a clean end would look like the end of the file. */
function tie(socket: Socket, activity: Activity): void {
  const reset = (): void => {
    socket.resetAndDestroy();
  };
  if (activity.signal.aborted) reset();
  else activity.signal.addEventListener("abort", reset, { once: true });
  socket.once("close", () => {
    activity.signal.removeEventListener("abort", reset);
  });
  socket.on("error", () => {
    activity.abort(lost());
  });
}

export interface Outgoing {
  /** Resolves when the system has taken the bytes; they must not change before. */
  write(chunk: Uint8Array): Promise<void>;
  /** Resolves when the client has everything. */
  finish(): Promise<void>;
}

/** A data connection that this server writes to. */
export function outgoing(socket: Socket, activity: Activity, clock: Clock): Outgoing {
  let ended = false;
  const closed = new Promise<void>((resolve) =>
    socket.once("close", () => {
      resolve();
    }),
  );
  tie(socket, activity);
  // A client that ends its side before it has everything has gone away (F1, F18).
  socket.on("end", () => {
    if (!ended) activity.abort(lost());
  });
  // Unread bytes would turn the close into a reset, which takes the last data with it.
  socket.resume();
  const settled = (start: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      activity.signal.throwIfAborted();
      start((error) => {
        if (error == null) resolve();
        else reject(error);
      });
    });
  return {
    write: (chunk) => settled((done) => socket.write(chunk, done)),
    async finish() {
      ended = true;
      await settled((done) => socket.end(done));
      // What is still on its way is waited for, however slowly it goes: `watchStall` ends it if it does not (P17).
      do await soonOr(closed, clock);
      while (!socket.destroyed && !activity.signal.aborted && (unacknowledgedBytes(socket) ?? 0) > finByte);
      activity.signal.throwIfAborted();
      socket.destroy();
    },
  };
}

/** The bytes that a client sends, to its end; ends with the activity's reason when that comes first. */
export async function* incoming(socket: Socket, activity: Activity): AsyncGenerator<Uint8Array> {
  tie(socket, activity);
  try {
    // The iterator leaves the socket alone: at the end of a half-open one it would report an ABORT_ERR.
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } finally {
    if (!activity.signal.aborted) socket.destroy();
  }
  activity.signal.throwIfAborted();
}

/**
 * Calls `onStall` once nothing moved for `limitMs`. Moving is a change of `bytes()`, or of what the peer has not
 * acknowledged, which is compared at the first look that finds nothing and at the end of the limit; `onChange` hears of
 * each look that found one, `onStill` of each other.
 */
export function watchStall(
  clock: Clock,
  limitMs: number,
  socket: Socket,
  observer: { bytes(): number; onChange(): void; onStill(): void; onStall(): void },
): Timer {
  const lookMs = Math.min(5_000, limitMs / 4);
  let bytes = observer.bytes();
  let queued: number | undefined;
  let movedAt = clock.now();
  const look = (): void => {
    const bytesNow = observer.bytes();
    const idleMs = clock.now() - movedAt;
    if (bytesNow !== bytes || (idleMs >= limitMs && queued !== unacknowledgedBytes(socket))) {
      bytes = bytesNow;
      queued = undefined;
      movedAt = clock.now();
      observer.onChange();
    } else if (idleMs >= limitMs) {
      observer.onStall();
      return;
    } else {
      queued ??= unacknowledgedBytes(socket);
      observer.onStill();
    }
    timer = clock.at(clock.now() + lookMs, look);
  };
  let timer = clock.at(clock.now() + lookMs, look);
  return {
    cancel: () => {
      timer.cancel();
    },
  };
}
