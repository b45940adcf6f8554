/** A Chromium without a screen, for the workbench of a VS Code server. Nothing but loopback is in its reach. */

import { chromium, type Browser } from "playwright-core";
import { findProgram } from "./programs";

const names = ["chromium", "chromium-browser", "google-chrome"];

/** What keeps a browser from being used here; undefined: nothing. */
export const browserLack = (): string | undefined =>
  browserPath() === undefined ? "missing: chromium (install: apt-get install chromium)" : undefined;

const browserPath = (): string | undefined =>
  names.map(findProgram).find((path): path is string => path !== undefined);

/** With a profile of its own, which goes with it. */
export function openBrowser(): Promise<Browser> {
  const executablePath = browserPath();
  if (executablePath === undefined) throw new Error(browserLack());
  return chromium.launch({
    executablePath,
    args: [
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-gpu",
      "--disable-quic",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    ],
  });
}
