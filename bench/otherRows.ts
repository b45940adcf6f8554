/** The rows of what only our program does: BOOTP over loopback, `verify`, and a served folder of very many files. */

import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { findProgram } from "../test/support/programs";
import { largeFile } from "./ftpRows";
import { ourName, type RunningPeer } from "./peers";
import { memoryOf, run, secondsOf } from "./processes";
import type { Reader } from "./reader";
import type { Row } from "./row";
import { median, quantile } from "./statistics";
import { probing } from "./tftpRows";

/** What `verify` is compared with: the same server read by curl, and then the sum of what came and of what is here. */
export const byHandName = "curl + sha256sum";

/** Questions from as many MACs, some of them side by side: it waits for no clock. */
export function bootpRow(
  ask: (peer: RunningPeer, questions: number, atOnce: number) => Promise<number>,
): Row {
  return {
    name: "bootp",
    title: "BOOTP, 16 boards at a time",
    unit: "answers/s",
    better: "more",
    kind: "bootp",
    measure: async (peer) => ({ value: await ask(peer, 4000, 16) }),
  };
}

/** @param own a folder for the drop, on the disk of the served one. */
export function verifyRow(folder: string, own: string, bytes: number): Row {
  const drop = join(own, "drop");
  return {
    name: "verify",
    title: `verify a drop of ${Math.round(bytes / 2 ** 20)} MiB over FTP`,
    unit: "s",
    better: "less",
    kind: "verify",
    goals: [{ ratio: 1 }],
    repeats: 3,
    async measure(peer) {
      mkdirSync(join(drop, ".vscode"), { recursive: true });
      rmSync(join(drop, largeFile), { force: true });
      linkSync(join(folder, largeFile), join(drop, largeFile));
      writeFileSync(join(drop, ".vscode/boot-plan.json"), JSON.stringify({ ftp: [largeFile] }));
      if (peer.name === ourName) {
        const cli = [process.execPath, resolve("dist/cli.js"), "verify", drop];
        return { value: await secondsOf(() => run([...cli, "--target", peer.address, "--bootp", "skip"])) };
      }
      const came = join(own, "came.bin");
      const curl = findProgram("curl") ?? "curl";
      const value = await secondsOf(async () => {
        await run([curl, "-sSf", "-o", came, `ftp://${peer.address}/${largeFile}`]);
        await run(["sha256sum", came]);
        await run(["sha256sum", join(drop, largeFile)]);
      });
      rmSync(came);
      return { value };
    },
  };
}

/**
 * A request must cost the same whatever else lies in the served folder: it is asked before and after the files come.
 * The figure is the second median; that of the first stands beside it.
 */
export function manyFilesRow(read: Reader, folder: string, files: number, probes: number): Row {
  return {
    name: "folder",
    title: `first byte, ${files.toLocaleString("en")} files in the folder`,
    unit: "µs",
    better: "less",
    kind: "folder",
    repeats: 1,
    async measure(peer) {
      const before = await read(peer, probing(probes));
      const lots = join(folder, "lots");
      mkdirSync(lots);
      for (let index = 0; index < files; index += 1) writeFileSync(join(lots, `${index}.bin`), "");
      const memory = memoryOf(peer.pid);
      try {
        const { firstUs } = await read(peer, probing(probes));
        const also = {
          "without them, µs": median(before.firstUs),
          "p99 µs": quantile(firstUs, 0.99),
          "MB memory": memory / 1e6,
        };
        return { value: median(firstUs), also };
      } finally {
        rmSync(lots, { recursive: true });
      }
    },
  };
}
