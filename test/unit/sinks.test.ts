/** What a person reads, in every place where it is read: nothing that a peer chose steers it (security §4.4, S17). */

import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { formatChecks } from "../../src/cli/doctor";
import { junitOfError, junitOfReport } from "../../src/cli/junit";
import { colour, formatBoard, formatError, formatReport, formatStep, formatSubject, noColour, type Paint } from "../../src/cli/print"; // prettier-ignore
import { formatBar, Screen } from "../../src/cli/progress";
import { describeRow } from "../../src/cli/rows";
import { jsonReporter } from "../../src/cli/serveReport";
import { EngineError } from "../../src/engine/errors";
import { bootLogText } from "../../src/extension/bootLog/bootLogText";
import { outcomeText } from "../../src/extension/manifest/outcomeText";
import { checkText } from "../../src/extension/network/checkText";
import { failureNotice } from "../../src/extension/network/failureNotice";
import { addAlias, edited, listClient, newPlan } from "../../src/extension/plan/planText";
import { reportText } from "../../src/extension/tests/reportText";
import { failureText, outputLines, sideText } from "../../src/extension/tests/stepText";
import { Boots } from "../../src/extension/timeline/boots";
import { page } from "../../src/extension/timeline/page";
import { textOf } from "../../src/extension/timeline/shape";
import { clientItems } from "../../src/extension/views/clientItems";
import type { Item } from "../../src/extension/views/item";
import { serverItems, serversMessage } from "../../src/extension/views/serverItems";
import { statusText } from "../../src/extension/views/statusText";
import { transferItems } from "../../src/extension/views/transferItems";
import { inMarkdown, quoted, unadorned } from "../../src/extension/words";
import { BootLogs } from "../../src/model/bootLog";
import { summaryOf, type Check } from "../../src/model/checks";
import { faultsInjected, planNotTaken } from "../../src/model/events";
import type { BootLineRow, ClientRow, LogRow, ReportRow, Row, ServerRow, StepRow, TransferRow, Trouble } from "../../src/model/events"; // prettier-ignore
import { nextServerLines } from "../../src/model/nextServer";
import { packetComment } from "../../src/model/packetWords";
import { parsePlan } from "../../src/model/planParser";
import { printableJson, visible } from "../../src/model/text";
import { encodePacket } from "../../src/protocol/bootp/packet";
import { encodeError, encodeOack, encodeRequest } from "../../src/protocol/tftp/packet";
import { every } from "../support/boots";
import { aRequest } from "../support/bootp";
import { forged, hostileTexts } from "../support/hostileTexts";
import { seenPacket } from "../support/seenPacket";

const now = 1_000_000_000_000;
/** The user's own words. */
const verified = { folder: "drop", target: "192.0.2.1" };
const mac = "52:54:00:12:34:56";

const troubleOf = (text: string): Trouble => ({ code: "x.y", message: text, remedy: text });
/** A step's sentence may have lines: they are ours, since what it quotes was escaped when it was made. */
const quotingTrouble = (text: string): Trouble => troubleOf(`it says "${visible(text)}"`);

