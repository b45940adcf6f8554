/** What people and peers write as text: command lines of FTP, manifests and sums, plans. */

import assert from "node:assert/strict";
import type { Edit } from "jsonc-parser";
import { changedFolder } from "../../src/engine/ftpServer/commands";
import { CommandReader, parseCommand, tooLong } from "../../src/engine/ftpServer/commandReader";
import { activePort } from "../../src/engine/ftpServer/dataChannel";
import { Failure } from "../../src/engine/ftpServer/replies";
import {
  addAlias,
  addToBootSequence,
  edited,
  editsFor,
  listClient,
  renameInPlan,
  serveToClient,
} from "../../src/extension/plan/planText";
import { dropsToVerify, manifestsOf, publishedFiles } from "../../src/model/drop";
import { formatLeases, parseLeases } from "../../src/model/leaseFile";
import { parseManifest } from "../../src/model/manifest";
import { manifestFindings } from "../../src/model/manifestFindings";
import { checksumEdits, manifestLines, renameEdits } from "../../src/model/manifestLines";
import { checkName, protectedRule } from "../../src/model/names";
import type { Plan, Problem } from "../../src/model/plan";
import { lacksOf, pathsOf } from "../../src/model/planFiles";
import { mergePlans, parsePlan, type ParsedPlan } from "../../src/model/planParser";
import { parseSums } from "../../src/model/sums";
import { holdsControl, printable } from "../../src/model/text";
import { decodeText, encodeText } from "../../src/protocol/bytes";
import { nameCorpus } from "../support/nameCorpus";
import { corpus } from "./corpus";
import type { Target } from "./fuzz";
import { mutatedJson, oneOf } from "./mutations";

/** Whatever a person is told has a place and steers no terminal. */
function assertTold(problems: readonly Problem[]): string {
  for (const { line, column, message } of problems) {
    assert.ok(line >= 1 && column >= 1, `${line}:${column}`);
    assert.ok(!holdsControl(message), message);
  }
  return problems[0]?.message.replace(/"[^"]*"/g, '""') ?? "";
}

/** A name that is allowed stays below the root, and stays what it is. */
function judged(name: string): string {
  const checked = checkName(name);
  if ("refused" in checked) return checked.refused.code;
  assert.ok(!/^\/|(^|\/)\.\.?(\/|$)|\\|\0/.test(checked.path), printable(name));
  // Nothing is left of the served root's own name.
  if (checked.path !== "") assert.deepEqual(checkName(checked.path), checked);
  return protectedRule(checked.path)?.code ?? "";
}

const peer = "192.0.2.7";

