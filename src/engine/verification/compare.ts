/**
 * Compares a file with the workspace's while it streams in: hash, size, first difference. Memory holds one
 * read-ahead buffer, whatever the file's size.
 */

import { createHash, type Hash } from "node:crypto";
import {
  buildIt,
  describeChecksum,
  judgeFile,
  type Checksum,
  type Comparison,
  type Judgement,
} from "../../model/verdict";
import type { Trouble } from "../../model/events";
import { manifestLimits } from "../../model/manifest";
import { normalizeName } from "../../model/names";
import { formatSize } from "../../model/text";
import { systemClock, type Clock } from "../clock";
import { EngineError } from "../errors";
import { Expectations } from "./expectations";
import type { Receiver, Reception } from "./reception";
import { Refusal, type OpenedFile, type ServedRoot } from "../servedRoot/servedRoot";

const readAheadBytes = 256 * 1024;
/** Beyond the end of the workspace's file a longer one is followed this far, then it is cut off: it may be endless. */
const mostBeyond = 2 ** 20;
/** So much is taken of a file that the workspace does not have: it fails in any case, and may be endless too. */
const mostUnknown = 64 * 2 ** 20;
/** So long it is followed where nothing is expected any more: at a crawl those limits are hours away. */
const beyondMs = 60_000;

/** The workspace's file, read in step with what comes. */
class OwnFile {
  private readonly buffer: Uint8Array;
  private start = 0;
  private filled = 0;

  constructor(readonly file: OpenedFile) {
    // One byte more than a small file has: a file that grew is seen to.
    this.buffer = new Uint8Array(Math.min(readAheadBytes, file.size + 1));
  }

  /** The next bytes from `offset`, at least one and `atMost` at most; empty at the end. A view until the next call. */
  at(offset: number, atMost: number): Uint8Array | Promise<Uint8Array> {
    if (offset >= this.start && offset < this.start + this.filled) return this.view(offset, atMost);
    return this.fill(offset).then(() => this.view(offset, atMost));
  }

  private view(offset: number, atMost: number): Uint8Array {
    const from = offset - this.start;
    return this.buffer.subarray(from, Math.min(this.filled, from + atMost));
  }

  private async fill(offset: number): Promise<void> {
    this.start = offset;
    this.filled = 0;
    this.filled = await this.file.read(this.buffer, offset);
  }
}

/** Two streams of bytes side by side: one hash as long as they are the same, two from the first difference on. */
class Comparer {
  private readonly fetchedHash = createHash("sha256");
  private ownHash: Hash | undefined;
  private position = 0;
  private firstDifference: number | undefined;

  constructor(private readonly own: OwnFile | undefined) {}

  get bytes(): number {
    return this.position;
  }

  /** Nearly every chunk is compared at once; where the buffer ends, the disk is waited for. */
  add(chunk: Uint8Array): Promise<void> | undefined {
    const own = this.own?.at(this.position, chunk.length);
    if (own instanceof Uint8Array && own.length === chunk.length) {
      this.compare(chunk, own);
      return undefined;
    }
    return this.addSlowly(chunk, own);
  }

  /** @param coming what was asked of the disk: asked for again, the late one would be read over what comes after it. */
  private async addSlowly(
    chunk: Uint8Array,
    coming: Uint8Array | Promise<Uint8Array> | undefined,
  ): Promise<void> {
    let rest = chunk;
    for (let next = coming; next !== undefined; next = this.own?.at(this.position, rest.length)) {
      const own = await next;
      if (own.length === 0) {
        if (rest.length > 0) this.partAt(this.position);
        break;
      }
      this.compare(rest.subarray(0, own.length), own);
      rest = rest.subarray(own.length);
      if (rest.length === 0) return;
    }
    this.fetchedHash.update(rest);
    this.position += rest.length;
  }

  /** Reads the workspace's file to its end. */
  async end(): Promise<Comparison> {
    const fetched = this.position;
    if (this.own === undefined) {
      return { fetched: this.checksum(fetched), own: undefined, firstDifference: undefined };
    }
    let size = fetched;
    if (fetched < this.own.file.size) this.partAt(fetched);
    else size = this.own.file.size;
    for (let offset = fetched; offset < this.own.file.size;) {
      const own = await this.own.at(offset, readAheadBytes);
      if (own.length === 0) break;
      this.ownHash?.update(own);
      offset += own.length;
      size = offset;
    }
    const checksum = this.checksum(fetched);
    return {
      fetched: checksum,
      own: { size, sha256: this.ownHash?.digest("hex") ?? checksum.sha256 },
      firstDifference: this.firstDifference,
    };
  }

  private compare(fetched: Uint8Array, own: Uint8Array): void {
    if (this.firstDifference === undefined && Buffer.compare(fetched, own) !== 0) {
      const at = fetched.findIndex((byte, index) => byte !== own[index]);
      this.partAt(this.position + at);
    }
    this.fetchedHash.update(fetched);
    this.ownHash?.update(own);
    this.position += fetched.length;
  }

