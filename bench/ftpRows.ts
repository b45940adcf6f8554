/** The rows of FTP: one large file, which curl fetches, and many small ones, one after the other over one session. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../test/support/programs";
import { costOf, run, secondsOf } from "./processes";
import type { RunningPeer } from "./peers";
import type { Collector } from "./reader";
import type { Row } from "./row";

export const largeFile = "large.bin";
const manyFolder = "many";
const contentOf = (index: number): string => `file ${String(index).padStart(6, "0")}\n`.repeat(100);

/** The small files of the second row. */
export function makeManyFiles(folder: string, count: number): void {
  mkdirSync(join(folder, manyFolder));
  for (let index = 0; index < count; index += 1) {
    writeFileSync(join(folder, manyFolder, `${index}.bin`), contentOf(index));
  }
}

const url = (peer: RunningPeer, path: string): string => `ftp://${peer.address}/${path}`;

export function ftpRows(collect: Collector, largeBytes: number, many: number): Row[] {
  const curl = findProgram("curl");
  const need = (): string => {
    if (curl === undefined) throw new Error("missing: curl (install: apt-get install curl)");
    return curl;
  };
  return [
    {
      name: "ftp-large",
      repeats: 9,
      title: `FTP, one file of ${Math.round(largeBytes / 2 ** 20)} MiB`,
      unit: "MB/s",
      better: "more",
      kind: "ftp",
      goals: [{ ratio: 0.8, peer: "vsftpd" }],
      async measure(peer) {
        const asking = [need(), "-sSf", "-o", "/dev/null", url(peer, largeFile)];
        const { result: seconds, cost } = await costOf(peer.pid, () => secondsOf(() => run(asking)));
        const also = {
          "CPU s/GB": (cost.cpuSeconds * 1e9) / largeBytes,
          "MB memory": cost.memory / 1e6,
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
        const { result: value, cost } = await costOf(peer.pid, () =>
          collect(peer, manyFolder, many, contentOf(0).length),
        );
        return { value, also: { "CPU ms/file": (cost.cpuSeconds * 1000) / many } };
      },
    },
  ];
}
