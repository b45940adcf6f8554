import assert from "node:assert/strict";
import { Leases } from "../../src/protocol/bootp/leases";
import { network } from "../support/bootp";

const size = 1_000;
const at = (index: number): string => `10.0.${index >> 8}.${index & 255}`;
const first = 10;

/** A pool, and how often the time is compared with that of an address. */
class Searched {
  readonly leases = new Leases();
  comparisons = 0;

  find(
    key: string,
    now: number,
    reserved: readonly string[] = [],
    pool = at(first + size - 1),
  ): string | undefined {
    const counted = {
      valueOf: () => {
        this.comparisons += 1;
        return now;
      },
    };
    return this.leases.find({
      key,
      network: network("10.0.0.1", "255.255.0.0"),
      pool: [{ first: at(first), last: pool }],
      reserved: new Set(["10.0.0.1", ...reserved]),
      spare: 0,
      now: counted as unknown as number,
    });
  }

  /** All of the pool is offered, each address a millisecond after the last. */
  offered(reserved: readonly string[] = []): this {
    for (let now = 0; now < size - reserved.length; now += 1)
      this.leases.offer(`${now}`, this.find(`${now}`, now, reserved)!, now);
    this.comparisons = 0;
    return this;
  }
}

describe("the search through a large pool that is used up", () => {
  it("looks at no address as long as none has lapsed", () => {
    const pool = new Searched().offered();
    for (let now = 1_000; now < 1_100; now += 1) assert.equal(pool.find("another", now), undefined);
    assert.ok(pool.comparisons < size, `${pool.comparisons} comparisons`);
  });

  it("looks through it once for all that have lapsed, and gives the one first that was given up first", () => {
    const pool = new Searched().offered();
    for (let n = 0; n < 100; n += 1) {
      const found = pool.find(`other ${n}`, 60_099);
      assert.equal(found, at(first + n));
      pool.leases.offer(`other ${n}`, found, 60_099);
    }
    assert.equal(pool.find("too late", 60_099), undefined);
    assert.ok(pool.comparisons < 3 * size, `${pool.comparisons} comparisons`);
  });

  it("finds what was released and what lapsed, by when it was; and not what its client has come back for", () => {
    const pool = new Searched().offered();
    pool.leases.release("500", at(first + 500), 2_000);
    assert.equal(pool.find("another", 2_000), at(first + 500));
    pool.leases.offer("500", at(first + 500), 2_000);
    assert.equal(pool.find("another", 2_000), undefined);
    pool.leases.release("700", at(first + 700), 3_000);
    assert.equal(pool.find("another", 60_000), at(first + 700));
    pool.leases.offer("another", at(first + 700), 60_000);
    assert.equal(pool.find("one more", 60_000), at(first));
  });

  it("gives what was another's, once it is that no more", () => {
    const reserved = [at(first + 3), at(first + 5)];
    const pool = new Searched().offered(reserved);
    assert.equal(pool.find("another", 1_000, reserved), undefined);
    assert.equal(pool.find("another", 1_000, reserved.slice(1)), at(first + 3));
    assert.equal(pool.find("another", 1_000, reserved, at(first + size)), at(first + size));
  });
});
