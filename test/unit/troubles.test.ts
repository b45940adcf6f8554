/** Whatever goes wrong, a row or a line says what happened to what, and what to do (issue 7). */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** Codes of what somebody did on purpose, of what passes by itself, and of replies to a program that spoke wrongly. */
const nothingToDo = new Set([
  "bootp.notAsked",
  "dhcp.asking",
  "dhcp.nak",
  "engine.gone",
  "fault.injected",
  "ftp.aborted",
  "ftp.asciiSize",
  "ftp.command",
  "ftp.family",
  "ftp.login",
  "ftp.restart",
  "ftp.stopped",
  "ftp.stopping",
  "ftp.syntax",
  "name.absolute",
  "name.file",
  "name.folder",
  "port.high",
  "proxy.notPxe",
  "run.cancelled",
  "run.failed",
  "server.stopped",
  "tftp.askedAgain",
  "transfer.cancelled",
  "workspace.virtual",
]);

interface Written {
  readonly at: string;
  readonly code: string;
  readonly remedy: boolean;
}

/** Every `{ code: "x.y", message }` of a file; one that spreads another has that one's remedy. */
function troublesOf(file: string): Written[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const found: Written[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node)) {
      const values = new Map(node.properties.map((property) => [property.name?.getText(), property]));
      const code = values.get("code");
      if (values.has("message") && code !== undefined && ts.isPropertyAssignment(code)) {
        const { initializer } = code;
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        if (ts.isStringLiteral(initializer))
          found.push({
            at: `${file}:${line + 1}`,
            code: initializer.text,
            remedy: values.has("remedy") || node.properties.some(ts.isSpreadAssignment),
          });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Flags of `serve` that are settings in VS Code, where the same sentence stands in a view. */
const settable = /--(?:address|servers|answer|uploads|allow|limit)\b/;

/** The texts of a file that name such a flag and no setting. */
function flagsWithoutSetting(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
      const text = node.getText();
      if (settable.test(text) && !text.includes("bootServers.")) found.push(`${file}: ${text}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe("every trouble", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  // What the doctor found in order is a check, and no trouble.
  const all = files
    .filter((name) => !/[\\/]doctor[\\/]/.test(name))
    .flatMap((name) => troublesOf(join("src", name)))
    .filter(({ code }) => code.includes("."));

  it("says what to do, where there is something to do", () => {
    assert.ok(all.length > 100, `${all.length} were found`);
    const silent = all.filter(({ code, remedy }) => !remedy && !nothingToDo.has(code));
    assert.deepEqual(silent, []);
  });

  it("that a flag mends names the setting as well: whoever reads it in VS Code types no flags", () => {
    const shared = files.filter((name) => /^(?:protocol|model|engine)\b/.test(name));
    assert.ok(shared.length > 100, `${shared.length} were found`);
    assert.deepEqual(
      shared.flatMap((name) => flagsWithoutSetting(join("src", name))),
      [],
    );
  });

  it("of the list without a remedy is still there", () => {
    const codes = new Set(all.filter(({ remedy }) => !remedy).map(({ code }) => code));
    assert.deepEqual(
      [...nothingToDo].filter((code) => !codes.has(code)),
      [],
    );
  });
});
