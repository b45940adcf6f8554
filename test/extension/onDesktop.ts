/**
 * Runs the suite in a desktop VS Code, which @vscode/test-electron downloads once below .vscode-test/:
 * `npm run test:desktop [-- VERSION]`; on Linux without a screen `xvfb-run -a npm run test:desktop`.
 */

import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { downloadAndUnzipVSCode } from "@vscode/test-electron";
import { judged, print, Report, suiteVariable, summarize, type Result } from "./report";
import { extensionFolder, freePorts, suiteEntry, windows, withFixture, type Window } from "./windows";

/** Of a window, from its opening to its verdict. */
const limitMs = 180_000;

/** As `runTests` of test-electron gives them, but with workspace trust, which it always turns off. */
const testArgs = [
  "--no-sandbox",
  "--disable-gpu-sandbox",
  "--disable-updates",
  "--skip-welcome",
  "--skip-release-notes",
  "--disable-extensions",
  `--extensionDevelopmentPath=${extensionFolder}`,
  `--extensionTestsPath=${suiteEntry}`,
];

function runWindow(executable: string, window: Window): Promise<Result> {
  return withFixture(window, async (opened, fixture) => {
    const userData = fixture.at("user");
    await mkdir(join(userData, "User"), { recursive: true });
    const settings = { "security.workspace.trust.enabled": false, ...freePorts, ...window.settings };
    await writeFile(join(userData, "User", "settings.json"), JSON.stringify(settings));
    const report = new Report(print);
    const profile = [`--user-data-dir=${userData}`, `--extensions-dir=${fixture.at("extensions")}`];
    const child = spawn(executable, [opened === "" ? "--new-window" : opened, ...testArgs, ...profile], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, [suiteVariable]: window.name },
      timeout: limitMs,
      killSignal: "SIGKILL",
    });
    createInterface(child.stdout).on("line", (line) => {
      report.take(line);
    });
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (status, signal) => {
        if (signal === null) resolve(status ?? 1);
        else reject(new Error(`no verdict within ${limitMs / 1000} s (${signal})`));
      });
    });
    return report.verdict(code);
  });
}

async function main([version = "stable"]: readonly string[]): Promise<void> {
  const executable = await downloadAndUnzipVSCode({ version }).catch((error: unknown) => {
    print(`There is no desktop VS Code: its download host cannot be reached (${String(error)}).`);
    print("npm test runs the same suite in a VS Code server, which comes from npm.");
  });
  if (executable === undefined) {
    process.exitCode = 1;
    return;
  }
  const results: Result[] = [];
  for (const window of windows) {
    print(`\n  ${window.name}, desktop VS Code ${version}`);
    results.push(await judged(runWindow(executable, window)));
  }
  process.exitCode = summarize(results);
}

void main(process.argv.slice(2));
