/** `npm run fuzz`: a million inputs for each target; `npm run fuzz -- tftp plan --count 5000 --seed 7` for some. */

import "../support/noSurprises";
import { parseArgs } from "node:util";
import { runToEnd } from "../support/processes";
import { describeFigures, fuzz } from "./fuzz";
import { targets } from "./targets";

/** A thread that exchanges a folder for a link while it is read, listed and written: ten seconds of each. */
const swapper = "swapper";

async function swap(): Promise<void> {
  const command = [
    process.execPath,
    "node_modules/mocha/bin/mocha.js",
    "test/socket/servedRootLinks.test.ts",
  ];
  const { code, stdout } = await runToEnd([...command, "-g", "X23"], {
    env: { SWAP_SECONDS: "10" },
    timeoutMs: 120_000,
  });
  process.stdout.write(`${swapper}: ${stdout}`);
  if (code !== 0) throw new Error("something came through the door");
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { count: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
  });
  const names = [...Object.keys(targets), swapper];
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`no target ${unknown.join(", ")}; there are ${names.join(", ")}`);
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
  if (positionals.length === 0 || positionals.includes(swapper)) await swap();
}

void main();