const serverRow = (text: string, state: ServerRow["state"]): ServerRow => ({
  type: "server",
  id: "tftp",
  protocol: "tftp",
  state,
  addresses: ["192.168.7.1"],
  port: 69,
  warnings: [troubleOf(text)],
  ...(state !== "running" && { trouble: troubleOf(text) }),
});
const transferRow = (text: string, state: TransferRow["state"]): TransferRow => ({
  type: "transfer",
  id: `tftp-${state}`,
  protocol: "tftp",
  direction: "read",
  file: text,
  servedFile: `${text}.served`,
  root: text,
  address: "192.168.7.10",
  port: 1234,
  localAddress: "192.168.7.1",
  state,
  bytes: 450,
  size: 1000,
  startedAt: now - 1000,
  bytesPerSecond: 2048,
  options: { mode: text },
  retransmissions: 1,
  nearest: [text],
  trouble: troubleOf(text),
  ...(state === "running" ? { waitingSince: now - 500 } : { endedAt: now }),
});
const clientRow = (text: string, stage: ClientRow["stage"]): ClientRow => ({
  type: "client",
  id: `${stage} ${text}`,
  name: text,
  mac,
  address: "192.168.7.10",
  vendorClass: text,
  stage,
  detail: text,
  file: text,
  why: text,
  root: text,
  trouble: troubleOf(text),
  verification: false,
});
const logRow = (text: string): LogRow => ({
  type: "log",
  id: "log-1",
  at: now,
  level: "info",
  message: text,
});
const bootLine = (text: string): BootLineRow => ({
  type: "bootLine",
  id: "line-1",
  client: text,
  boot: 1,
  at: now,
  protocol: "tftp",
  event: "request",
  request: text,
  answer: text,
  note: text,
  diagnosis: { code: "x.y", message: text },
});
const stepRow = (text: string, state: StepRow["state"]): StepRow => ({
  type: "step",
  id: "step-1",
  client: text,
  kind: "ftp",
  name: text,
  state,
  at: { file: text, line: 1, column: 1, end: { line: 1, column: 2 } },
  expected: text,
  got: text,
  from: text,
  compared: true,
  durationMs: 12,
  warnings: [text],
  options: { [text]: text },
  ...(state !== "passed" && { trouble: quotingTrouble(text) }),
});
const reportRow = (text: string): ReportRow => ({
  type: "report",
  ok: false,
  verdict: text,
  notes: [text],
  refused: { [text]: 2 },
  steps: [stepRow(text, "failed"), stepRow(text, "passed"), stepRow(text, "skipped")],
  startedAt: now,
  durationMs: 12,
});
const check = (text: string): Check => ({ type: "check", about: text, state: "problem", ...troubleOf(text) });

const transferStates = ["running", "finished", "failed", "refused", "probe", "cancelled"] as const;
const stages = ["listed", "seen", "refused", "answered", "loading", "silent", "booted"] as const;
const serverStates = ["running", "waiting", "failed"] as const;

const rowsOf = (text: string): Row[] => [
  ...serverStates.map((state) => serverRow(text, state)),
  ...transferStates.map((state) => transferRow(text, state)),
  ...stages.map((stage) => clientRow(text, stage)),
  logRow(text),
  bootLine(text),
];

const itemTexts = (items: readonly Item[]): string[] =>
  items.flatMap(({ label, description = "", tooltip = "", spoken, children = [] }) => [
    label,
    description,
    tooltip,
    spoken,
    ...itemTexts(children),
  ]);

/** What the command line writes, in the given colours. */
const spoken = (text: string, paint: Paint): string[] => [
  ...rowsOf(text).flatMap((row) => {
    const line = describeRow(row, undefined);
    return line === undefined ? [] : paint(line.tone, line.text);
  }),
  ...reportRow(text).steps.flatMap((step) => formatStep(step, paint)),
  ...formatReport(reportRow(text), paint),
  ...formatBoard(text),
  ...formatSubject({ name: text, ports: { bootp: 1, tftp: 2, ftp: 3 }, whole: false } as never, text, paint),
  ...formatChecks([check(text)], summaryOf([check(text)], []), paint),
  formatError(new EngineError(quotingTrouble(text))),
  formatBar({ about: "tftp", name: text, bytes: 1, note: text }, 200),
];

/** The two boots of a board, side by side, and each of them open; what goes back to the extension is seen nowhere. */
function timelineTexts(text: string): string[] {
  const boots = new Boots();
  const rows = [clientRow(text, "loading"), ...transferStates.map((state) => transferRow(text, state))];
  for (const row of [...rows, bootLine(text)]) boots.take(row, now);
  const [boot] = boots.all;
  assert.ok(boot);
  const all = [{ ...boot, id: "later", startedAt: now }, boot];
  const ids = all.map(({ id }) => id);
  const drawn = page(all, { compare: ids, open: ids }, now);
  const attributes = every(drawn).flatMap((shape) => Object.entries(shape.attributes));
  return [
    textOf(drawn),
    ...attributes.flatMap(([name, value]) => (/^data-(id|key)$/.test(name) ? [] : value)),
  ];
}

/** What Wireshark shows beside packets that hold the text, as far as a packet can. */
function commentsWith(text: string): string[] {
  const file = text.slice(0, 100);
  const packets = [
    encodeRequest({ op: "RRQ", file: file.replaceAll("\0", ""), mode: "octet", options: new Map() }),
    encodeOack(new Map([[file.replaceAll("\0", ""), "1"]])),
    encodeError(0, text),
  ].map((bytes) => seenPacket(bytes));
  const board = seenPacket(encodePacket(aRequest({ file })), { protocol: "bootp" });
  return [...packets, board].map((packet) => packetComment(packet) ?? "");
}

