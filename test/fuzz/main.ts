/** `npm run fuzz`: a million inputs for each target; `npm run fuzz -- tftp plan --count 5000 --seed 7` for some. */

import "../support/noSurprises";
import { parseArgs } from "node:util";
import { runToEnd } from "../support/processes";
import { describeFigures, fuzz } from "./fuzz";
import { targets } from "./targets";

/** What meets sockets and files: tests that go on for longer here. */
const longer: Readonly<
  Record<string, { file: string; test: string; env: Readonly<Record<string, string>> }>
> = {
  // A thread that exchanges a folder for a link while it is read, listed and written: ten seconds of each.
  swapper: { file: "servedRootLinks", test: "X23", env: { SWAP_SECONDS: "10" } },
  // Servers that hear fifty thousand datagrams each.
  noise: { file: "noise", test: "X18", env: { NOISE: "50000" } },
  // A session of FTP that hears a hundred thousand lines.
  nonsense: { file: "ftpCommands", test: "X19", env: { NONSENSE: "2500" } },
};

async function runLonger(name: string): Promise<void> {
  const { file, test, env } = longer[name]!;
  const mocha = [process.execPath, "node_modules/mocha/bin/mocha.js"];
  const command = [...mocha, `test/socket/${file}.test.ts`, "-g", test];
  const { code, stdout } = await runToEnd(command, { env, timeoutMs: 600_000 });
  process.stdout.write(`${name}: ${stdout}`);
  if (code !== 0) throw new Error(`${name} failed`);
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { count: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
  });
  const names = [...Object.keys(targets), ...Object.keys(longer)];
  const wanted = (name: string): boolean => positionals.length === 0 || positionals.includes(name);
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`no target ${unknown.join(", ")}; there are ${names.join(", ")}`);
  for (const [name, open] of Object.entries(targets)) {
    if (!wanted(name)) continue;
    const target = await open();
    try {
      const figures = await fuzz(target, Number(values.count), Number(values.seed));
      process.stdout.write(`${describeFigures(figures)}\n`);
    } finally {
      await target.close?.();
    }
  }
  for (const name of Object.keys(longer)) if (wanted(name)) await runLonger(name);
}

void main();
