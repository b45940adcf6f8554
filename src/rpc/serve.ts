/** The program's end of the pipe: an engine that is asked over two streams. */

import type { Readable, Writable } from "node:stream";
import { createMessageConnection, ResponseError, StreamMessageWriter } from "vscode-jsonrpc/node";
import type { Engine } from "../model/api";
import type { Fix, Row, StepRow } from "../model/events";
import type { Problem } from "../model/plan";
import type { Wanted } from "../model/settings";
import type { Verifier } from "../model/verification";
import { errorMessage } from "../model/text";
import * as wire from "./wire";

/** Rows that a reader who does not read may leave behind; then the oldest are lost. */
const mostUnread = 10_000;

/** JSON-RPC 2.0 §5.1: codes from -32000 to -32099 are the server's own. */
const engineFailed = -32000;

export interface ServeOptions {
  /** Of a drain; absent: it lasts as long as its transfers. */
  readonly lingerSeconds?: number;
  /** Is to be done before anything is read for a request. `wanted`: that of a `configure`. */
  readonly prepare?: (wanted?: Wanted) => Promise<void>;
}

export interface Pipe {
  /** Resolves when the other end has gone; the engine runs on, its rows go nowhere. Verifications are ended. */
  readonly closed: Promise<void>;
  /** Resolves when every change that was asked for so far is answered, and the other end can read that. */
  answered(): Promise<void>;
}

/** Serves an engine and a verifier to whoever is at the other end. */
export function serveEngine(
  engine: Engine,
  verifier: Verifier,
  input: Readable,
  output: Writable,
  { lingerSeconds, prepare = () => Promise.resolve() }: ServeOptions = {},
): Pipe {
  const connection = createMessageConnection(wire.readerOf(input), new StreamMessageWriter(output));
  const sink = new RowSink<Row>((rows) => connection.sendNotification(wire.rows, { rows }));
  const stopRows = engine.onRow((row) => {
    sink.add(row);
  });
  /** The answer to a request comes after the rows that led to it. */
  const answer = async <T>(work: Promise<T>, told: Pick<RowSink<Row>, "flushed"> = sink): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw responseError(error);
    } finally {
      await told.flushed();
    }
  };
  const changes = new Set<Promise<unknown>>();
  const done = (work: Promise<void>): Promise<null> => {
    // JSON knows no undefined.
    const change = answer(work.then(() => null));
    const forget = (): void => void changes.delete(change);
    changes.add(change);
    change.then(forget, forget);
    return change;
  };
  connection.onRequest(wire.configure, (wanted) =>
    done(prepare(wanted).then(() => engine.configure(wanted))),
  );
  connection.onRequest(wire.drain, () => done(engine.drain(lingerSeconds)));
  connection.onRequest(wire.stopNow, () => done(engine.stopNow()));
  connection.onRequest(wire.networks, () => answer(prepare().then(() => engine.networks())));
  connection.onRequest(wire.check, (wanted) => answer(prepare().then(() => engine.check(wanted))));
  connection.onRequest(wire.everyBoard, (wanted) => answer(prepare().then(() => engine.everyBoard(wanted))));
  connection.onRequest(wire.packets, ({ clientId }) =>
    answer(engine.packets(clientId).then((bytes) => Buffer.from(bytes).toString("base64"))),
  );
  connection.onNotification(wire.cancelTransfer, ({ id }) => {
    engine.cancelTransfer(id);
  });
  connection.onNotification(wire.restartSequence, ({ clientId }) => {
    engine.restartSequence(clientId);
  });
  connection.onRequest(wire.outline, (request) => answer(prepare().then(() => verifier.outline(request))));
  const running = new Set<() => void>();
  connection.onRequest(wire.verify, async ({ run, request }, token) => {
    await prepare();
    const steps = new RowSink<StepRow>((rows) => connection.sendNotification(wire.steps, { run, rows }));
    const verification = verifier.verify(request, (row) => {
      steps.add(row);
    });
    const cancel = (): void => {
      verification.cancel();
    };
    running.add(cancel);
    const cancellation = token.onCancellationRequested(cancel);
    try {
      return await answer(verification.report, steps);
    } finally {
      running.delete(cancel);
      cancellation.dispose();
    }
  });
  const closed = new Promise<void>((resolve) => {
    connection.onClose(() => {
      for (const cancel of running) cancel();
      stopRows();
      resolve();
    });
  });
  connection.listen();
  return {
    closed,
    async answered() {
      await Promise.allSettled(changes);
      // Messages are written in their order: what comes after the last answer is written after it.
      await connection.sendNotification(wire.rows, { rows: [] }).catch(() => undefined);
    },
  };
}

/**
 * Rows on their way. What comes while the last batch is still being written waits, and of one id only the latest
 * row does: it says all there is to know, so a reader that is slow costs no memory.
 */
class RowSink<R extends { readonly type: string; readonly id: string }> {
  private readonly unread = new Map<string, R>();
  private writing: Promise<void> | undefined;

  constructor(private readonly send: (rows: readonly R[]) => Promise<void>) {}

  add(row: R): void {
    const key = `${row.type} ${row.id}`;
    this.unread.delete(key);
    this.unread.set(key, row);
    for (const oldest of this.unread.keys()) {
      if (this.unread.size <= mostUnread) break;
      this.unread.delete(oldest);
    }
    this.writing ??= this.write();
  }

  /** Resolves when all rows so far are written, or nobody can read them any more. */
  flushed(): Promise<void> {
    return this.writing ?? Promise.resolve();
  }

  private async write(): Promise<void> {
    try {
      // The rows of one turn of the loop are one message.
      await Promise.resolve();
      while (this.unread.size > 0) {
        const rows = [...this.unread.values()];
        this.unread.clear();
        await this.send(rows);
      }
    } catch {
      // The other end has gone; `onClose` says so, and boards are served to their end without it.
      this.unread.clear();
    } finally {
      this.writing = undefined;
    }
  }
}

/** An error of the engine as a response: its code, its remedy, and the problems of a plan go with it. */
function responseError(error: unknown): ResponseError<wire.Failure> {
  const message = errorMessage(error);
  const { code, remedy, fixes, problems } = error as {
    code?: unknown;
    remedy?: unknown;
    fixes?: readonly Fix[];
    problems?: readonly Problem[];
  };
  return new ResponseError(engineFailed, message, {
    trouble: {
      code: typeof code === "string" ? code : "engine.failed",
      message,
      ...(typeof remedy === "string" && { remedy }),
      ...(Array.isArray(fixes) && { fixes }),
    },
    ...(Array.isArray(problems) && { problems }),
  });
}
