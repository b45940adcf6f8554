/** What the TFTP server and a thread that sends for it tell each other. Plain data; `id` is the transfer's. */

import type { Trouble } from "../../model/events";
import type { TransferEnd } from "../../protocol/tftp/patience";
import type { Sums } from "../checksums";
import type { LentFile } from "../servedRoot/contract";
import type { RefusalKind } from "../servedRoot/refusal";
import type { Endpoint } from "../udp";
import type { PortMemory } from "./ports";
import type { Sending } from "./sending";

/** A transfer that a thread is given. */
export interface ThreadTask {
  readonly id: string;
  readonly sending: Sending;
  readonly peer: Endpoint;
  readonly localAddress: string;
  readonly ports: PortMemory;
}

export type ToThread =
  | { readonly op: "begin"; readonly id: string; readonly task: ThreadTask; readonly file: LentFile }
  /** The peer sent its request again. */
  | { readonly op: "repeat"; readonly id: string }
  /** To be sent from the port of the transfer. */
  | { readonly op: "send"; readonly id: string; readonly packet: Uint8Array; readonly to: Endpoint }
  /** Leave file and port alone; answered by `closed`. */
  | { readonly op: "close"; readonly id: string };

/** How far it is. Threads have clocks of their own: a time is told as how long ago it was. */
export interface Standing {
  readonly bytes: number;
  readonly retransmissions: number;
  readonly flight?: number | undefined;
  readonly everAnswered: boolean;
  readonly position: number;
  /** Since the peer's last packet, where one came since it was told last. */
  readonly heardAgoMs?: number | undefined;
  readonly firstDataAgoMs?: number | undefined;
  readonly firstAckAgoMs?: number | undefined;
  readonly roundTripMs?: number | undefined;
}

export type FromThread =
  | { readonly op: "opened"; readonly id: string; readonly port: number }
  | { readonly op: "standing"; readonly id: string; readonly standing: Standing }
  | { readonly op: "silence"; readonly id: string }
  | { readonly op: "allSent"; readonly id: string }
  /** Somebody else than the peer sent this to the port. */
  | { readonly op: "foreign"; readonly id: string; readonly packet: Uint8Array; readonly from: Endpoint }
  | { readonly op: "ended"; readonly id: string; readonly end: TransferEnd; readonly sums: Sums | undefined }
  | { readonly op: "failed"; readonly id: string; readonly kind: RefusalKind; readonly trouble: Trouble }
  | { readonly op: "closed"; readonly id: string };
