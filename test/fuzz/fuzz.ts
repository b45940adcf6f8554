/** Feeds a target with inputs that nobody wrote, and counts: what it made of them, how long, in how much memory. */

import { megabytes, memoryNow } from "../support/memory";
import { seededRandom } from "../support/random";
import { lineOf } from "./corpus";
import { mutated, type Random } from "./mutations";

/** Something that reads what strangers wrote. */
export interface Target {
  readonly name: string;
  /** Inputs that it reads, or nearly. */
  readonly inputs: readonly Uint8Array[];
  /** Pieces of its language. */
  readonly words: readonly string[];
  /** Another way to make an input of what is there; it is used for every other one. */
  readonly invent?: (inputs: readonly Uint8Array[], random: Random) => Uint8Array;
  /** Reads one input. @returns what became of it, in few words. @throws what must not be thrown. */
  run(input: Uint8Array, random: Random): string | Promise<string>;
  close?(): void | Promise<void>;
}

export interface Figures {
  readonly name: string;
  readonly count: number;
  /** How many different things became of the inputs. */
  readonly outcomes: number;
  /** The longest that one took, also when it was read again. */
  readonly slowestMs: number;
  readonly perSecond: number;
  /** From the tenth part on. */
  readonly heapGrown: number;
}

/** No input may keep the others waiting for longer, whatever is in it. */
const slowMs = 10;
/** The machine may have been busy: what is slow is slow each time. */
const repeats = 20;
const warmUp = 500;
const mostMemory = 20e6;
/** So many inputs that led somewhere new are remembered, to be changed further. */
const mostInputs = 1_000;

/** How long a reading takes, without what other processes take meanwhile. */
async function msOf(run: () => Promise<unknown>): Promise<number> {
  // What the collection of garbage, or a compiler, does in another thread comes to its end between two readings.
  await new Promise((resolve) => setImmediate(resolve));
  const [start, before] = [performance.now(), process.cpuUsage()];
  await run();
  const { user, system } = process.cpuUsage(before);
  return Math.min(performance.now() - start, (user + system) / 1_000);
}

/** @throws with the input as a line of the corpus: what it threw, or that it was slow, or that memory has grown. */
export async function fuzz(target: Target, count: number, seed: number): Promise<Figures> {
  const random = seededRandom(seed);
  const inputs = [...target.inputs];
  const outcomes = new Set<string>();
  const start = performance.now();
  let before = memoryNow();
  let slowestMs = 0;
  for (let number = 0; number < count; number += 1) {
    const input = next(target, inputs, number, random);
    const failed = (what: string, cause?: unknown): Error =>
      new Error(`${target.name}, seed ${seed}, input ${number}: ${what}\n${lineOf(input)}`, { cause });
    const run = async (): Promise<string> => {
      try {
        // The same again where it is read again: what becomes of the next ones must not go by the clock.
        return await target.run(input, seededRandom(seed + number));
      } catch (error) {
        throw failed(error instanceof Error ? (error.stack ?? error.message) : String(error), error);
      }
    };
    const begun = performance.now();
    const outcome = (await run()).replace(/\d+/g, "0").slice(0, 80);
    let ms = performance.now() - begun;
    // The first ones are read by code that is not compiled yet.
    if (number >= warmUp) {
      for (let again = 0; ms > slowMs && again < repeats; again += 1) ms = Math.min(ms, await msOf(run));
      if (ms > slowMs) throw failed(`${ms.toFixed(1)} ms, ${repeats + 1} times`);
      slowestMs = Math.max(slowestMs, ms);
    }
    if (!outcomes.has(outcome) && inputs.length < mostInputs) {
      outcomes.add(outcome);
      inputs.push(input);
    }
    if (number === Math.floor(count / 10)) before = memoryNow();
  }
  const seconds = (performance.now() - start) / 1000;
  const heapGrown = memoryNow().heap - before.heap;
  if (heapGrown > mostMemory) throw new Error(`${target.name}, seed ${seed}: heap ${megabytes(heapGrown)}`);
  const perSecond = Math.round(count / seconds);
  return { name: target.name, count, outcomes: outcomes.size, slowestMs, perSecond, heapGrown };
}

/** First the corpus as it is. */
function next(target: Target, inputs: readonly Uint8Array[], number: number, random: Random): Uint8Array {
  const first = target.inputs[number];
  if (first !== undefined) return first;
  if (target.invent !== undefined && random() < 0.5) return target.invent(inputs, random);
  return mutated(inputs, target.words, random);
}

/** Figures as a line for people. */
export function describeFigures({ name, count, outcomes, slowestMs, perSecond, heapGrown }: Figures): string {
  const slowest = `slowest ${slowestMs.toFixed(1)} ms`;
  return `${name}: ${count} inputs, ${outcomes} kinds of ends, ${slowest}, ${perSecond}/s, heap ${megabytes(heapGrown)}`;
}
