/** Cuts a stream of chunks into blocks, one chunk ahead, so that no wait stands between two blocks. */

const nothing = new Uint8Array(0);

export class Blocks {
  private current: Uint8Array = nothing;
  private offset = 0;
  private upcoming: Uint8Array | undefined;
  private reading: Promise<void> | undefined;
  private sourceEnded = false;
  private lastGiven = false;
  private stopped = false;

  /**
   * @param chunks each is used until the next but one is asked for: two buffers in turn are enough, as long as
   * `readOn` waits until the blocks are used.
   * @param ready called when `next` may have a block again.
   * @param failed called once, with what the source threw.
   */
  constructor(
    private readonly chunks: AsyncIterator<Uint8Array>,
    private readonly blksize: number,
    private readonly ready: () => void,
    private readonly failed: (error: unknown) => void,
  ) {
    this.readAhead();
  }

  /**
   * The next block, a view that holds until `readOn`; undefined: not read yet, or the last one (shorter than
   * `blksize`) was given.
   */
  next(): Uint8Array | undefined {
    if (this.lastGiven || this.stopped) return undefined;
    while (this.current.length - this.offset < this.blksize) {
      if (this.upcoming !== undefined) this.advance(this.upcoming);
      else if (this.sourceEnded) break;
      else return undefined;
    }
    const block = this.current.subarray(this.offset, this.offset + this.blksize);
    this.offset += block.length;
    if (block.length < this.blksize) this.lastGiven = true;
    return block;
  }

  /**
   * Every block so far has been used: what follows may be read over them. Not before: the disk writes at its own
   * time, also while blocks on both sides of a chunk's end are put into packets.
   */
  readOn(): void {
    if (this.upcoming === undefined) this.readAhead();
  }

  /** Gives no more blocks; resolves when the source is left alone and closed. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.reading;
    await this.chunks.return?.();
  }

  private advance(chunk: Uint8Array): void {
    const rest = this.current.subarray(this.offset);
    this.current = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    this.offset = 0;
    this.upcoming = undefined;
  }

  private readAhead(): void {
    if (this.reading !== undefined || this.sourceEnded || this.stopped) return;
    this.reading = this.chunks.next().then(
      (result) => {
        this.reading = undefined;
        if (result.done === true) this.sourceEnded = true;
        else this.upcoming = result.value;
        if (!this.stopped) this.ready();
      },
      (error: unknown) => {
        this.reading = undefined;
        if (this.stopped) return;
        this.stopped = true;
        this.failed(error);
      },
    );
  }
}
