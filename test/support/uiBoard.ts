/** A board beside VS Code's user interface: where it asks, read from the screen, and those that stop in the middle. */

import { setTimeout as waited } from "node:timers/promises";
import { tftpRead } from "./loopbackBoard";
import { eventually } from "./patience";
import type { Workbench } from "./workbench";

/** The port that a server's row tells: `BOOTP`, `TFTP`, `FTP`. */
export async function portOf(workbench: Workbench, server: string): Promise<number> {
  const row = await workbench.row(new RegExp(`\\b${server}.*127\\.0\\.0\\.1:\\d+`));
  // It may be drawn anew in between.
  const port = await eventually(`port of ${server}`, async () =>
    /127\.0\.0\.1:(\d+)/.exec(await row.innerText())?.at(1),
  );
  return Number(port);
}

/** The ports of all three, once each of them runs. */
export async function portsOf(workbench: Workbench): Promise<Record<"bootp" | "tftp" | "ftp", number>> {
  return {
    bootp: await portOf(workbench, "BOOTP"),
    tftp: await portOf(workbench, "TFTP"),
    ftp: await portOf(workbench, "FTP"),
  };
}

/** A board that loads a file over TFTP, and once it has so many bytes is busy with itself for so long. */
export async function busyBoard(port: number, file: string, bytesFirst: number, ms: number): Promise<void> {
  let wasBusy = false;
  await tftpRead(port, file, (bytes) => {
    if (wasBusy || bytes < bytesFirst) return undefined;
    wasBusy = true;
    return new Promise((done) => setTimeout(done, ms));
  });
}

/** A board that loads a file over TFTP, and once it has so many bytes piece by piece, a second for each, until it may hurry. */
export function crawlingBoard(
  port: number,
  file: string,
  bytesFirst: number,
): { readonly reading: Promise<Uint8Array>; readonly hurry: () => void } {
  const hurrying = new AbortController();
  const second = (): Promise<void> =>
    waited(1_000, undefined, { signal: hurrying.signal }).catch(() => undefined);
  const reading = tftpRead(port, file, (bytes) => (bytes > bytesFirst ? second() : undefined));
  return {
    reading,
    hurry: () => {
      hurrying.abort();
    },
  };
}

/** A board that loads a file over TFTP and stops once it has so many bytes, until it may go on. */
export function heldBoard(
  port: number,
  file: string,
  bytesFirst: number,
): { readonly reading: Promise<Uint8Array>; readonly goOn: () => void } {
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const reading = tftpRead(port, file, (bytes) => (bytes > bytesFirst ? held : undefined));
  return {
    reading,
    goOn: () => {
      goOn();
    },
  };
}
