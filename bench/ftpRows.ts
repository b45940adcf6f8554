/** The rows of FTP, with curl as the board: one large file, and many small ones over one connection. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../test/support/programs";
import { costOf, run } from "./processes";
import type { RunningPeer } from "./peers";
import type { Row } from "./row";

export const largeFile = "large.bin";
const manyFolder = "many";

/** The small files of the second row. */
export function makeManyFiles(folder: string, count: number): void {
  mkdirSync(join(folder, manyFolder));
  for (let index = 0; index < count; index += 1) {
    writeFileSync(join(folder, manyFolder, `${index}.bin`), `file ${index}\n`.repeat(100));
  }
}

const url = (peer: RunningPeer, path: string): string => `ftp://${peer.address}/${path}`;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** @param own a folder for curl's list of names. */
export function ftpRows(own: string, largeBytes: number, many: number): Row[] {
  const curl = findProgram("curl");
  const need = (): string => {
    if (curl === undefined) throw new Error("missing: curl (install: apt-get install curl)");
    return curl;
  };
  return [
    {
      name: "ftp-large",
      title: `FTP, one file of ${Math.round(largeBytes / 2 ** 20)} MiB`,
      unit: "MB/s",
      better: "more",
      kind: "ftp",
      goal: 0.8,
      async measure(peer) {
        const before = costOf(peer.pid);
        const seconds = await timed(() => run([need(), "-sSf", "-o", "/dev/null", url(peer, largeFile)]));
        const { cpuSeconds, memory } = costOf(peer.pid);
        const also = {
          "CPU s/GB": ((cpuSeconds - before.cpuSeconds) * 1e9) / largeBytes,
          "MB memory": memory / 1e6,
        };
        return { value: largeBytes / seconds / 1e6, also };
      },
    },
    {
      name: "ftp-many",
      repeats: 2,
      title: `FTP, ${many} small files`,
      unit: "files/s",
      better: "more",
      kind: "ftp",
      async measure(peer) {
        const names = Array.from({ length: many }, (_, index) => `${manyFolder}/${index}.bin`);
        const list = join(own, "curl.list");
        writeFileSync(list, names.map((name) => `url=${url(peer, name)}\noutput=/dev/null\n`).join(""));
        const seconds = await timed(() => run([need(), "-sSf", "--config", list]));
        return { value: many / seconds };
      },
    },
  ];
}
