/** What the bench makes of its repeats. */

import assert from "node:assert/strict";
import { ourName, type RunningPeer } from "../../bench/peers";
import { type Row, runRow } from "../../bench/row";
import { medianInterval } from "../../bench/statistics";

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

const peer = (name: string): RunningPeer => ({
  ...{ name, kinds: ["unseen"], address: "", pid: 0 },
  said: () => "",
  stop: () => Promise.resolve(),
});

describe("what the bench makes of its repeats", () => {
  it("says where the median lies as the tables of the sign test do", () => {
    const intervals = [6, 10, 20, 25, 40].map((count) => medianInterval(upTo(count)));
    assert.deepEqual(intervals, [
      { low: 1, high: 6 },
      { low: 2, high: 9 },
      { low: 6, high: 15 },
      { low: 8, high: 18 },
      { low: 14, high: 27 },
    ]);
  });

  it("says nothing of fewer than six values", () => {
    assert.deepEqual(medianInterval(upTo(5)), { low: -Infinity, high: Infinity });
  });

  it("compares peers that run together repeat by repeat, however the machine differs between repeats", async () => {
    const costs: Record<string, number> = { [ourName]: 101, other: 100 };
    const busy = [1, 2, 1, 3, 1, 1, 4];
    const repeats: Record<string, number> = { [ourName]: 0, other: 0 };
    let running = 0;
    let most = 0;
    const row: Row = {
      ...{ name: "row", title: "row", unit: "s", better: "less", kind: "unseen", together: true },
      goals: [{ ratio: 1.02 }],
      async measure({ name }) {
        running += 1;
        most = Math.max(most, running);
        await Promise.resolve();
        running -= 1;
        const repeat = repeats[name] ?? 0;
        repeats[name] = repeat + 1;
        return { value: (costs[name] ?? 0) * (busy[repeat] ?? 0) };
      },
    };
    const { ratio, verdicts } = await runRow(row, [peer(ourName), peer("other")], busy.length);
    assert.equal(most, 2);
    assert.deepEqual(ratio, { value: 1.01, within: { low: 1.01, high: 1.01 } });
    assert.deepEqual(
      verdicts.map(({ met }) => met),
      [true],
    );
  });
});
