/** What a front end may ask of the engine: the same in this process and over a pipe. */

import type { Check } from "./checks";
import type { Row } from "./events";
import type { EveryBoard } from "./everyBoard";
import type { NetworkInterface } from "./networks";
import type { Wanted } from "./settings";
import type { Snapshot } from "./snapshot";

export interface Engine {
  /**
   * Makes what runs equal to what is wanted. Resolves when each wanted server is running, waiting or failed.
   * @throws PlanError when the plan has errors: then nothing starts, and what ran goes on with the plan it had.
   */
  configure(wanted: Wanted): Promise<void>;
  /**
   * Closes the listening sockets at once; resolves when the last running transfer has ended.
   * @param lingerSeconds what runs then still is cut; absent: everything may take its time.
   */
  drain(lingerSeconds?: number): Promise<void>;
  /** Ends everything within a second. */
  stopNow(): Promise<void>;
  cancelTransfer(id: string): void;
  /** The client's next request gets the first file. */
  restartSequence(clientId: string): void;
  /** The interfaces of the computer that it runs on, loopback first; those without link or address too. */
  networks(): Promise<readonly NetworkInterface[]>;
  /** Looks at the computer that it runs on: what stands in the way of serving what is wanted. Changes nothing. */
  check(wanted: Wanted): Promise<readonly Check[]>;
  /**
   * Looks whether every board on the networks that are wanted to be served could be given an address; other DHCP
   * servers are asked for, so it takes some seconds. Changes nothing.
   */
  everyBoard(wanted: Wanted): Promise<EveryBoard>;
  /**
   * What is kept of a client's packets, as a pcapng file, empty where nothing is; from now on each of them is kept.
   * @param clientId that of its row, or an address.
   */
  packets(clientId: string): Promise<Uint8Array>;
  snapshot(): Snapshot;
  /** Calls back for each row; returns the function that ends it. */
  onRow(listener: (row: Row) => void): () => void;
}
