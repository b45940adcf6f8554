/** What a fault profile does to FTP: the code instead of a transfer, and the data connection that is cut or stands still. */

import type { BoardFaults } from "../../model/faults/injection";
import { namesAt } from "../boardAt";
import { delay, type Clock } from "../clock";
import { Failure } from "./replies";
import type { Session } from "./session";
import type { TransferRecord } from "./transferRecord";

/** What happens to a session's transfers from now on; undefined: nothing. */
export const faultsFor = ({ context, peer }: Pick<Session, "context" | "peer">): BoardFaults | undefined =>
  context.situation().injection?.board(namesAt(context, peer.address));

const injected = (code: number, message: string): Failure =>
  new Failure(code, { code: "fault.injected", message: `${message} (injected by the fault profile)` });

/** @throws Failure where a profile answers the command instead. */
export function assertNoFault(faults: BoardFaults | undefined, record: TransferRecord): void {
  const code = faults?.reply();
  if (code === undefined) return;
  record.injected(`answered with ${code}`);
  throw injected(code, `answered with ${code}`);
}

export type Carry = (bytes: Uint8Array) => Promise<void>;

/** Carries the bytes of one data connection past what happens to it. */
export function disturbedData(
  faults: BoardFaults,
  clock: Clock,
  signal: AbortSignal,
  record: TransferRecord,
  carry: Carry,
): Carry {
  let passed = 0;
  return async (bytes) => {
    let rest = bytes;
    for (;;) {
      const fault = faults.within(passed, passed + rest.length);
      const part = fault === undefined ? rest : rest.subarray(0, fault.bytes - passed);
      await carry(part);
      passed += part.length;
      rest = rest.subarray(part.length);
      if (fault === undefined) return;
      record.injected(faults.happened(fault));
      if (fault.ms === undefined) throw injected(426, "the data connection was cut");
      await delay(clock, fault.ms, signal);
    }
  };
}
