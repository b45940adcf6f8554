/**
 * The parts of a file that are in memory, for all who send it side by side: boards of one kind load one file, and what
 * one of them needs is read once for all that are near it.
 */

/** A part of a file. */
export interface Chunk {
  readonly position: number;
  readonly bytes: Uint8Array;
  /** Resolves when the bytes are there; rejects with what the reading threw. */
  readonly filled: Promise<void>;
}

const keyOf = (position: number, length: number): string => `${position} ${length}`;

export class SharedChunks {
  private readonly inUse = new Map<string, { readonly chunk: Chunk; users: number }>();
  /** Memory that nobody uses any more, for the next ones; there is none when nothing is in use. */
  private spare: Uint8Array[] = [];

  /**
   * The bytes from `position`, until they are left by `leave`.
   * @param read fills memory with them, where nobody has read them.
   */
  take(position: number, length: number, read: (into: Uint8Array) => Promise<void>): Chunk {
    const key = keyOf(position, length);
    let known = this.inUse.get(key);
    if (known === undefined) {
      const bytes = this.memory(length);
      known = { chunk: { position, bytes, filled: read(bytes) }, users: 0 };
      this.inUse.set(key, known);
    }
    known.users += 1;
    return known.chunk;
  }

  /** The last one who leaves a chunk leaves its memory to the next one. */
  leave({ position, bytes }: Chunk): void {
    const key = keyOf(position, bytes.length);
    const known = this.inUse.get(key);
    if (known === undefined) return;
    known.users -= 1;
    if (known.users > 0) return;
    this.inUse.delete(key);
    this.spare.push(bytes);
    // Peers choose the lengths: never more spare than used, however many they try beside one that holds on.
    while (this.spare.length > this.inUse.size) this.spare.shift();
  }

  private memory(length: number): Uint8Array {
    const index = this.spare.findIndex((bytes) => bytes.length === length);
    const [bytes = Buffer.allocUnsafeSlow(length)] = index < 0 ? [] : this.spare.splice(index, 1);
    return bytes;
  }
}
