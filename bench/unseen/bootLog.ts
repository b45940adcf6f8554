/** In place of `engine/bootLog/bootLog.ts`: no boot log, so that nothing is written of what a board asks and gets. */

import type * as original from "../../src/engine/bootLog/bootLog";

type Original = Pick<original.BootLog, keyof original.BootLog>;

const nothing = (): void => undefined;
const file = {
  granted: nothing,
  heard: nothing,
  waits: nothing,
  answered: nothing,
  stoodStill: nothing,
  ended: nothing,
};
const session = { began: nothing, replied: nothing };

export class BootLog implements Original {
  readonly asked = nothing;
  readonly settle = nothing;
  readonly forget = nothing;

  fileOf(): ReturnType<Original["fileOf"]> {
    return file as unknown as ReturnType<Original["fileOf"]>;
  }

  sessionOf(): ReturnType<Original["sessionOf"]> {
    return session as unknown as ReturnType<Original["sessionOf"]>;
  }
}
