/** Checks as the rooms beside this file write them. */

import type { Check, CheckState } from "../../model/checks";
import type { Trouble } from "../../model/events";

/** A check of that state: what it is about, a stable code, a sentence, and what to do. */
export function check(state: CheckState, about: string, trouble: Trouble): Check {
  return { type: "check", about, state, ...trouble };
}

/** What is in order. */
export const inOrder = (about: string, code: string, message: string): Check =>
  check("ok", about, { code, message });
