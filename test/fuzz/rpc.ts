/** The pipe between two processes: messages of any shape to the program, and to the extension, among whole ones. */

import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import type { Engine } from "../../src/model/api";
import type { ReportRow, Row } from "../../src/model/events";
import { applyRow, newState, snapshotOf } from "../../src/model/snapshot";
import type { Outline, Verifier } from "../../src/model/verification";
import { decodeText } from "../../src/protocol/bytes";
import { connectEngine } from "../../src/rpc/remote";
import { serveEngine } from "../../src/rpc/serve";
import { corpus } from "./corpus";
import type { Target } from "./fuzz";
import { mutatedJson, oneOf } from "./mutations";

/** Does nothing, and is told of nothing. */
const idle: Engine & Verifier = {
  configure: () => Promise.resolve(),
  drain: () => Promise.resolve(),
  stopNow: () => Promise.resolve(),
  networks: () => Promise.resolve([]),
  check: () => Promise.resolve([]),
  everyBoard: () => Promise.resolve({ kind: "taken" }),
  cancelTransfer: () => undefined,
  restartSequence: () => undefined,
  packets: () => Promise.resolve(new Uint8Array(0)),
  snapshot: () => snapshotOf(newState()),
  onRow: () => () => undefined,
  outline: () => Promise.resolve({} as Outline),
  verify: () => ({ report: Promise.resolve({} as ReportRow), cancel: () => undefined }),
};

interface End {
  readonly input: PassThrough;
  readonly output: PassThrough;
  close(): Promise<void>;
}

function programEnd(): End {
  const [input, output] = [new PassThrough(), new PassThrough()];
  output.resume();
  const { closed } = serveEngine(idle, idle, input, output);
  return {
    input,
    output,
    close: async () => {
      input.destroy();
      await closed;
    },
  };
}

function extensionEnd(): End {
  const [input, output] = [new PassThrough(), new PassThrough()];
  output.resume();
  const remote = connectEngine(input, output);
  const state = newState();
  remote.onRow((row: Row) => {
    applyRow(state, row, 100);
  });
  return {
    input,
    output,
    close: () => {
      remote.dispose();
      return remote.closed;
    },
  };
}

const framed = (body: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A whole request, whose answer says that the program's end still reads. */
const liveness = framed(Buffer.from('{"jsonrpc":"2.0","id":"live","method":"networks"}'));

export function rpcTarget(): Target {
  let ends = [programEnd(), extensionEnd()];
  let count = 0;
  const renew = async (): Promise<void> => {
    for (const end of ends) await end.close();
    ends = [programEnd(), extensionEnd()];
  };
  return {
    name: "rpc",
    inputs: corpus("rpc"),
    words: [
      "Content-Length: ",
      "\r\n\r\n",
      '"method":"configure"',
      '"params":',
      '"id":',
      "null",
      "1e99",
      "[{}]",
      '"rows"',
    ],
    invent: (inputs, random) => {
      try {
        return Buffer.from(
          JSON.stringify(mutatedJson(JSON.parse(decodeText(oneOf(random, inputs))), random)),
        );
      } catch {
        return Buffer.from("null"); // The input was no JSON.
      }
    },
    async run(input, random) {
      count += 1;
      const raw = random() < 0.02;
      for (const { input: pipe } of ends) pipe.write(raw ? input : framed(input));
      // The pipe's own steps are microtasks and turns: a few messages share them.
      if (count % 16 === 0) await turn();
      // After bytes that are no message the reader has lost its place for good.
      if (raw) await renew();
      if (count % 1_000 === 0) await this.alive();
      return raw ? "raw" : "";
    },
    async alive() {
      const [program] = ends;
      assert.ok(program);
      let told = "";
      const listen = (chunk: Buffer): void => void (told += chunk.toString());
      program.output.on("data", listen);
      program.input.write(liveness);
      while (!told.includes('"live"')) await turn();
      program.output.off("data", listen);
    },
    close: renew,
  } as Target & { alive(): Promise<void> };
}
