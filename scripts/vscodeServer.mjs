/**
 * A real VS Code without a desktop: the VS Code server that the npm package code-server carries, with a Node of its
 * own, installed once below .vscode-test/ and started on loopback. `node scripts/vscodeServer.mjs` installs both.
 */

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("..", import.meta.url));
const cache = path.join(top, ".vscode-test");

/** Both ends of what package.json's engines.vscode promises: VS Code 1.139.1 and 1.96.4. */
export const versions = {
  newest: { codeServer: "4.139.1", node: "24.21.0" },
  // Its shrinkwrap pins a dependency to a git host; without it npm has all of them.
  oldest: { codeServer: "4.96.4", node: "20.20.2", withoutShrinkwrap: true },
};

/** @typedef {keyof typeof versions} Version */
/** @typedef {{ node: string, main: string }} Installed Absolute paths of its Node and of its server. */

/** What is missing and what brings it: a sentence for the end of a run. */
export class MissingError extends Error {}

const quietly = [
  ...["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
  // A registry that is out of reach is told within seconds.
  ...["--fetch-retries=1", "--fetch-retry-mintimeout=1000"],
];

/** Runs npm to its end, with the Node of a folder where one is named. @throws MissingError with npm's first words. */
function npm(cwd, args, nodeFolder) {
  const { status, stderr, error } = spawnSync("npm", ["install", ...quietly, ...args], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      PATH: [...(nodeFolder ? [nodeFolder] : []), process.env.PATH].join(path.delimiter),
    },
  });
  if (status === 0) return;
  const said = (error?.message ?? stderr)
    .split("\n")
    .filter((line) => line.startsWith("npm error") || error)
    .slice(0, 4)
    .join("\n");
  throw new MissingError(
    `missing: the VS Code server (install: node scripts/vscodeServer.mjs, with the npm registry in reach); npm said:\n${said}`,
  );
}

/**
 * Installs what is not there yet: half a minute and 0.5 to 0.8 GB, once. None of its packages may run a script.
 * @param {Version} version
 * @returns {Installed}
 * @throws MissingError where it cannot be had.
 */
export function installServer(version) {
  if (process.platform !== "linux") {
    throw new MissingError(
      "missing: the VS Code server (it runs here on Linux only; npm run test:desktop runs the same suite)",
    );
  }
  const { codeServer, node, withoutShrinkwrap = false } = versions[version];
  const runtime = `node-linux-${process.arch}`;
  const folder = path.join(cache, `server-${codeServer}`);
  const below = (root) => ({
    node: path.join(root, "node_modules", runtime, "bin", "node"),
    inner: path.join(root, "node_modules", "code-server", "lib", "vscode"),
  });
  const { node: program, inner } = below(folder);
  const installed = { node: program, main: path.join(inner, "out", "server-main.js") };
  if (existsSync(folder)) return installed;

  console.log(`Installing the VS Code server of code-server ${codeServer} in .vscode-test/, once …`);
  // Made aside and renamed when complete, so that a half-made one is never taken for a whole one.
  const half = `${folder}.${process.pid}`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true });
  try {
    writeFileSync(path.join(half, "package.json"), '{ "private": true }\n');
    npm(half, [`code-server@${codeServer}`, `${runtime}@${node}`]);
    const made = below(half);
    if (withoutShrinkwrap) rmSync(path.join(made.inner, "npm-shrinkwrap.json"), { force: true });
    npm(
      made.inner,
      ["--omit=dev", ...(withoutShrinkwrap ? ["--no-package-lock"] : [])],
      path.dirname(made.node),
    );
    renameSync(half, folder);
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
  return installed;
}

/** The user's: `security.workspace.trust.enabled` counts nowhere else. */
const quietEditor = {
  "security.workspace.trust.enabled": false,
  "workbench.startupEditor": "none",
  "workbench.reduceMotion": "on",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "chat.disableAIFeatures": true,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "remote.autoForwardPorts": false,
  "extensions.autoUpdate": false,
  // As on a desktop; a browser's workbench saves by itself a second after a change.
  "files.autoSave": "off",
};

/** The servers that run, by the process group that each is. */
const groups = new Set();

/** Ends a group at once. */
function killGroup(group) {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // All of it has ended already.
  }
}

// Whatever ends this process first, an exception or Ctrl+C, leaves no server behind.
process.on("exit", () => groups.forEach(killGroup));

/**
 * What still runs of a process group. A process that has ended and waits to be reaped does not run: where the
 * first process of a container reaps nobody, an orphan stays that way.
 * @param {number} group
 * @returns {{ pid: number, parent: number, command: string }[]}
 */
