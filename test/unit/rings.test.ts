import assert from "node:assert/strict";
import { Rings } from "../../src/engine/packets/rings";
import { seenPacket } from "../support/seenPacket";

const frame = (at: number) => seenPacket(new Uint8Array(1_400), { at });
const bytesOf = (rings: Rings, keys: readonly string[]): number =>
  rings.of(keys).reduce((sum, { bytes }) => sum + bytes.length, 0);

describe("what is kept of the packets of clients", () => {
  it("is the newest of each, within half a megabyte", () => {
    const rings = new Rings();
    for (let at = 0; at < 5_000; at += 1) rings.add("a", frame(at));
    const kept = rings.of(["a"]).map(({ at }) => at);
    assert.ok(kept.length > 250 && bytesOf(rings, ["a"]) <= 512 * 1024, `${kept.length} are kept`);
    assert.deepEqual(
      kept,
      kept.map((_, index) => 5_000 - kept.length + index),
    );
  });

  it("is within 32 MiB of all of them: who was heard longest ago is forgotten first", () => {
    const rings = new Rings();
    const keys = Array.from({ length: 200 }, (_, each) => `${each}`);
    for (const key of keys) for (let at = 0; at < 300; at += 1) rings.add(key, frame(at));
    const known = keys.filter((key) => rings.of([key]).length > 0);
    assert.deepEqual(known, keys.slice(-known.length));
    const bytes = bytesOf(rings, keys);
    assert.ok(bytes > 24 * 2 ** 20 && bytes <= 32 * 2 ** 20, `${bytes} bytes`);
  });

  it("is that of a thousand clients, however little each has sent: 10,000 strangers fill no memory (S7)", () => {
    const rings = new Rings();
    const keys = Array.from({ length: 10_000 }, (_, each) => `${each}`);
    for (const key of keys) rings.add(key, seenPacket(new Uint8Array(4)));
    const known = keys.filter((key) => rings.of([key]).length > 0);
    assert.deepEqual(known, keys.slice(-1_024));
  });

  it("counts what is said of a packet later", () => {
    const rings = new Rings();
    for (let at = 0; at < 10_000; at += 1) {
      rings.add("a", frame(at));
      rings.remark(["a"], "x".repeat(1_000));
    }
    const noted = rings
      .of(["a"])
      .reduce((sum, { note = "", bytes }) => sum + 2 * note.length + bytes.length, 0);
    assert.ok(noted > 256 * 1024 && noted <= 512 * 1024 + 2_000, `${noted} bytes`);
  });
});
