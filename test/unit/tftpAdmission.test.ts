import assert from "node:assert/strict";
import type { Situation } from "../../src/engine/server";
import { isLocal } from "../../src/engine/access";
import { OncePerSecond } from "../../src/engine/oncePerSecond";
import { Recent } from "../../src/protocol/recent";
import { Admission } from "../../src/engine/tftpServer/admission";
import { defaultLimits, type Limits } from "../../src/model/settings";
import { VirtualClock } from "../support/virtualClock";

const board = "192.168.7.10";

function situation(limits: Partial<Limits> = {}, allowed = true): Situation {
  return {
    access: { allows: () => allowed },
    wanted: { limits: { ...defaultLimits, ...limits } },
  } as unknown as Situation;
}

/** The code of the refusal, or "yes"; a yes begins a transfer. */
function ask(admission: Admission, address: string, where: Situation): string {
  const verdict = admission.judge(address, where);
  if (verdict.kind === "no") return verdict.trouble.code;
  admission.began(address);
  return "yes";
}

describe("TFTP admission", () => {
  it("requests that were never acknowledged run out, and come back with time (DESIGN §6, X26)", () => {
    const clock = new VirtualClock();
    const admission = new Admission(clock);
    const where = situation({ requestBurst: 3, requestsPerSecond: 2, perAddress: 100 });
    const asked = Array.from({ length: 5 }, () => ask(admission, board, where));
    assert.deepEqual(asked, ["yes", "yes", "yes", "limit.requestsPerSecond", "limit.requestsPerSecond"]);
    assert.equal(ask(admission, "192.168.7.11", where), "yes", "each address has its own");
    clock.advance(500);
    assert.equal(ask(admission, board, where), "yes");
    assert.equal(ask(admission, board, where), "limit.requestsPerSecond");
  });

  it("a request that was acknowledged does not count (DESIGN §6)", () => {
    const admission = new Admission(new VirtualClock());
    const where = situation({ requestBurst: 1, requestsPerSecond: 1, perAddress: 1000 });
    for (let round = 0; round < 100; round += 1) {
      assert.equal(ask(admission, board, where), "yes");
      admission.acknowledged(board);
    }
  });

  it("32 transfers of one address are the most, but not on loopback (DESIGN §6)", () => {
    const admission = new Admission(new VirtualClock());
    const where = situation();
    for (let count = 0; count < 32; count += 1) assert.equal(ask(admission, board, where), "yes");
    assert.equal(ask(admission, board, where), "limit.perAddress");
    admission.ended(board);
    assert.equal(ask(admission, board, where), "yes");
    for (const address of ["127.0.0.1", "::1"]) {
      for (let count = 0; count < 200; count += 1) assert.equal(ask(admission, address, where), "yes");
    }
  });

  it("512 transfers in all are the most, on loopback as well (DESIGN §6)", () => {
    const admission = new Admission(new VirtualClock());
    for (let count = 0; count < 512; count += 1)
      assert.equal(ask(admission, "127.0.0.1", situation()), "yes");
    assert.equal(ask(admission, "127.0.0.1", situation()), "limit.tftpTransfers");
    assert.equal(admission.transfers, 512);
  });

  it("where all places are taken, room is made for one at a time, and never more than is needed (S6, X26)", () => {
    const admission = new Admission(new VirtualClock());
    const where = situation({ tftpTransfers: 2, perAddress: 1 });
    let silent = 0;
    const makeRoom = (): boolean => {
      if (silent === 0) return false;
      silent -= 1;
      admission.ended(`192.168.7.${silent + 1}`);
      return true;
    };
    const asks = (address: string): string => {
      const verdict = admission.judge(address, where, makeRoom);
      if (verdict.kind === "no") return verdict.trouble.code;
      admission.began(address);
      return "yes";
    };
    assert.deepEqual([asks("192.168.7.1"), asks("192.168.7.2")], ["yes", "yes"]);
    assert.equal(asks("192.168.7.3"), "limit.tftpTransfers", "both answered");
    silent = 2;
    assert.equal(asks("192.168.7.1"), "limit.perAddress", "who is refused anyway drives nobody out");
    assert.equal(silent, 2);
    assert.equal(asks("192.168.7.3"), "yes");
    assert.deepEqual([silent, admission.transfers], [1, 2]);
  });

  it("who may not ask is refused before anything counts", () => {
    const admission = new Admission(new VirtualClock());
    assert.equal(ask(admission, board, situation({}, false)), "access.network");
    assert.equal(admission.transfers, 0);
  });

  it("once a second means once a second for each key", () => {
    const clock = new VirtualClock();
    const once = new OncePerSecond(clock);
    assert.deepEqual([once.allows("a"), once.allows("a"), once.allows("b")], [true, false, true]);
    clock.advance(999);
    assert.equal(once.allows("a"), false);
    clock.advance(1);
    assert.equal(once.allows("a"), true);
  });

  it("addresses that come only once do not fill the memory (S7, X26)", () => {
    const recent = new Recent<number>();
    for (let index = 0; index < 10_000; index += 1) recent.set(`${index}`, index);
    assert.deepEqual([recent.get("0"), recent.get("9999")], [undefined, 9999]);
    assert.ok(recent.size <= 4096);
  });

  it("all of 127/8 and ::1 are loopback, mapped or not", () => {
    const local = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].map(isLocal);
    assert.deepEqual([...local, isLocal(board), isLocal("fe80::1")], [true, true, true, true, false, false]);
  });
});
