/** What becomes of a file that a board fetches: compared (verify), or written into a folder (fetch). */

import type { Expectation, Judgement } from "../../model/verdict";
import type { Sink } from "../clients/boardIo";

/** One file on its way in. */
export interface Reception {
  /** Bytes that should come, where that is known beforehand. */
  readonly size?: number;
  readonly sink: Sink;
  /** All of it came: what is to be said of it. */
  finish(): Promise<Judgement>;
  /**
   * It broke off: nothing is kept. Resolves to what was expected, and what came until then.
   * @param cancelled true: nobody waits for that, only close.
   */
  abort(cancelled: boolean): Promise<Pick<Judgement, "expected" | "got">>;
}

export interface Receiver {
  /** Begins to receive. @throws Refusal for a name that the door does not let in. */
  receive(file: string): Promise<Reception>;
  /** From now on this file is expected to be so: what the manifest says. */
  expect(file: string, expectation: Expectation): void;
  /** The workspace's own text of a file, so that a lost manifest hides nothing; undefined: there is none. */
  ownText(file: string): Promise<string | undefined>;
}
