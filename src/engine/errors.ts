/** Errors that a person reads: what happened, to what, and what to do about it. */

import type { Fix, Trouble } from "../model/events";

/** `code` is stable (`port.inUse`, `root.missing`); `remedy` says what to do. The cause is kept. */
export class EngineError extends Error implements Trouble {
  override name = "EngineError";
  readonly code: string;
  readonly remedy?: string;
  readonly fixes?: readonly Fix[];

  constructor(trouble: Trouble, options?: ErrorOptions) {
    super(trouble.message, options);
    this.code = trouble.code;
    if (trouble.remedy !== undefined) this.remedy = trouble.remedy;
    if (trouble.fixes !== undefined) this.fixes = trouble.fixes;
  }
}

/** A trouble alone, without what else its object carries: it goes into rows, and to other threads. */
export function plainTrouble({ code, message, remedy }: Trouble): Trouble {
  return { code, message, ...(remedy !== undefined && { remedy }) };
}

/** The system's code of an error (`EADDRINUSE`), or undefined. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
