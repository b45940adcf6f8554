/** What a fresh clone needs before anything runs: this Node, the packages, the bundles. Nothing but Node itself. */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const top = fileURLToPath(new URL("..", import.meta.url));

/** Runs a program to its end; ends this script with its exit code when that is not 0. */
export function run(command, args, options = {}) {
  const windows = process.platform === "win32";
  const { status, error } = spawnSync(command, args, {
    cwd: top,
    stdio: "inherit",
    shell: windows,
    ...options,
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Unix ms of the newest file at or below a path; 0 when it is not there. */
function newest(name) {
  const file = path.join(top, name);
  if (!existsSync(file)) return 0;
  const stat = statSync(file);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(file).map((child) => newest(path.join(name, child))));
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Boot Servers needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Installs the packages of the lockfile, unless they are there. */
export function install() {
  requireNode();
  if (newest("node_modules/.package-lock.json") >= newest("package-lock.json")) return;
  console.log("Installing the packages of package-lock.json …");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
}

/** Makes dist/, unless it is newer than everything it is made from. */
export function build() {
  const made = Math.min(newest("dist/cli.js"), newest("dist/extension.js"));
  const from = ["src", "package.json", "webpack.config.js", "tsconfig.build.json", "tsconfig.json"].map(
    newest,
  );
  if (made > Math.max(...from)) return;
  console.log("Building dist/ …");
  run("npx", ["webpack", "--mode", "production", "--stats", "errors-warnings"]);
}
