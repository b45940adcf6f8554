/**
 * `npm test`: installs, builds, and runs every suite; `npm test -- unit socket` runs those.
 * Ends with one line, `N passed, N failed`, summed over all of them. A check of the code (format, lint, types)
 * counts as one test each. What this machine cannot run is named; with CI=true that is a failure.
 */

import { spawn } from "node:child_process";
import { build, install, top } from "./prepare.mjs";

const mocha = (folder) => ["npx", "mocha", `test/${folder}/**/*.test.ts`];
const inVsCode = (version) => ["node", "--import", "tsx", "test/extension/inServer.ts", version];

const suites = {
  format: ["npx", "prettier", "--check", "--log-level", "warn", "."],
  lint: ["npx", "eslint", ".", "--max-warnings", "0"],
  types: ["npx", "tsc", "-p", "tsconfig.json"],
  pure: ["npx", "tsc", "-p", "tsconfig.pure.json"],
  unit: mocha("unit"),
  socket: mocha("socket"),
  package: mocha("package"),
  // Each file makes a network of its own, so that two may run side by side.
  interop: [...mocha("interop"), "--parallel", "--jobs", "2"],
  // In the extension host of the newest and of the oldest VS Code that package.json promises.
  extension: inVsCode("newest"),
  "extension-oldest": inVsCode("oldest"),
  ui: mocha("ui"),
  "ui-oldest": mocha("ui"),
};

/** Lines that a suite's failures take at the end. */
const longestDetails = 120;

/**
 * So long a suite may be silent that has told its summary; a test that failed may have left something open. Longer than
 * a window of the extension's, each of which has one.
 */
const patienceMs = 11 * 60_000;

/** One test each: they end well or not. All other suites tell their tests as mocha does. */
const checks = ["format", "lint", "types", "pure"];

/** The suite that runs. */
let running;

/** Ends it with all that it has started. */
function endRunning(signal) {
  if (running?.pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? running.pid : -running.pid, signal);
  } catch {
    // It has ended already.
  }
}

// Ctrl+C at a terminal reaches this process alone.
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
]) {
  process.on(signal, () => {
    endRunning(signal);
    process.exit(code);
  });
}

/** Runs one suite, showing its output, and counts its tests. */
function runSuite(name, [command, ...args]) {
  return new Promise((resolve) => {
    const started = Date.now();
    console.log(`\n── ${name}`);
    const child = spawn(command, args, {
      cwd: top,
      stdio: ["ignore", "pipe", "inherit"],
      // A group of its own, so that it can be ended with all that it has started.
      detached: process.platform !== "win32",
      shell: process.platform === "win32",
      env: {
        ...process.env,
        FORCE_COLOR: process.stdout.isTTY ? "1" : "0",
        ...(name === "ui-oldest" && { BOOT_SERVERS_VSCODE: "oldest" }),
      },
    });
    running = child;
    let output = "";
    let silence;
    child.stdout.on("data", (chunk) => {
      output += chunk;
      process.stdout.write(chunk);
      clearTimeout(silence);
      if (!/^\s+\d+ passing/m.test(output)) return;
      silence = setTimeout(() => {
        console.log(`${name} does not end: something that it opened is left`);
        endRunning("SIGKILL");
      }, patienceMs);
    });
    child.on("close", (status) => {
      running = undefined;
      clearTimeout(silence);
      // The last summary that mocha printed; a check without one is a single test.
      const plain = output.replace(/\u001b\[[0-9;]*m/g, "");
      const count = (word) =>
        Number([...plain.matchAll(new RegExp(`^\\s+(\\d+) ${word}`, "gm"))].at(-1)?.[1] ?? 0);
      const isCheck = checks.includes(name);
      const passed = isCheck ? Number(status === 0) : count("passing");
      const skipped = count("pending");
      const failing = isCheck ? Number(status !== 0) : count("failing");
      // A suite that ends badly without a failing test (a crash, nothing executed) has failed all the same.
      const crashed = failing === 0 && (status !== 0 || passed + skipped === 0);
      const failed = failing + Number(crashed) + (process.env.CI === "true" ? skipped : 0);
      if (crashed) console.log(`${name} ended with exit code ${status} and no failing test`);
      // What failed and why, to be said once more at the end: a long log is read from there.
      const words = failing > 0 ? plain.slice(Math.max(0, plain.search(/^\s+[1-9]\d* failing$/m))) : plain;
      const lines = words.trimEnd().split("\n");
      const details = failing > 0 ? lines.slice(0, longestDetails) : lines.slice(-longestDetails);
      console.log(
        `${name}: ${passed} passed, ${failed} failed, ${((Date.now() - started) / 1000).toFixed(1)} s`,
      );
      resolve({ name, passed, failed, skipped, details: details.join("\n") });
    });
  });
}

install();
build();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(`No suite ${unknown.join(", ")}; there are: ${Object.keys(suites).join(", ")}.`);
  process.exit(2);
}
const results = [];
for (const [name, command] of Object.entries(suites)) {
  if (wanted.length === 0 || wanted.includes(name)) results.push(await runSuite(name, command));
}
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
const skipped = sum("skipped");
console.log("");
for (const { name, failed, details } of results) {
  if (failed > 0) console.log(`${name}: ${failed} failed\n${details}\n`);
}
if (skipped > 0)
  console.log(`${skipped} not run: what they need is named above, with the command that installs it`);
console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
process.exit(sum("failed") > 0 ? 1 : 0);
