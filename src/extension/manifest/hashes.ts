/**
 * The SHA-256 of files, each hashed once for its size and mtime, in a thread of its own and one after the other.
 * Knows nothing of VS Code.
 */

import { stat } from "node:fs/promises";
import type { Worker } from "node:worker_threads";
import type { Checksum } from "../../model/verdict";

/** What was hashed: another size or mtime is another file. */
interface Known {
  readonly checksum: Checksum;
  readonly mtimeMs: number;
}

/** A file that is to be hashed, and who waits for it. */
interface Job {
  readonly path: string;
  readonly waiting: Set<(sha256: string | undefined) => void>;
}

/** More are forgotten, the oldest first. */
const mostKnown = 20_000;

export class Hashes {
  private readonly known = new Map<string, Known>();
  /** In the order in which they were asked for; the first one is in work. */
  private readonly jobs = new Map<string, Job>();
  private worker: Worker | undefined;

  /** @param startWorker starts `sha256Worker.ts`. */
  constructor(private readonly startWorker: () => Worker) {}

  dispose(): void {
    for (const { path } of [...this.jobs.values()]) this.end(path, undefined);
    this.stopWorker();
  }

  /** What is known already of a file that is as it was; undefined: it must be hashed. */
  knownOf(path: string, size: number, mtimeMs: number): Checksum | undefined {
    const known = this.known.get(path);
    return known?.checksum.size === size && known.mtimeMs === mtimeMs ? known.checksum : undefined;
  }

  /**
   * The size and hash of a file. undefined: it cannot be read, it changed meanwhile, or the signal came.
   * @param path absolute. @param signal ends the work when nobody else waits for it.
   */
  async of(path: string, signal?: AbortSignal): Promise<Checksum | undefined> {
    const before = await stat(path).catch(() => undefined);
    if (before?.isFile() !== true || signal?.aborted === true) return undefined;
    const known = this.knownOf(path, before.size, before.mtimeMs);
    if (known !== undefined) return known;
    const sha256 = await this.wait(path, signal);
    const after = await stat(path).catch(() => undefined);
    if (sha256 === undefined || after?.size !== before.size || after.mtimeMs !== before.mtimeMs)
      return undefined;
    const checksum = { sha256, size: before.size };
    this.known.set(path, { checksum, mtimeMs: before.mtimeMs });
    for (const oldest of this.known.keys()) {
      if (this.known.size <= mostKnown) break;
      this.known.delete(oldest);
    }
    return checksum;
  }

  private wait(path: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    const job: Job = this.jobs.get(path) ?? { path, waiting: new Set() };
    const idle = this.jobs.size === 0;
    this.jobs.set(path, job);
    const waiting = new Promise<string | undefined>((resolve) => {
      const end = (sha256: string | undefined): void => {
        signal?.removeEventListener("abort", leave);
        resolve(sha256);
      };
      const leave = (): void => {
        job.waiting.delete(end);
        end(undefined);
        if (job.waiting.size === 0) this.giveUp(job);
      };
      job.waiting.add(end);
      signal?.addEventListener("abort", leave);
    });
    if (idle) this.next();
    return waiting;
  }

  /** Nobody waits for it any more. */
  private giveUp(job: Job): void {
    if (this.jobs.get(job.path) !== job) return;
    const inWork = this.jobs.keys().next().value === job.path;
    this.jobs.delete(job.path);
    if (!inWork) return;
    this.stopWorker();
    this.next();
  }

  private next(): void {
    const path = this.jobs.keys().next().value;
    if (path === undefined) this.stopWorker();
    else this.working().postMessage(path);
  }

  private end(path: string, sha256: string | undefined): void {
    const job = this.jobs.get(path);
    this.jobs.delete(path);
    for (const resolve of job?.waiting ?? []) resolve(sha256);
  }

  private working(): Worker {
    if (this.worker !== undefined) return this.worker;
    const worker = this.startWorker();
    this.worker = worker;
    const take = (sha256: string | undefined): void => {
      // What a thread says that was stopped is about a file that nobody waits for.
      const path = this.jobs.keys().next().value;
      if (this.worker !== worker || path === undefined) return;
      this.end(path, sha256);
      this.next();
    };
    worker.on("message", take);
    worker.on("error", () => {
      if (this.worker !== worker) return;
      this.worker = undefined;
      const path = this.jobs.keys().next().value;
      if (path !== undefined) this.end(path, undefined);
      this.next();
    });
    return worker;
  }

  private stopWorker(): void {
    const { worker } = this;
    this.worker = undefined;
    void worker?.terminate();
  }
}
