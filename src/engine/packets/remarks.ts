/** What is known of a client's packets only after they are written into a capture: it is said of the next one. */

import type { SeenPacket } from "../../protocol/capture/seen";
import { Recent } from "../../protocol/recent";

interface Remark {
  readonly words: string;
  said: boolean;
}

/** Characters of a note to which nothing is added any more. */
const longest = 500;

/** A note with more said; the same is not said twice. */
export function noted(note: string | undefined, words: string): string {
  if (note === undefined) return words;
  if (note.length > longest || note.endsWith(words)) return note;
  return `${note}${note.endsWith(".") ? "" : ";"} ${words}`;
}

export class Remarks {
  private readonly waiting = new Recent<Remark>();

  /** @param keys by which the client's packets come, any of them. */
  add(keys: readonly string[], words: string): void {
    const waiting = keys.flatMap((key) => this.waiting.get(key) ?? []).filter(({ said }) => !said);
    const before = new Set(waiting);
    // They go on in this one, by whichever of the keys the next packet comes.
    for (const each of before) each.said = true;
    const said = [...before].map((each) => each.words).reduce<string | undefined>(noted, undefined);
    const remark = { words: noted(said, words), said: false };
    for (const key of keys) this.waiting.set(key, remark);
  }

  /** The packet with what waits to be said of those before it. */
  onto(key: string, packet: SeenPacket): SeenPacket {
    const remark = this.waiting.get(key);
    if (remark === undefined || remark.said) return packet;
    remark.said = true;
    return { ...packet, note: noted(packet.note, `before it: ${remark.words}`) };
  }
}
