import { describeFigures, fuzz } from "../fuzz/fuzz";
import { targets } from "../fuzz/targets";
import { seeds } from "../support/random";

/** A share of what `npm run fuzz` reads, by what one input costs. */
const shares: Readonly<Record<string, number>> = { ftp: 10_000, manifest: 10_000, plan: 2_000 };

describe("what strangers wrote, and nobody (X18, X19, S5; npm run fuzz reads a million of each)", () => {
  for (const [name, open] of Object.entries(targets)) {
    const count = shares[name] ?? 20_000;
    it(`${name}: ${count} inputs throw nothing, keep nobody waiting and fill no memory`, async function () {
      this.timeout(120_000);
      const target = await open();
      try {
        for (const seed of seeds(1))
          this.test!.title += ` [${describeFigures(await fuzz(target, count, seed))}]`;
      } finally {
        await target.close?.();
      }
    });
  }
});