/** What a Failure says; anything else is thrown on. */
function failing(run: () => string): string {
  try {
    return run();
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

function argumentOf(line: string): string {
  const { verb, argument } = parseCommand(line);
  assert.ok(!holdsControl(printable(line)));
  if (verb === "PORT" || verb === "EPRT") {
    return failing(() => {
      assert.ok(activePort(verb, argument, peer) >= 1024);
      return verb;
    });
  }
  const folder = failing(() => {
    const path = changedFolder("sub", argument);
    assert.ok(!path.split("/").includes(".."), path);
    return "folder";
  });
  return `${folder} ${judged(argument)}`;
}

export function ftpTarget(): Target {
  const newReader = (): CommandReader => new CommandReader(4096);
  let reader = newReader();
  return {
    name: "ftp",
    inputs: [...corpus("ftp"), ...nameCorpus.map(([name]) => encodeText(`RETR ${name}\r\n`))],
    words: [
      "\r\n",
      "USER ",
      "PORT ",
      "EPRT |1|",
      "RETR ",
      "../",
      "\u00ff\u00f4\u00f2",
      "ABOR",
      "-la ",
      "%00",
      "C:\\",
    ],
    run(input, random) {
      const cut = Math.floor(random() * input.length);
      const ends: string[] = [];
      for (const chunk of [input.subarray(0, cut), input.subarray(cut)]) {
        const lines = reader.push(chunk);
        if (lines === tooLong) {
          reader = newReader();
          return "too long";
        }
        ends.push(...lines.map(argumentOf));
      }
      return ends.join();
    },
  };
}

const found = { size: 4096, sha256: "0".repeat(64) };

export function manifestTarget(): Target {
  return {
    name: "manifest",
    inputs: [...corpus("manifest"), ...nameCorpus.map(([name]) => encodeText(`label: ${name}\n`))],
    words: [
      ": ",
      "\r\n",
      "\n",
      "#",
      "sha256=",
      "size=",
      "../",
      "\ufeff",
      "0".repeat(64),
      "  *",
      "SHA256 (",
      ") = ",
    ],
    run(input) {
      const text = decodeText(input);
      const { entries, problems } = parseManifest(text, "copy-files4.rc");
      for (const { file } of entries) assert.deepEqual(checkName(file), { path: file });
      const lines = manifestLines(text, "copy-files4.rc", entries);
      assert.equal(lines.length, entries.length);
      const findings = manifestFindings(lines, (file) => (file.length % 2 === 0 ? found : undefined), [
        "fw.bin",
      ]);
      checksumEdits(lines, () => found);
      renameEdits(lines, (file) => `${file}x`);
      const sums = parseSums(text, "SHA256SUMS");
      return [problems, findings, sums.problems].map(assertTold).join();
    },
  };
}

const other = {
  text: '{ "boot": "u-boot.bin", "clients": [{ "mac": "52:54:00:12:34:56" }] }',
  file: "local.json",
};

const client = { name: "b", mac: "02:00:00:00:00:01", address: "10.0.0.7" };
const changes: readonly ((text: string) => Edit[])[] = [
  (text) => listClient(text, client),
  (text) => serveToClient(text, client, "x.bin"),
  (text) => addToBootSequence(text, "x.bin"),
  (text) => addAlias(text, "a", "x.bin"),
  (text) => renameInPlan(text, [], () => "y.bin", "images"),
];

/** All that is asked of a plan without problems. */
function use(parsed: ParsedPlan, plan: Plan): void {
  for (const file of publishedFiles(plan)) assert.ok("path" in checkName(file), printable(file));
  assert.ok(dropsToVerify(plan).length >= 1);
  manifestsOf(plan);
  const there = pathsOf(plan, parsed.named).filter((_, index) => index % 2 === 1);
  lacksOf(parsed, plan, (path) => (there.includes(path) ? "file" : undefined));
}

export function planTarget(): Target {
  return {
    name: "plan",
    inputs: corpus("plan"),
    words: [
      '"',
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "//",
      "/*",
      '"boot"',
      '"clients"',
      "null",
      "-1",
      "1e999",
      "\\u0000",
      "52:54:00:*",
    ],
    invent: (inputs, random) => {
      try {
        return encodeText(JSON.stringify(mutatedJson(JSON.parse(decodeText(oneOf(random, inputs))), random)));
      } catch {
        return encodeText("{}"); // The input was no JSON.
      }
    },
    run(input, random) {
      // It is read up to four times below: by itself and merged, to be changed, and after the change.
      const text = decodeText(input.subarray(0, 2_048));
      const main = { text, file: "boot-plan.json" };
      const [below, above] = oneOf(random, [
        [main, undefined] as const,
        [main, other] as const,
        [other, main] as const,
      ]);
      const parsed = mergePlans(below, above);
      if (parsed.plan !== undefined) use(parsed, parsed.plan);
      const edits = editsFor(text, oneOf(random, changes));
      // What could be read can be read after a change.
      if (edits !== undefined && !parsed.problems.some(({ syntax }) => syntax === true)) {
        const after = parsePlan(edited(text, edits), "boot-plan.json").problems;
        assert.ok(!after.some(({ syntax }) => syntax === true), JSON.stringify(after));
      }
      parseLeases(text);
      formatLeases([{ key: "1:52", address: "10.0.0.1", until: 1 }]);
      return assertTold(parsed.problems);
    },
  };
}
