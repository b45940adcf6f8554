/** In place of `engine/bootLog/bootLog.ts`: no boot log, so that nothing is written of what a board asks and gets. */

import type * as original from "../../src/engine/bootLog/bootLog";
import type { FileLines } from "../../src/engine/bootLog/fileLines";
import type { SessionLines } from "../../src/engine/bootLog/sessionLines";

/** What others may call of a class. */
type Public<T> = Pick<T, keyof T>;

const nothing = (): void => undefined;
const file: Public<FileLines> = {
  granted: nothing,
  heard: nothing,
  waits: nothing,
  answered: nothing,
  begins: nothing,
  stoodStill: nothing,
  ended: nothing,
};
const session: Public<SessionLines> = { began: nothing, replied: nothing };

export class BootLog implements Public<original.BootLog> {
  readonly asked = nothing;
  readonly settle = nothing;
  readonly forget = nothing;

  fileOf(): FileLines {
    return file as FileLines;
  }

  sessionOf(): SessionLines {
    return session as SessionLines;
  }
}