  /** From here on they are not the same. The hash so far is that of both only up to `position`. */
  private partAt(offset: number): void {
    this.firstDifference ??= offset;
    this.ownHash ??= this.fetchedHash.copy();
  }

  private checksum(size: number): Checksum {
    return { size, sha256: this.fetchedHash.digest("hex") };
  }
}

/** Opens a file of the served root; undefined: there is none. @throws Refusal for a name that may not be. */
export async function openIfThere(root: ServedRoot, file: string): Promise<OpenedFile | undefined> {
  try {
    return await root.open(file);
  } catch (error) {
    if (error instanceof Refusal && error.kind === "missing") return undefined;
    throw error;
  }
}

const ownChanged: Trouble = {
  code: "workspace.changed",
  message: "the file here changed while it was compared",
  remedy: "Run again once it is built.",
};

/**
 * Compares what comes with one open file, or only measures it. Closes the file at the end.
 * @param most bytes that may come, until it is cut off.
 */
export function comparison(
  opened: OpenedFile | undefined,
  most: number,
  judge: (compared: Comparison) => Judgement,
  clock: Pick<Clock, "now"> = systemClock,
): Reception {
  const comparer = new Comparer(opened && new OwnFile(opened));
  const expected = opened?.size ?? 0;
  let beyondSince: number | undefined;
  return {
    ...(opened !== undefined && { size: opened.size }),
    sink: (chunk) => {
      const bytes = comparer.bytes + chunk.length;
      if (bytes > most) throw opened === undefined ? unknownTooLarge(most) : endless(opened.size, most);
      if (bytes > expected) {
        beyondSince ??= clock.now();
        if (clock.now() - beyondSince > beyondMs)
          throw opened === undefined ? unknownTooSlow() : endless(opened.size, most);
      }
      return comparer.add(chunk);
    },
    async finish() {
      try {
        const compared = await comparer.end();
        await opened?.assertUnchanged().catch((error: unknown) => {
          throw new EngineError(ownChanged, { cause: error });
        });
        return judge(compared);
      } finally {
        await opened?.close();
      }
    },
    async abort(cancelled) {
      try {
        if (cancelled) return {};
        const got = `${comparer.bytes} bytes, then it broke off`;
        if (opened === undefined) return { got };
        const { own } = await comparer.end();
        return { got, ...(own !== undefined && { expected: describeChecksum(own) }) };
      } finally {
        await opened?.close();
      }
    },
  };
}

/** What is said of a file that is cut off since it is larger than anything that is expected. */
export const tooLarge = (message: string, remedy: string): EngineError =>
  new EngineError({ code: "file.tooLarge", message, remedy });

const unknownTooLarge = (most: number): EngineError =>
  tooLarge(`the workspace has no such file, and more than ${formatSize(most)} came`, buildIt);

const unknownTooSlow = (): EngineError =>
  tooLarge(`the workspace has no such file, and after ${beyondMs / 1000} s it was still coming`, buildIt);

const endless = (size: number, most: number): EngineError => {
  if (size > most)
    return tooLarge(`more than ${formatSize(most)} came`, "Look at what the target has there.");
  return new EngineError({
    code: "file.long",
    message: `it goes on and on after the ${size} bytes of the workspace's file`,
    remedy: "Copy the file to the target again: another, longer one is there.",
  });
};

/**
 * Compares what comes with the files behind `root`.
 * @param sums what SHA256SUMS says, by name in the served root.
 */
export function compareWith(
  root: ServedRoot,
  sums: ReadonlyMap<string, string>,
  clock: Pick<Clock, "now"> = systemClock,
): Receiver {
  const expectations = new Expectations();
  for (const [file, sha256] of sums) expectations.add(file, { source: "SHA256SUMS", sha256 });
  return {
    async receive(file) {
      const opened = await openIfThere(root, file);
      // An alias is judged by the file behind it, and by what is said of the alias itself.
      const names = new Set([normalizeName(file), ...(opened === undefined ? [] : [opened.name])]);
      const judge = (compared: Comparison): Judgement =>
        judgeFile(
          compared,
          [...names].flatMap((name) => expectations.of(name)),
        );
      return comparison(opened, opened === undefined ? mostUnknown : opened.size + mostBeyond, judge, clock);
    },
    expect: expectations.add,
    ownText: (file) => readText(root, file, manifestLimits.bytes + 1).catch(unlessRefused),
  };
}

/** For what is as good as absent when the door does not let it in. */
export function unlessRefused(error: unknown): undefined {
  if (!(error instanceof Refusal)) throw error;
}

/** A text file of the served root, at most `most` bytes of it; undefined: there is none. @throws Refusal */
export async function readText(root: ServedRoot, file: string, most: number): Promise<string | undefined> {
  const opened = await openIfThere(root, file);
  if (opened === undefined) return undefined;
  try {
    const buffer = Buffer.alloc(Math.min(opened.size, most));
    let length = 0;
    while (length < buffer.length) {
      const read = await opened.read(buffer.subarray(length), length);
      if (read === 0) break;
      length += read;
    }
    return buffer.toString("utf8", 0, length);
  } finally {
    await opened.close();
  }
}
