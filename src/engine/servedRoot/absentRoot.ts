/** The door while the served root is not there: not built yet, or cleaned away. It opens nothing. */

import { Refusal } from "./refusal";
import type { ServedRoot } from "./contract";

const absent = (): Promise<never> =>
  Promise.reject(
    new Refusal("missing", {
      code: "root.missing",
      message: "the served root is not there",
      remedy: 'Build it, or name another folder as "root" in the plan.',
    }),
  );

export const absentRoot: ServedRoot = {
  open: absent,
  create: absent,
  describe: absent,
  list: absent,
  // eslint-disable-next-line @typescript-eslint/require-await -- nothing is there to wait for
  async *walk() {
    yield* [];
  },
  nearest: () => Promise.resolve([]),
};
