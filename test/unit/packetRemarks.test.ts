import assert from "node:assert/strict";
import { Remarks } from "../../src/engine/packets/remarks";
import { seenPacket } from "../support/seenPacket";

const packet = seenPacket(new Uint8Array(4));

describe("what is said of packets that are written already", () => {
  const noteBy = (remarks: Remarks, key: string): string | undefined => remarks.onto(key, packet).note;

  it("stands at the client's next one, once, by whichever of its keys that comes", () => {
    const remarks = new Remarks();
    remarks.add(["mac", "address"], "one");
    assert.equal(noteBy(remarks, "address"), "before it: one");
    assert.equal(noteBy(remarks, "mac"), undefined);
  });

  it("is all of it, where some was said of one key and some of another", () => {
    const remarks = new Remarks();
    remarks.add(["mac"], "one");
    remarks.add(["address"], "two");
    remarks.add(["mac", "address"], "three");
    assert.equal(noteBy(remarks, "address"), "before it: one; two; three");
    assert.equal(noteBy(remarks, "mac"), undefined);
  });

  it("has a semicolon between words, and none behind a sentence", () => {
    const remarks = new Remarks();
    for (const words of ["one", "It is a sentence.", "three"]) remarks.add(["mac"], words);
    assert.equal(noteBy(remarks, "mac"), "before it: one; It is a sentence. three");
  });

  it("is not said twice where more is added by one of the keys alone", () => {
    const remarks = new Remarks();
    remarks.add(["mac", "address"], "one");
    remarks.add(["address"], "two");
    assert.equal(noteBy(remarks, "address"), "before it: one; two");
    assert.equal(noteBy(remarks, "mac"), undefined);
  });
});
