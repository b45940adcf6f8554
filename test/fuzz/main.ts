/** `npm run fuzz`: a million inputs for each target; `npm run fuzz -- tftp plan --count 5000 --seed 7` for some. */

import "../support/noSurprises";
import { parseArgs } from "node:util";
import { describeFigures, fuzz } from "./fuzz";
import { targets } from "./targets";

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { count: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
  });
  const unknown = positionals.filter((name) => !(name in targets));
  if (unknown.length > 0)
    throw new Error(`no target ${unknown.join(", ")}; there are ${Object.keys(targets).join(", ")}`);
  for (const [name, open] of Object.entries(targets)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const target = await open();
    try {
      const figures = await fuzz(target, Number(values.count), Number(values.seed));
      process.stdout.write(`${describeFigures(figures)}\n`);
    } finally {
      await target.close?.();
    }
  }
}

void main();
