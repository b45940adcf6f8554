/**
 * `npm run bench`: how fast the servers are beside those that one would take instead, in one run on one machine.
 * `--quick`: small files, one repeat, nothing is written. `--only NAME`: the rows whose name holds NAME, or one of several with commas.
 */

import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { errorMessage } from "../src/model/text";
import { findProgram, isRoot } from "../test/support/programs";
import { ftpRows, largeFile, makeManyFiles } from "./ftpRows";
import { buildUnseen, ourName, startPeers } from "./peers";
import { bootpRow, byHandName, manyFilesRow, verifyRow } from "./otherRows";
import { compileAsker, compileCollector, compileReader } from "./reader";
import { markdown, progressLine, totalsLine, type Report } from "./report";
import { runRow, type Result, type Row } from "./row";
import { eachFile, smallBytes, smallFile, tftpRows, tinyBytes, tinyFile, wholeFile } from "./tftpRows";
import { versionsOf, whenReady } from "./ready";

const mebibyte = 2 ** 20;
const full = {
  repeats: 5,
  whole: 64 * mebibyte,
  each: 16 * mebibyte,
  clients: 64,
  storm: 1000,
  probes: 300,
  closeRepeats: 15,
  large: 1024,
  many: 10_000,
  folder: 100_000,
};
const quick = {
  repeats: 1,
  whole: 16 * mebibyte,
  each: mebibyte,
  clients: 8,
  storm: 100,
  probes: 50,
  closeRepeats: 1,
  large: 128,
  many: 500,
  folder: 5_000,
};

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    repeats: { type: "string" },
  },
});
const size = flags.quick ? quick : full;
const repeats = Number(flags.repeats ?? size.repeats);

const say = (text: string): void => void process.stdout.write(text);

/** The same program in a network of its own: the servers get the real ports, and nobody else's are touched. */
function inOwnNetwork(): number {
  const unshare = findProgram("unshare");
  if (unshare === undefined) throw new Error("missing: unshare (install: apt-get install util-linux)");
  const own = isRoot ? [] : ["--user", "--map-root-user"];
  // in.tftpd resolves its address, and names none where a machine has loopback addresses alone (AI_ADDRCONFIG).
  const script = 'ip link set lo up && ip address add 192.0.2.1/32 dev lo && exec "$@"';
  const { status } = spawnSync(
    unshare,
    ["--net", "--pid", "--fork", "--kill-child", "--mount-proc", ...own, "sh", "-c", script, "sh"].concat(
      process.execPath,
      process.execArgv,
      process.argv.slice(1),
    ),
    { stdio: "inherit", env: { ...process.env, BENCH_NETWORK: "own" } },
  );
  return status ?? 1;
}

/** Files of random bytes: none of them compresses, and no two blocks are the same. */
function makeFiles(folder: string): void {
  const write = (name: string, bytes: number): void => {
    writeFileSync(join(folder, name), randomBytes(bytes));
  };
  write(wholeFile, size.whole);
  write(eachFile, size.each);
  write(smallFile, smallBytes);
  write(tinyFile, tinyBytes);
  write(largeFile, size.large * mebibyte);
  makeManyFiles(folder, size.many);
}

async function measure(work: string): Promise<Report> {
  const folder = join(work, "served");
  const own = join(work, "own");
  for (const path of [folder, own]) mkdirSync(path);
  makeFiles(folder);
  const read = await compileReader(own);
  const ask = await compileAsker(own);
  const collect = await compileCollector(own);
  const rows: Row[] = [
    ...tftpRows(read, folder, size),
    ...ftpRows(collect, size.large * mebibyte, size.many),
    bootpRow(ask),
    verifyRow(folder, own, size.large * mebibyte),
    manyFilesRow(read, folder, size.folder, size.probes),
  ].filter(({ name }) => flags.only.split(",").some((part) => name.includes(part)));
  const unseen = rows.some(({ kind }) => kind === "unseen") ? await buildUnseen(own) : undefined;
  const { peers, missing } = startPeers(folder, own, unseen);
  try {
    for (const sentence of missing) say(`${sentence}\n`);
    await whenReady(peers);
    const ours = peers.filter(({ name }) => name === ourName);
    const asked = [
      ...peers,
      ...ours.map((peer) => ({ ...peer, name: byHandName, kinds: ["verify"] as const })),
    ];
    const results: Result[] = [];
    for (const row of rows) {
      const result = await runRow(row, asked, row.repeats ?? repeats);
      say(progressLine(result));
      results.push(result);
    }
    say(totalsLine(results));
    return {
      date: new Date().toISOString().slice(0, 10),
      command: "npm run bench",
      repeats,
      missing,
      versions: await versionsOf(peers),
      results,
    };
  } finally {
    for (const peer of peers) await peer.stop();
  }
}

async function main(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), "boot-servers-bench-"));
  const started = performance.now();
  try {
    const report = await measure(work);
    say(`${Math.round((performance.now() - started) / 1000)} s\n`);
    if (flags.quick || flags.only !== "") return;
    writeFileSync(resolve("docs/performance.md"), await markdown(report));
    writeFileSync(resolve("dist/performance.json"), JSON.stringify(report, undefined, 2));
    say("docs/performance.md, dist/performance.json\n");
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.env["BENCH_NETWORK"] === "own") {
  main().catch((error: unknown) => {
    process.stderr.write(`${errorMessage(error)}\n`);
    process.exitCode = 1;
  });
} else {
  process.exitCode = inOwnNetwork();
}