export function processesOf(group) {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      // The name in parentheses may hold anything; what follows the last one is state, parent and group.
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "");
      const [state, parent, itsGroup] = stat.split(" ");
      if (state === "Z" || Number(itsGroup) !== group) return [];
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return [{ pid: Number(pid), parent: Number(parent), command }];
    } catch {
      return []; // It ended while we looked.
    }
  });
}

/** Resolves when nothing of the process group runs. @throws after a minute. */
async function groupEnded(group) {
  const deadline = Date.now() + 60_000;
  while (processesOf(group).length > 0) {
    if (Date.now() > deadline) {
      throw new Error(`these do not end: ${JSON.stringify(processesOf(group))}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Starts a server on a free port of loopback. Its children, the extension host among them, end with it.
 * @param {Installed} installed
 * @typedef {object} ServerOptions
 * @property {string} dataFolder everything that it writes goes there.
 * @property {readonly string[]} [args]
 * @property {object} [settings] of the user, over the quiet ones.
 * @property {object} [machineSettings] settings of the scope `machine`: a server takes them from nowhere else.
 * @property {Record<string, string>} [env] over this process's own; extensions see it.
 * @property {readonly string[]} [wrapper] a program and its arguments that start it elsewhere.
 *
 * @param {ServerOptions} options
 * @returns {Promise<{ port: number, group: number, said: () => string, end: () => Promise<void> }>}
 *   group: the process group of all that it starts; said: all it wrote so far.
 */
export async function startServer(installed, options) {
  const { dataFolder, args = [], settings = {}, machineSettings = {}, env = {}, wrapper = [] } = options;
  for (const [of, values] of [
    ["User", { ...quietEditor, ...settings }],
    ["Machine", machineSettings],
  ]) {
    const folder = path.join(dataFolder, "data", of);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "settings.json"), JSON.stringify(values, null, 2));
  }
  const [file, ...words] = [...wrapper, installed.node, installed.main, ...serverArgs(dataFolder), ...args];
  const child = spawn(file, words, {
    // A group of its own, so that whatever it starts can be ended with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    // Without a gallery it does not look for one again and again.
    env: { ...process.env, EXTENSIONS_GALLERY: "{}", ...env },
  });
  if (child.pid !== undefined) groups.add(child.pid);
  let output = "";
  const end = async () => {
    if (child.pid === undefined) return;
    killGroup(child.pid);
    await groupEnded(child.pid);
    groups.delete(child.pid);
  };
  const port = await new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new Error(`the VS Code server did not listen within 2 min:\n${output}`));
    }, 120_000);
    const hear = (chunk) => {
      output += chunk;
      const found = /Extension host agent listening on (\d+)/.exec(output);
      if (!found) return;
      clearTimeout(late);
      resolve(Number(found[1]));
    };
    child.stdout.setEncoding("utf8").on("data", hear);
    child.stderr.setEncoding("utf8").on("data", hear);
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(late);
      reject(new Error(`the VS Code server ended with ${code} before it listened:\n${output}`));
    });
  }).catch(async (error) => {
    await end();
    throw error;
  });
  return { port, group: child.pid ?? 0, said: () => output, end };
}

const serverArgs = (dataFolder) => [
  "--accept-server-license-terms",
  "--without-connection-token",
  ...["--host", "127.0.0.1", "--port", "0"],
  ...["--server-data-dir", dataFolder],
  ...["--telemetry-level", "off"],
];

/**
 * Installs a .vsix where a server with this data folder finds it.
 * @param {Installed} installed
 * @param {{ dataFolder: string, vsix: string }} options
 */
export function installExtension(installed, { dataFolder, vsix }) {
  const { status, stdout, stderr } = spawnSync(
    installed.node,
    [installed.main, ...serverArgs(dataFolder), "--install-extension", vsix],
    { encoding: "utf8", env: { ...process.env, EXTENSIONS_GALLERY: "{}" } },
  );
  // It ends with 0 whatever happens; only its words tell.
  if (status !== 0 || !stdout.includes("was successfully installed"))
    throw new Error(`${vsix} was not installed:\n${stdout}${stderr}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const version of /** @type {Version[]} */ (Object.keys(versions))) {
      const { main } = installServer(version);
      const { version: vscode } = JSON.parse(readFileSync(path.join(main, "../../package.json"), "utf8"));
      console.log(`VS Code ${vscode}, ${version}: installed`);
    }
  } catch (error) {
    if (!(error instanceof MissingError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
