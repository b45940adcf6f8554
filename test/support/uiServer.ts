/**
 * What every test of the user interface begins with: a VS Code server with the packaged extension, a workspace
 * folder of its own, and a browser in front of it. `BOOT_SERVERS_VSCODE=oldest` takes the oldest VS Code.
 */

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import {
  installExtension,
  installServer,
  MissingError,
  processesOf,
  startServer,
  type Installed,
  type Version,
} from "../../scripts/vscodeServer.mjs";
import { freePorts } from "../extension/windows";
import { browserLack, openBrowser } from "./browser";
import { tellMore } from "./failures";
import { skipOrFail } from "./programs";
import { screenText } from "./screenText";
import { temporaryFolder, type TemporaryFolder } from "./temporaryFolder";
import { Workbench, type Screen } from "./workbench";

export interface UiServer {
  /** The browser's page. */
  readonly workbench: Workbench;
  /** What `make` has filled. */
  readonly fixture: TemporaryFolder;
  /** All that VS Code has started and that still runs. */
  processes(): ReturnType<typeof processesOf>;
}

export interface UiOptions {
  /** Fills the fixture. @returns the absolute path of the folder that is opened. */
  readonly make: (fixture: TemporaryFolder) => Promise<string>;
  /** Over the free ports; VS Code's server takes settings of the machine from nowhere else. */
  readonly machineSettings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: pictures of the whole window, in a folder that git ignores. */
  readonly screen?: Screen;
  /** A program and its arguments that run VS Code and the browser in a network of the test's own, once that is there. */
  readonly wrapper?: () => readonly string[];
}

/** The first start would ask for the network of whoever runs the tests; `undefined` over it lets it ask. */
const quietStart = { ...freePorts, "bootServers.address": ["127.0.0.1"] };

export const uiVersion: Version = process.env["BOOT_SERVERS_VSCODE"] === "oldest" ? "oldest" : "newest";

const pictures = join(".vscode-test", "pictures", ...(uiVersion === "oldest" ? [uiVersion] : []));
const vsix = join(".vscode-test", "boot-servers.vsix");

let packaged = false;

/** Packages what `npm run build` made, once in a run. */
function packageOnce(): void {
  if (!packaged) execFileSync("npm", ["run", "vsix", "--", "--out", vsix], { stdio: "pipe" });
  packaged = true;
}

function installed(): Installed | string {
  const lack = browserLack();
  if (lack !== undefined) return lack;
  try {
    return installServer(uiVersion);
  } catch (error) {
    if (error instanceof MissingError) return error.message;
    throw error;
  }
}

/**
 * For the body of a `describe`: opens all of it before the first test and closes it after the last one. Keeps a
 * picture of a test that failed, and adds what is on the screen to its message.
 * @returns what is open; it is there from the first test on.
 */
export function openUi({
  make,
  machineSettings = {},
  env = {},
  wrapper,
  screen = { pictures },
}: UiOptions): UiServer {
  /** What `before` opened, to be closed in the reverse order, as far as it came. */
  const opened: (() => Promise<void>)[] = [];
  const ui = {} as { -readonly [key in keyof UiServer]: UiServer[key] };

  before(async function () {
    this.timeout(600_000);
    const program = installed();
    if (typeof program === "string") {
      skipOrFail(this, [program]);
      return;
    }
    const fixture = await temporaryFolder();
    opened.push(() => fixture.remove());
    ui.fixture = fixture;
    const folder = await make(fixture);
    packageOnce();
    const dataFolder = fixture.at("server");
    installExtension(program, { dataFolder, vsix });
    const server = await startServer(program, {
      dataFolder,
      machineSettings: { ...quietStart, ...machineSettings },
      env: { ...env },
      ...(wrapper !== undefined && { wrapper: wrapper() }),
    });
    opened.push(() => server.end());
    ui.processes = () => processesOf(server.group);
    const browser = await openBrowser(wrapper && { wrapper: wrapper(), folder: fixture });
    opened.push(() => browser.close());
    ui.workbench = await Workbench.open(browser, server.port, folder, screen);
  });

  after(async () => {
    for (const close of opened.reverse()) await close();
  });

  afterEach(async function () {
    const test = this.currentTest;
    if (test?.state !== "failed") return;
    // What follows must not hide why it failed.
    await ui.workbench.picture(`failed ${test.title.replaceAll("/", " ")}`).catch(() => undefined);
    if (test.err) tellMore(test.err, `On the screen then:\n${await screenText(ui.workbench.page)}`);
  });
  return ui;
}
