/** The windows that the suite runs in: what each opens, and the user's settings there. One folder of tests each. */

import { join, resolve } from "node:path";
import { sampleDrop } from "../support/sampleDrop";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

export interface Window {
  /** Also the name of its folder of tests. */
  readonly name: string;
  /** The user's. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** How many folders it opens. */
  readonly folders: number;
  /** Makes what it opens. @returns absolute path of a folder or a .code-workspace file in `fixture`; "": nothing. */
  make(fixture: TemporaryFolder): Promise<string>;
}

/** Free ports, so that several suites and a real server get along on one machine. */
export const freePorts = {
  "bootServers.bootp.port": 0,
  "bootServers.tftp.port": 0,
  "bootServers.ftp.port": 0,
};

async function twoFolders(fixture: TemporaryFolder): Promise<string> {
  const names = ["bench", "field"];
  for (const name of names) {
    await fixture.write(`${name}/.vscode/boot-plan.json`, JSON.stringify({ boot: `${name}.bin` }));
    await fixture.write(`${name}/${name}.bin`, `the loader of ${name}`);
  }
  const folders = names.map((path) => ({ path }));
  return fixture.write("both.code-workspace", JSON.stringify({ folders }));
}

export const windows: readonly Window[] = [
  { name: "oneFolder", settings: {}, folders: 1, make: sampleDrop },
  { name: "noFolder", settings: {}, folders: 0, make: () => Promise.resolve("") },
  { name: "twoFolders", settings: {}, folders: 2, make: twoFolders },
  {
    name: "untrusted",
    folders: 1,
    settings: {
      "security.workspace.trust.enabled": true,
      "security.workspace.trust.startupPrompt": "never",
      "security.workspace.trust.banner": "never",
    },
    make: sampleDrop,
  },
];

/** Makes the window's fixture, runs, and takes it away again. */
export async function withFixture<T>(
  window: Window,
  use: (opened: string, fixture: TemporaryFolder) => Promise<T>,
): Promise<T> {
  const fixture = await temporaryFolder();
  try {
    return await use(await window.make(fixture), fixture);
  } finally {
    await fixture.remove();
  }
}

/** The suite's entry for VS Code, and the extension under test. */
export const suiteEntry = join(resolve("test/extension"), "index.cjs");
export const extensionFolder = resolve(".");
