/** What the servers tell the boot log of one board. */

import type { Sender } from "../../src/engine/bootLog/bootLog";
import type { Question } from "../../src/engine/bootLog/clientLog";
import type { FileEnd } from "../../src/engine/bootLog/fileLines";
import type { TransferRow } from "../../src/model/events";
import { ended } from "./viewRows";

export const mac = "52:54:00:12:34:56";
export const address = "192.168.7.10";

export const board: Sender = { client: mac, address, restartMs: 300_000 };

export const aQuestion = (fields: Partial<Question> = {}): Question => ({
  type: "DISCOVER",
  xid: 0x3f2a0001,
  about: "U-Boot.armv8",
  answer: "OFFER 192.168.7.10 file u-boot.bin",
  answered: true,
  begins: true,
  subject: "U-Boot u-boot.bin",
  next: undefined,
  ...fields,
});

/** One that has ended: 1,000 bytes in a tenth of a second. */
export const aTransfer = (fields: Partial<TransferRow> = {}): TransferRow =>
  ended({ startedAt: 0, endedAt: 100, bytesPerSecond: 10_000, ...fields });

export const quietEnd: FileEnd = { sent: undefined, silent: true };
export const goodEnd: FileEnd = { sent: undefined, silent: false };
