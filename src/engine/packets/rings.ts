/** What is kept of each client's packets: the newest, within a fixed number of bytes. */

import type { SeenPacket } from "../../protocol/capture/seen";
import { noted } from "./remarks";

/** Bytes of one ring. A client has a few: by MAC and by address, what says something and, where somebody looks, the rest. */
const mostOfOne = 512 * 1024;
/** Bytes of all: the clients that were heard longest ago are forgotten first. */
const mostOfAll = 32 * 1024 * 1024;
const mostRings = 1_024;
/** What a packet takes beside its bytes. */
const overhead = 256;

const sizeOf = ({ bytes, note = "" }: SeenPacket): number => overhead + bytes.length + 2 * note.length;

class Ring {
  private packets: SeenPacket[] = [];
  /** Those before it are forgotten. */
  private first = 0;
  size = 0;

  /** @returns by how many bytes it grew. */
  add(packet: SeenPacket): number {
    const before = this.size;
    this.packets.push(packet);
    this.size += sizeOf(packet);
    while (this.size > mostOfOne) this.forgetFirst();
    // One move of what is left for many that are forgotten.
    if (this.first > 64 && this.first > this.packets.length / 2) {
      this.packets = this.packets.slice(this.first);
      this.first = 0;
    }
    return this.size - before;
  }

  get last(): SeenPacket | undefined {
    return this.packets.at(-1);
  }

  /** Its last packet is another one now. @returns by how many bytes it grew. */
  replaceLast(packet: SeenPacket): number {
    const before = this.size;
    this.size += sizeOf(packet) - sizeOf(this.packets.pop() as SeenPacket);
    this.packets.push(packet);
    return this.size - before;
  }

  get kept(): readonly SeenPacket[] {
    return this.packets.slice(this.first);
  }

  private forgetFirst(): void {
    this.size -= sizeOf(this.packets[this.first] as SeenPacket);
    this.first += 1;
  }
}

export class Rings {
  /** In the order in which they were heard last. */
  private readonly rings = new Map<string, Ring>();
  private size = 0;
  private lastKey: string | undefined;

  add(key: string, packet: SeenPacket): void {
    const ring = this.rings.get(key) ?? new Ring();
    if (this.lastKey !== key) {
      this.rings.delete(key);
      this.rings.set(key, ring);
      this.lastKey = key;
    }
    this.size += ring.add(packet);
    for (const [oldest, { size }] of this.rings) {
      if (this.size <= mostOfAll && this.rings.size <= mostRings) break;
      this.rings.delete(oldest);
      this.size -= size;
    }
  }

  /** Says more of the last packet of those keys. */
  remark(keys: readonly string[], words: string): void {
    let newest: Ring | undefined;
    for (const key of keys) {
      const ring = this.rings.get(key);
      if (ring !== undefined && (ring.last?.at ?? 0) >= (newest?.last?.at ?? 0)) newest = ring;
    }
    if (newest?.last === undefined) return;
    this.size += newest.replaceLast({ ...newest.last, note: noted(newest.last.note, words) });
  }

  /** The packets of those keys, in the order of their times. */
  of(keys: readonly string[]): readonly SeenPacket[] {
    const all = [...new Set(keys)].flatMap((key) => this.rings.get(key)?.kept ?? []);
    return all.sort((a, b) => a.at - b.at);
  }
}
