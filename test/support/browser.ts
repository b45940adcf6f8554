/** A Chromium without a screen, for the workbench of a VS Code server. Nothing but loopback is in its reach. */

import { chmod } from "node:fs/promises";
import { chromium, type Browser } from "playwright-core";
import { findProgram } from "./programs";
import type { TemporaryFolder } from "./temporaryFolder";

const names = ["chromium", "chromium-browser", "google-chrome"];

/** What keeps a browser from being used here; undefined: nothing. */
export const browserLack = (): string | undefined =>
  browserPath() === undefined ? "missing: chromium (install: apt-get install chromium)" : undefined;

const browserPath = (): string | undefined =>
  names.map(findProgram).find((path): path is string => path !== undefined);

/** A network that is not this machine's own. */
export interface Elsewhere {
  /** A program and its arguments that run what follows there. */
  readonly wrapper: readonly string[];
  /** Of the test: a script comes to lie in it. */
  readonly folder: TemporaryFolder;
}

/** A script below the folder that starts the browser in a network of a test's own: playwright takes one file. */
async function scriptFor({ wrapper, folder }: Elsewhere, browser: string): Promise<string> {
  const words = [...wrapper, browser].map((word) => `'${word}'`);
  const script = await folder.write("browser", `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`);
  await chmod(script, 0o755);
  return script;
}

/**
 * With a profile of its own, which goes with it.
 */
export async function openBrowser(there?: Elsewhere): Promise<Browser> {
  const browser = browserPath();
  if (browser === undefined) throw new Error(browserLack());
  const executablePath = there === undefined ? browser : await scriptFor(there, browser);
  return chromium.launch({
    executablePath,
    timeout: 120_000,
    args: [
      ...(process.getuid?.() === 0 || there !== undefined ? ["--no-sandbox"] : []),
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
