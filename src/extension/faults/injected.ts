/** What is injected until the servers stop or start anew: no setting, and kept nowhere. */

import type { Faults } from "../../model/faults/profile";
import type { Wanted } from "../../model/settings";

export class Injected {
  /** What to add to the settings. */
  wanted: Pick<Wanted, "faults"> = {};

  /** @param faults undefined: none any longer. */
  become(faults: Faults | undefined): void {
    this.wanted = faults === undefined ? {} : { faults };
  }

  /** Serves without any, and so does what follows a change of the settings meanwhile. */
  async endWith(serve: () => Promise<void>): Promise<void> {
    const before = this.wanted;
    const none = (this.wanted = {});
    try {
      await serve();
    } catch (error) {
      // What ran runs on as it was, unless others were injected meanwhile, or it was stopped.
      if (this.wanted === none) this.wanted = before;
      throw error;
    }
  }
}
