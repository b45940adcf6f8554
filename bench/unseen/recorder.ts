/** In place of `engine/packets/recorder.ts`: no tap at all, so that a packet meets its server at once. */

import type * as original from "../../src/engine/packets/recorder";
import type { Endpoint } from "../../src/engine/udp";

type Original = Pick<original.Recorder, keyof original.Recorder>;

export class Recorder implements Original {
  udp(): never {
    // `openUdp` does without.
    return undefined as never;
  }

  tcp(): void {
    // It is not tapped.
  }

  readonly looks = false;

  readonly tapsWhole = (): boolean => false;

  here(local: Endpoint): Endpoint {
    return local;
  }

  captureOf(): Uint8Array {
    return new Uint8Array(0);
  }

  remark(): void {
    // Nothing is kept that it could be said of.
  }

  record(): void {
    // Nobody tells of a packet.
  }
}

export const commenter: typeof original.commenter = () => () => undefined;
