/**
 * Runs the suite in the extension host of a VS Code server, with its workbench in a headless browser:
 * `node --import tsx test/extension/inServer.ts [newest|oldest] [WINDOW …]`. Prints mocha's own output.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { format } from "node:util";
import type { Browser } from "playwright-core";
import {
  installServer,
  MissingError,
  startServer,
  type Installed,
  type Version,
} from "../../scripts/vscodeServer.mjs";
import { browserLack, openBrowser } from "../support/browser";
import { judged, NotOpened, print, Report, suiteVariable, summarize, type Result } from "./report";
import { extensionFolder, freePorts, suiteEntry, windows, withFixture, type Window } from "./windows";

/** Of a window, from its opening to its verdict. */
const limitMs = Number(process.env["BOOT_SERVERS_SUITE_LIMIT_MS"] ?? 600_000);

interface LogFile {
  readonly relativePath: string;
  readonly contents: string;
}

interface Exit {
  readonly code: number;
  readonly logs: readonly LogFile[];
}

/** Where the logs of a run that failed are kept. */
const logFolder = (version: Version, window: Window): string =>
  join(".vscode-test", "logs", `${version}-${window.name}`);

async function keepLogs(folder: string, server: string, logs: readonly LogFile[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "server.log"), server);
  for (const { relativePath, contents } of logs) {
    await writeFile(join(folder, basename(relativePath)), contents);
  }
  print(`VS Code's logs: ${folder}`);
}

/** The address of the workbench that opens a folder or a workspace file and runs the suite. */
function address(port: number, opened: string): string {
  const remote = (path: string): string => `vscode-remote://127.0.0.1:${port}${path}`;
  const query = new URLSearchParams({
    // A server opens what it opened last, unless it is told of an empty window.
    ...(opened === ""
      ? { ew: "true" }
      : { [opened.endsWith(".code-workspace") ? "workspace" : "folder"]: opened }),
    payload: JSON.stringify([
      ["skipWelcome", "true"],
      ["extensionDevelopmentPath", remote(extensionFolder)],
      ["extensionTestsPath", remote(suiteEntry)],
    ]),
  });
  return `http://127.0.0.1:${port}/?${query.toString()}`;
}

/** Opens the workbench and waits for what VS Code says the suite ended with. @throws at the time limit. */
async function suiteEnd(browser: Browser, url: string, report: Report): Promise<Exit> {
  const page = await browser.newPage({ permissions: ["clipboard-read", "clipboard-write"] });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Exit>((resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`no verdict within ${limitMs / 1000} s`));
      }, limitMs);
      page.on("crash", () => {
        reject(new Error("the workbench's page crashed"));
      });
      const open = async (): Promise<void> => {
        await page.exposeFunction("codeAutomationLog", (_type: string, args: unknown[]) => {
          for (const line of format(...args).split("\n")) report.take(line);
        });
        await page.exposeFunction("codeAutomationExit", (code: number, logs: LogFile[] | undefined) => {
          resolve({ code, logs: logs ?? [] });
        });
        // Its limit is the window's.
        await page.goto(url, { timeout: 0 });
      };
      open().catch(reject);
    });
  } finally {
    clearTimeout(timer);
    await page.close();
  }
}

async function runWindow(
  version: Version,
  installed: Installed,
  browser: Browser,
  window: Window,
): Promise<Result> {
  return withFixture(window, async (opened, fixture) => {
    const server = await startServer(installed, {
      dataFolder: fixture.at("server"),
      settings: window.settings,
      machineSettings: freePorts,
      // Without it VS Code 1.139 ignores extensionTestsPath; 1.96 needs none.
      args: ["--enable-smoke-test-driver"],
      env: { [suiteVariable]: window.name },
    });
    let logs: readonly LogFile[] = [];
    try {
      const report = new Report(print);
      const exit = await suiteEnd(browser, address(server.port, opened), report);
      logs = exit.logs;
      const result = report.verdict(exit.code);
      if (result.failures > 0) await keepLogs(logFolder(version, window), server.said(), logs);
      return result;
    } catch (error) {
      await keepLogs(logFolder(version, window), server.said(), logs);
      throw error;
    } finally {
      await server.end();
    }
  });
}

const mostOpenings = 3;

/** Opens it again where VS Code has not opened what its tests are for: none of them has run. */
async function runOpened(...window: Parameters<typeof runWindow>): Promise<Result> {
  for (let opening = 1; ; opening += 1) {
    try {
      return await runWindow(...window);
    } catch (error) {
      if (!(error instanceof NotOpened) || opening === mostOpenings) throw error;
      print(`  ${error.message}: it is opened again`);
    }
  }
}

/** Installs what a run needs. @returns a sentence where that is not possible. */
function lackOf(version: Version): Installed | string {
  const lack = browserLack();
  if (lack !== undefined) return lack;
  try {
    return installServer(version);
  } catch (error) {
    if (error instanceof MissingError) return error.message;
    throw error;
  }
}

async function main([version = "newest", ...names]: readonly string[]): Promise<void> {
  if (version !== "newest" && version !== "oldest") throw new Error(`no version ${version}: newest, oldest`);
  const wanted = windows.filter(({ name }) => names.length === 0 || names.includes(name));
  if (wanted.length === 0) throw new Error(`no such window: ${names.join(" ")}`);
  const installed = lackOf(version);
  if (typeof installed === "string") {
    print(installed);
    process.exitCode = summarize([{ passes: 0, failures: 0, pending: wanted.length }]);
    return;
  }
  const results: Result[] = [];
  const browser = await openBrowser();
  try {
    for (const window of wanted) {
      print(`\n  ${window.name}, VS Code ${version}`);
      results.push(await judged(runOpened(version, installed, browser, window)));
    }
  } finally {
    await browser.close();
  }
  process.exitCode = summarize(results);
}

void main(process.argv.slice(2));
