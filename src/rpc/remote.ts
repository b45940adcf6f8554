/** The extension's end of the pipe: an `Engine` and a `Verifier` that run in another process. Its rows are kept by who listens. */

import type { Readable, Writable } from "node:stream";
import {
  CancellationTokenSource,
  createMessageConnection,
  ResponseError,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import type { Engine } from "../model/api";
import type { Row, StepRow } from "../model/events";
import type { Verifier } from "../model/verification";
import { RemoteError } from "./remoteError";
import * as wire from "./wire";

export interface RemoteEngine extends Omit<Engine, "snapshot">, Verifier {
  /** Resolves when the other end has gone. Requests that are open then are rejected with `engine.gone`. */
  readonly closed: Promise<void>;
  /** Listens no more; the streams are the caller's. */
  dispose(): void;
}

const garbled = ({ message }: Error): wire.Failure => ({
  trouble: {
    code: "engine.garbled",
    message: `what the servers' process wrote to stdout is not its protocol: ${message}`,
    remedy: "A wrapper (bootServers.launch) must write nothing there.",
  },
});

const gone: wire.Failure = { trouble: { code: "engine.gone", message: "the servers' process has ended" } };

/**
 * Talks to `serveEngine` at the other end.
 * @param input what the other end writes; @param output what it reads.
 */
export function connectEngine(input: Readable, output: Writable): RemoteEngine {
  const reader = wire.readerOf(input);
  const connection = createMessageConnection(reader, new StreamMessageWriter(output));
  const listeners = new Set<(row: Row) => void>();
  connection.onNotification(wire.rows, ({ rows }) => {
    for (const row of rows) for (const listener of listeners) listener(row);
  });
  /** What listens to the steps of each verification, by its number. */
  const runs = new Map<number, (row: StepRow) => void>();
  let lastRun = 0;
  connection.onNotification(wire.steps, ({ run, rows }) => {
    for (const row of rows) runs.get(run)?.(row);
  });
  const closed = new Promise<void>((resolve) => {
    connection.onClose(() => {
      resolve();
    });
    connection.onDispose(() => {
      resolve();
    });
  });
  // A connection that closes leaves its open requests without an answer.
  const lost = Promise.race([
    closed.then(() => gone),
    // Nothing can be read after it: the reader has lost its place.
    new Promise<wire.Failure>((resolve) => {
      reader.onError((error) => {
        resolve(garbled(error));
      });
    }),
  ]).then((failure) => Promise.reject(new RemoteError(failure)));
  lost.catch(() => undefined); // Whoever asks sees it.
  const ask = async <T>(request: () => Promise<T>): Promise<T> => {
    try {
      return await Promise.race([request(), lost]);
    } catch (error) {
      if (error instanceof RemoteError) throw error;
      const failure = error instanceof ResponseError ? (error.data as wire.Failure | undefined) : undefined;
      throw new RemoteError(failure ?? gone, { cause: error });
    }
  };
  const tell = (send: () => Promise<void>): void => {
    // `closed` tells that the other end has gone.
    void ask(send).catch(() => undefined);
  };
  connection.listen();
  return {
    closed,
    async configure(wanted) {
      await ask(() => connection.sendRequest(wire.configure, wanted));
    },
    async drain() {
      await ask(() => connection.sendRequest(wire.drain));
    },
    async stopNow() {
      await ask(() => connection.sendRequest(wire.stopNow));
    },
    networks: () => ask(() => connection.sendRequest(wire.networks)),
    check: (wanted) => ask(() => connection.sendRequest(wire.check, wanted)),
    everyBoard: (wanted) => ask(() => connection.sendRequest(wire.everyBoard, wanted)),
    packets: async (clientId) =>
      Buffer.from(await ask(() => connection.sendRequest(wire.packets, { clientId })), "base64"),
    cancelTransfer: (id) => {
      tell(() => connection.sendNotification(wire.cancelTransfer, { id }));
    },
    restartSequence: (clientId) => {
      tell(() => connection.sendNotification(wire.restartSequence, { clientId }));
    },
    outline: (request) => ask(() => connection.sendRequest(wire.outline, request)),
    verify(request, onStep) {
      const run = (lastRun += 1);
      runs.set(run, onStep);
      const source = new CancellationTokenSource();
      const report = ask(() => connection.sendRequest(wire.verify, { run, request }, source.token));
      return {
        report: report.finally(() => runs.delete(run)),
        cancel: () => {
          source.cancel();
        },
      };
    },
    onRow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    dispose: () => {
      connection.dispose();
    },
  };
}