/** As a stream of the process takes it. */
function written(write: (out: Writable) => void): string {
  let all = "";
  const out = new Writable({
    write(chunk: Buffer, _, done) {
      all += chunk.toString();
      done();
    },
  });
  write(out);
  return all;
}

/** Each place by its name, with all that it shows of a text. */
const sinks: Readonly<Record<string, (text: string) => readonly string[]>> = {
  "the terminal, without colour": (text) => spoken(text, noColour),
  // Our own colours are not the peer's.
  "the terminal, in colour": (text) =>
    spoken(text, colour).map((line) => line.replace(/\u001b\[\d+(;\d+)*m/g, "")),
  "the terminal, with bars": (text) => {
    let all = "";
    const screen = new Screen({ isTTY: true, columns: 200, write: (part) => (all += part) });
    screen.show([{ about: "tftp", name: text, bytes: 1 }]);
    screen.line("a line");
    screen.clear();
    return [all.replace(/\u001b\[\d*[AJ]/g, "").replaceAll("\r", "")];
  },
  "serve --json": (text) => [
    written((out) => {
      const reporter = jsonReporter(out);
      reporter.ready([serverRow(text, "failed")]);
      for (const row of rowsOf(text)) reporter.row(row);
      reporter.end();
    }),
  ],
  "verify --json": (text) => [printableJson(stepRow(text, "failed")), printableJson(reportRow(text))],
  "JUnit XML": (text) => [
    junitOfReport(reportRow(text), verified),
    junitOfError(new EngineError(quotingTrouble(text)), verified, now),
  ],
  "the views": (text) => {
    const transfers = transferStates.map((state) => transferRow(text, state));
    const clients = stages.map((stage) => clientRow(text, stage));
    return itemTexts([
      ...transferItems(transfers, () => text, now),
      ...clientItems(clients, transfers, now),
      ...serverStates.flatMap((state) => serverItems([serverRow(text, state)], new Map(), now)),
    ]);
  },
  "the status bar": (text) => {
    const servers = serverStates.map((state) => serverRow(text, state));
    const { text: shown, tooltip, spoken } = statusText(servers, [transferRow(text, "running")], text);
    // It has an icon of ours, and nothing of a peer's but below the pointer.
    assert.match(shown, /^\$\(broadcast\) [\w .·%,:]+$/);
    return [tooltip, spoken];
  },
  "the document of a boot log": (text) => {
    const logs = new BootLogs();
    // What it means is ours.
    const { diagnosis, ...line } = bootLine(text);
    logs.apply({ ...line, client: mac });
    return bootLogText(logs, mac, clientRow(text, "booted")).split("\n");
  },
  "the timeline": timelineTexts,
  "the comments of captured packets": commentsWith,
  "the log of VS Code": (text) => [unadorned(text)],
  "the output of a test run": (text) => reportRow(text).steps.flatMap(outputLines),
  "the message of a test": (text) => [failureText(stepRow(text, "failed")), sideText(text)],
  "what is copied from a row": (text) => [quoted(text)],
  "lines for another DHCP server": (text) =>
    nextServerLines({ name: text, mac, server: "192.168.7.1", file: "u-boot.bin" }).flatMap(
      ({ lines }) => lines,
    ),
};

/** Where `$(icon)` and `[text](link)` mean something. */
const sinksWithIcons: Readonly<Record<string, (text: string) => readonly string[]>> = {
  "the notification of servers that failed": (text) => [failureNotice([serverRow(text, "failed")]).message],
  "a notification, a quick pick": (text) => [unadorned(text)],
  "the message above the servers": (text) => {
    const warnings = [faultsInjected, planNotTaken].map((code) => ({ ...troubleOf(text), code }));
    return [serversMessage([{ ...serverRow(text, "running"), warnings }]) ?? ""];
  },
  "the lens of a manifest's line": (text) =>
    (["failed", "skipped", "passed"] as const).map((state) => {
      const outcomes = [{ step: stepRow(text, state), startedAt: now } as never, { step: stepRow(text, state), startedAt: now } as never]; // prettier-ignore
      return (outcomeText(outcomes) ?? "").replace(/^\$\([a-z-]+\)/, "");
    }),
};

const documents: Readonly<Record<string, (text: string) => string>> = {
  "the report of a verification": (text) =>
    reportText(reportRow(text), { folder: text, subject: text, version: "1" }),
  "the check of this machine": (text) =>
    checkText([check(text)], { folder: text, addresses: [], version: "1", launch: [text] }),
};

/** What no reader may get: controls, bidi and format characters, lone surrogates. Lines and zero-width spaces are ours. */
const raw = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

/** What Azure Pipelines, TeamCity and GitHub carry out, wherever it stands in a log. */
const runnerCommand = /##\w*\[/;

function assertUnsteered(place: string, text: string, shown: string): void {
  const ours = shown.replace(/\n/g, "").replace(/(?<=[$\]])\u200b(?=\()/g, "");
  assert.doesNotMatch(ours, raw, `${place}: ${JSON.stringify(text)}`);
  assert.doesNotMatch(shown, runnerCommand, `${place}: ${JSON.stringify(text)}`);
  for (const line of shown.split("\n")) {
    assert.ok(!line.trimStart().startsWith(forged), `${place}: a line was forged by ${JSON.stringify(text)}`);
  }
}

describe("what a peer chose steers nobody who reads it", () => {
  assert.ok(hostileTexts.length >= 40);

  for (const [place, show] of Object.entries({ ...sinks, ...sinksWithIcons })) {
    it(`in ${place}`, () => {
      assert.ok(show("plain").join("").includes("plain"), "it shows nothing of the text");
      for (const text of hostileTexts) for (const shown of show(text)) assertUnsteered(place, text, shown);
    });
  }

  for (const [place, show] of Object.entries(sinksWithIcons)) {
    it(`and makes no icon and no link in ${place}`, () => {
      for (const text of hostileTexts)
        for (const shown of show(text)) assert.doesNotMatch(shown, /\$\([a-z]|\]\(/, JSON.stringify(text));
    });
  }

  for (const [place, show] of Object.entries(documents)) {
    it(`and makes no link, image, code, table or heading in ${place}`, () => {
      const plain = show("plain").split("\n").length;
      for (const text of hostileTexts) {
        const document = show(text);
        assertUnsteered(place, text, document);
        assert.equal(document.split("\n").length, plain, `a line more by ${JSON.stringify(text)}`);
        const unescaped = document.replace(/\\[\\`*_{}[\]<>|#~!&]/g, "");
        for (const sign of ["](", "<img", "<!--", "`code`", "a | b", "**bold"])
          assert.ok(!unescaped.includes(sign), `${place}: ${sign} of ${JSON.stringify(text)}`);
      }
    });
  }

  it("and every line of --json is one object that says what was meant", () => {
    for (const text of hostileTexts) {
      const lines = sinks["serve --json"]!(text).join("").trimEnd().split("\n");
      assert.equal(lines.length, rowsOf(text).length + 1);
      const rows = lines.map((line) => JSON.parse(line) as Row);
      // A lone surrogate is no text of UTF-8; as `\ud83d` it stands in JSON all the same.
      assert.deepEqual(rows.slice(1), JSON.parse(JSON.stringify(rowsOf(text))));
    }
  });

  it("and JUnit XML has the elements that it has without it", () => {
    const names = (text: string): string[] =>
      [
        ...sinks["JUnit XML"]!(text)
          .join("")
          .matchAll(/<[/!?]?[\w[-]+/g),
      ].map(([name]) => name);
    const expected = names("plain");
    for (const text of hostileTexts) assert.deepEqual(names(text), expected, JSON.stringify(text));
  });

  it("and a plan that lists a board or serves a file by such a name is still a plan, with nothing more in it", () => {
    for (const text of hostileTexts.filter((each) => each.length < 1_000)) {
      const listed = edited(newPlan, listClient(newPlan, { name: text, mac }));
      const served = edited(listed, addAlias(listed, text, "u-boot.bin"));
      assert.doesNotMatch(served.replace(/\n/g, ""), /[\p{Cc}\u2028\u2029]/u, JSON.stringify(text));
      const { plan, problems } = parsePlan(served, "boot-plan.json");
      // The name policy may refuse the name; then that is what is said, at its place.
      if (plan === undefined) assert.ok(problems.every(({ message }) => !raw.test(message)));
      else assert.deepEqual(Object.keys(plan.aliases), [text]);
    }
  });

  it("and in Markdown stands as it is", () => {
    assert.equal(inMarkdown("[a](b) `c` | d"), "\\[a\\](b) \\`c\\` \\| d");
  });
});
