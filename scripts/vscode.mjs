/**
 * `npm run vscode`: installs and builds what is missing, then opens VS Code with the extension and a copy of the
 * sample. The desktop VS Code of @vscode/test-electron where it can be had; else, or with `-- --browser`, the VS Code
 * server, whose workbench any browser opens. Ctrl+C ends all of it and takes the copy away.
 */

import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { build, install, run, top } from "./prepare.mjs";
import { installExtension, installServer, MissingError, startServer } from "./vscodeServer.mjs";

const hasDisplay =
  process.platform !== "linux" || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

/** The program of a desktop VS Code, downloaded once below .vscode-test/; says in a sentence why there is none. */
async function desktop() {
  if (process.argv.includes("--browser")) return undefined;
  if (!hasDisplay) {
    console.log("There is no display for a desktop VS Code: this one opens in a browser.");
    return undefined;
  }
  const { downloadAndUnzipVSCode } = await import("@vscode/test-electron");
  return downloadAndUnzipVSCode("stable").catch((error) => {
    console.log(`A desktop VS Code cannot be downloaded (${error.message}): this one opens in a browser.`);
  });
}

/** Starts it with a profile of its own. @returns what waits for its end, and what ends it. */
function openDesktop(program, { at, sample }) {
  const child = spawn(
    program,
    [
      sample,
      `--extensionDevelopmentPath=${top}`,
      ...[`--user-data-dir=${at("user")}`, `--extensions-dir=${at("extensions")}`],
      ...["--disable-workspace-trust", "--disable-telemetry", "--disable-updates"],
      ...["--skip-welcome", "--skip-release-notes"],
      // Chromium starts for root only so.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
    { stdio: "ignore" },
  );
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { ended, end: () => void child.kill() };
}

/** Starts the VS Code server with the packaged extension, tells its address, and opens it where there is a screen. */
async function openServer({ at, sample }) {
  const installed = installServer("newest");
  const [vsix, dataFolder] = [at("boot-servers.vsix"), at("server")];
  run("npm", ["run", "--silent", "vsix", "--", "--out", vsix], { stdio: ["ignore", "ignore", "inherit"] });
  installExtension(installed, { dataFolder, vsix });
  const server = await startServer(installed, { dataFolder });
  const url = `http://127.0.0.1:${server.port}/?${new URLSearchParams({ folder: sample })}`;
  console.log(`Open ${url}`);
  // One that is not there, or finds no browser, is no trouble: the address is told.
  if (hasDisplay) spawn("xdg-open", [url], { stdio: "ignore" }).on("error", () => undefined);
  let ended;
  const ending = new Promise((resolve) => (ended = resolve));
  return { ended: ending, end: () => void server.end().then(ended) };
}

install();
build();
const folder = mkdtempSync(path.join(tmpdir(), "boot-servers-"));
const at = (name) => path.join(folder, name);
// Whatever ends this process, nothing of it stays.
process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
// A Ctrl+C before something was opened ends at once.
let end = () => process.exit(0);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => end());
try {
  const sample = at("firmware-drop");
  cpSync(path.join(top, "samples", "firmware-drop"), sample, { recursive: true });
  const program = await desktop();
  const opened = await (program === undefined
    ? openServer({ at, sample })
    : openDesktop(program, { at, sample }));
  end = opened.end;
  console.log("Ctrl+C ends it.");
  await opened.ended;
} catch (error) {
  if (!(error instanceof MissingError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
