/** What a run is made of: the boards that are played, and what they share. */

import type { Drop } from "../../model/plan";
import type { Ports } from "../../model/settings";
import type { BoardIo, BootpOptions, FtpTarget } from "../clients/boardIo";
import type { Clock } from "../clock";
import type { Receiver } from "./reception";
import type { Steps } from "./steps";

/** One board to play. */
export interface PlayedBoard {
  /** As the steps call it: a client's name or MAC, or "any board". */
  readonly name: string;
  readonly drop: Drop;
  /** True: answers are compared with the drop (verify); false: they are only followed (fetch). */
  readonly compare: boolean;
  /** What becomes of its files. */
  readonly receiver: Receiver;
  /** How to ask BOOTP; undefined: the plan says what it would have said. */
  readonly bootp?: BootpOptions;
  /** Why BOOTP cannot be asked although it should: its step is skipped. */
  readonly bootpObstacle?: string;
  /** The plan's `server`, which the answered one is compared with. */
  readonly server?: string;
  /** Where files come from when no answer tells. */
  readonly host: string;
  /** All files come from here whatever the answer says: our own loopback servers. */
  readonly filesFrom?: string;
  readonly ports: Ports;
  readonly localAddress?: string;
  readonly ftp: Pick<FtpTarget, "user" | "password">;
  /** A host that is told no password before an answer has named it: so far the plan alone does. */
  readonly unproven?: string;
  /** After a first question without an answer it is asked once more when so much time went by. */
  readonly silentMs: number;
}

/** What all boards of one run share. */
export interface Run {
  readonly io: BoardIo;
  readonly clock: Clock;
  readonly steps: Steps;
  readonly signal: AbortSignal;
  /** Hosts that left a file unanswered, by protocol and endpoint: what else is asked of them fails at once. */
  readonly unanswered: Set<string>;
  /** True once the run's very first BOOTP question was asked. */
  asked: boolean;
}
