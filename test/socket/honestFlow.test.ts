/** The faults X29, X30 and the findings about basic-ftp, each on a scripted server, with the board that users have. */

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { networkBoard } from "../../src/engine/clients/networkBoard";
import { verifyFolder } from "../../src/engine/verification/verify";
import type { ReportRow } from "../../src/model/events";
import { sha256 } from "../support/files";
import { hurriedClock } from "../support/hurriedClock";
import { lyingFtp, lyingTftp, nobodysPort, type Liar } from "../support/liars";
import { randomBytes } from "../support/random";
import { scriptedBootp, type ScriptedReply } from "../support/scriptedBootp";
import { scriptedFtp, type ScriptedClient } from "../support/scriptedFtp";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { inWords } from "../support/verifyRun";

/** What 30 s are to a board, 1.5 s are here. */
const clock = hurriedClock(20);
type Files = Readonly<Record<string, string | Uint8Array>>;

/** Every file below a folder, with its content. */
async function contentOf(folder: TemporaryFolder): Promise<Record<string, string>> {
  const entries = await readdir(folder.path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const content: Record<string, string> = {};
  for (const file of files) content[file] = await readFile(file, "latin1");
  return content;
}

/** The messages of all faults: no two say the same. */
const messages = new Map<string, string>();

/** Verifies these files against these servers; nothing of the workspace may have changed. */
async function verify(
  files: Files,
  servers: { readonly bootp?: Liar; readonly tftp?: Liar; readonly ftp?: Liar },
): Promise<ReportRow> {
  const folder = await temporaryFolder(files);
  const nobody = await nobodysPort();
  const { bootp, tftp, ftp } = servers;
  try {
    const before = await contentOf(folder);
    const report = await verifyFolder(
      {
        folder: folder.path,
        target: "127.0.0.1",
        ports: { bootp: bootp?.port ?? nobody, tftp: tftp?.port ?? nobody, ftp: ftp?.port ?? nobody },
        bootp: bootp === undefined ? "skip" : "auto",
        options: new Map(),
      },
      {
        clock,
        io: networkBoard(clock, { tries: 3, tryMs: 8_000, ports: { client: 0, relay: 0 } }),
        createEngine: () => {
          throw new Error("there is a target");
        },
        runId: `honest-${process.pid}`,
        signal: new AbortController().signal,
        begin: () => undefined,
        step: () => undefined,
      },
    );
    assert.deepEqual(await contentOf(folder), before, "something of the workspace was overwritten");
    return report;
  } finally {
    await folder.remove();
    for (const server of [bootp, tftp, ftp]) await server?.close();
  }
}

/** Compares what is not as it should be, and holds it to the rule: never a pass, and a message of its own. */
function judge(report: ReportRow, name: string, says: readonly string[]): void {
  const bad = report.steps.filter(({ state }) => state !== "passed");
  assert.deepEqual(inWords(bad), says, report.verdict);
  assert.equal(report.ok, says.length === 0);
  for (const { trouble } of bad) assert.ok(trouble?.remedy, JSON.stringify(trouble));
  const message = bad[0]?.trouble?.message;
  if (message === undefined) return;
  assert.equal(messages.get(message), undefined, `"${message}" is said of two faults`);
  messages.set(message, name);
}

const loader = randomBytes(700, 1);
const list = "a: a.bin\nb: b.bin\n";
const [a, b] = [randomBytes(1000, 2), randomBytes(300, 3)];

describe("honest verdicts over BOOTP: what the client flow makes of a server (X29)", function () {
  this.timeout(60_000);
  const sequence = {
    ".vscode/boot-plan.json": `{ "boot": ["u-boot.bin", "second.bin"], "silentSeconds": 8 }`,
    "u-boot.bin": loader,
    "second.bin": b,
  };
  const inOrder = (question: number): readonly ScriptedReply[] =>
    question === 1 ? [{ file: "u-boot.bin" }] : question === 2 ? [{ file: "second.bin" }] : [];

  const faults: readonly (readonly [
    name: string,
    script: Parameters<typeof scriptedBootp>[0],
    says: readonly string[],
  ])[] = [
    ["does as the plan says", inOrder, []],
    ["answers only when it is asked again", (question, time) => (time === 2 ? inOrder(question) : []), []],
    ["answers everything twice", (question) => inOrder(question).flatMap((reply) => [reply, reply]), []],
    [
      "answers others' questions as well",
      (question) => [{ file: "evil.bin", xid: 7 }, ...inOrder(question)],
      [],
    ],
    ["is silent", () => [], ["failed bootp round 1 bootp.silent"]],
    [
      "names the same file for ever",
      () => [{ file: "u-boot.bin" }],
      ["failed bootp round 2 bootp.otherFile", "failed bootp silence bootp.notSilent"],
    ],
    [
      "goes on with the last file where it should be silent",
      (question) => (question < 3 ? inOrder(question) : [{ file: "second.bin" }]),
      ["failed bootp silence bootp.notSilent"],
    ],
    [
      "falls silent after the first file",
      (question) => (question === 1 ? inOrder(1) : []),
      ["failed bootp round 2 bootp.fewerRounds"],
    ],
    ["names no file", () => [{}], ["failed bootp round 1 bootp.noFile"]],
  ];
  for (const [name, script, says] of faults) {
    it(`a server that ${name}${says.length === 0 ? " passes" : " does not pass"}`, async () => {
      const bootp = await scriptedBootp(script);
      const tftp = await lyingTftp({ "u-boot.bin": loader, "second.bin": b });
      judge(await verify(sequence, { bootp, tftp }), name, says);
    });
  }

  it("a server that names new files for ever does not pass: it is left after 64 rounds", async () => {
    const bootp = await scriptedBootp((question) => [{ file: `new-${question}.bin` }]);
    const tftp = await lyingTftp({ "u-boot.bin": loader, "second.bin": b });
    const report = await verify(sequence, { bootp, tftp });
    const last = report.steps.filter(({ kind }) => kind === "bootp").at(-1);
    assert.equal(report.ok, false);
    assert.equal(last?.trouble?.code, "bootp.endless");
    assert.ok(report.steps.filter(({ kind }) => kind === "bootp").length <= 65);
  });
});

describe("honest verdicts on manifests and what they list (X30)", function () {
  this.timeout(60_000);

  interface Fault {
    readonly name: string;
    /** The manifest, on the target and in the workspace. */
    readonly manifest?: string;
    /** What the target has instead of the right files. */
    readonly served?: Readonly<Record<string, Uint8Array | "missing">>;
    readonly says: readonly string[];
    /** Files that came all the same. */
    readonly passed?: readonly string[];
  }
  const both = ["a.bin", "b.bin"];
  const faults: readonly Fault[] = [
    { name: "as it should be", says: [], passed: both },
    { name: "with CR LF", manifest: "a: a.bin\r\nb: b.bin\r\n", says: [], passed: both },
    { name: "with a byte order mark", manifest: `\ufeff${list}`, says: [], passed: both },
    { name: "with a file twice", manifest: `${list}again: a.bin\n`, says: [], passed: [...both, "a.bin"] },
    {
      name: "with a line without a colon",
      manifest: "a.bin\nb: b.bin\n",
      says: ["failed manifest list.rc line 1 manifest.invalid"],
      passed: ["b.bin"],
    },
    { name: "without a line", manifest: "# none\n", says: ["failed manifest list.rc manifest.empty"] },
    {
      name: "with a file that the target does not have",
      served: { "a.bin": "missing" },
      says: ["failed ftp a.bin ftp.refused"],
      passed: ["b.bin"],
    },
    {
      name: "with a file that is short and ends with 226",
      served: { "a.bin": a.subarray(0, 400) },
      says: ["failed ftp a.bin file.short"],
      passed: ["b.bin"],
    },
    {
      name: "with a file that goes on",
      served: { "a.bin": Buffer.concat([a, a]) },
      says: ["failed ftp a.bin file.long"],
      passed: ["b.bin"],
    },
    {
      name: "with a wrong hash",
      manifest: `a: a.bin : sha256=${sha256(b)}\nb: b.bin\n`,
      says: ["failed ftp a.bin file.hash"],
      passed: ["b.bin"],
    },
    {
      name: "with a wrong size",
      manifest: "a: a.bin : size=999\nb: b.bin\n",
      says: ["failed ftp a.bin file.size"],
      passed: ["b.bin"],
    },
  ];
  for (const { name, manifest = list, served = {}, says, passed = [] } of faults) {
    it(`a manifest ${name}${says.length === 0 ? " passes" : " does not pass, and hides no good file"}`, async () => {
      const files = {
        ".vscode/boot-plan.json": `{ "boot": "list.rc" }`,
        "list.rc": manifest,
        "a.bin": a,
        "b.bin": b,
      };
      const tftp = await lyingTftp({ "list.rc": Buffer.from(manifest) });
      const onTarget = Object.entries<Uint8Array | "missing">({ "a.bin": a, "b.bin": b, ...served });
      const ftp = await lyingFtp(
        Object.fromEntries(onTarget.flatMap(([file, bytes]) => (bytes === "missing" ? [] : [[file, bytes]]))),
      );
      const report = await verify(files, { tftp, ftp });
      judge(report, name, says);
      const came = report.steps.filter(({ kind, state }) => kind === "ftp" && state === "passed");
      assert.deepEqual(
        came.map((step) => step.name),
        passed,
      );
    });
  }
});

describe("honest verdicts over FTP, whatever basic-ftp would have made of it (facts on basic-ftp)", function () {
  this.timeout(60_000);
  const files = {
    ".vscode/boot-plan.json": `{ "ftp": ["bad.bin", "good.bin"] }`,
    "bad.bin": Buffer.alloc(1000, "x"),
    "good.bin": Buffer.alloc(1000, "x"),
  };
  type Handler = (client: ScriptedClient, argument: string) => unknown;

  /** What is sent of a file, on the data connection that the reply 150 announces. */
  const sending =
    (send: (client: ScriptedClient) => unknown): Handler =>
    async (client) => {
      client.say("150 here");
      await client.data;
      await send(client);
    };
  const giveAll = sending(async (client) => {
    (await client.data).end(Buffer.alloc(1000, "x"));
    client.say("226 done");
  });
  /** The other file comes as it should. */
  const onlyBad =
    (bad: Handler): Handler =>
    (client, file) =>
      file === "bad.bin" ? bad(client, file) : giveAll(client, file);
  const give = (bytes: number, last: string | undefined): Handler =>
    sending(async (client) => {
      (await client.data).end(Buffer.alloc(bytes, "x"));
      if (last !== undefined) client.say(last);
    });
  const unknown: Handler = (client) => {
    client.say("502 what");
  };
  const allBad = (code: string): string[] => [
    `failed ftp bad.bin ${code}`,
    "failed ftp good.bin ftp.unanswered",
  ];

  const faults: readonly (readonly [
    name: string,
    script: Partial<Record<string, Handler>>,
    says: readonly string[],
  ])[] = [
    ["sends all of it", {}, []],
    ["sends half of it and 226", { RETR: onlyBad(give(500, "226 done")) }, ["failed ftp bad.bin ftp.short"]],
    [
      "sends half of it and 226, and knows no SIZE",
      { SIZE: unknown, RETR: onlyBad(give(500, "226 done")) },
      ["failed ftp bad.bin file.short"],
    ],
    [
      "refuses it with 550",
      {
        RETR: onlyBad((client) => {
          client.say("550 gone");
        }),
      },
      ["failed ftp bad.bin ftp.refused"],
    ],
    [
      "resets the connection half way",
      {
        RETR: onlyBad(
          sending(async (client) => {
            const data = await client.data;
            data.write(Buffer.alloc(500, "x"), () => {
              data.resetAndDestroy();
              client.socket.resetAndDestroy();
            });
          }),
        ),
      },
      ["failed ftp bad.bin ftp.lost"],
    ],
    [
      "sends it all and never says 226",
      { RETR: onlyBad(give(1000, undefined)) },
      ["failed ftp bad.bin ftp.timeout"],
    ],
    [
      "stands still in the middle",
      { RETR: onlyBad(sending(async (client) => (await client.data).write(Buffer.alloc(400, "x")))) },
      ["failed ftp bad.bin ftp.timeout"],
    ],
    [
      "sends a byte now and then",
      {
        RETR: onlyBad(
          sending(async (client) => {
            const data = await client.data;
            const drip = setInterval(() => data.write("x"), 300);
            data.once("close", () => {
              clearInterval(drip);
            });
          }),
        ),
      },
      ["failed ftp bad.bin ftp.timeout"],
    ],
    ["sends more than its SIZE", { RETR: onlyBad(give(2000, "226 done")) }, ["failed ftp bad.bin ftp.long"]],
    [
      "sends for ever, and knows no SIZE",
      { SIZE: unknown, RETR: onlyBad(give(3 * 2 ** 20, "226 done")) },
      ["failed ftp bad.bin file.long"],
    ],
    [
      "asks for the password for ever",
      {
        PASS: (client) => {
          client.say("331 again");
        },
      },
      allBad("ftp.login"),
    ],
    [
      "cuts its reply code in two",
      {
        USER: ({ socket }) => {
          socket.write("2");
          setImmediate(() => socket.write("30 in\r\n"));
        },
      },
      [],
    ],
    [
      "sends a reply without an end",
      { greeting: ({ socket }) => socket.write(Buffer.alloc(2 ** 17, "2")) },
      ["failed ftp bad.bin ftp.lost", "failed ftp good.bin ftp.lost"],
    ],
    ["says nothing at all", { greeting: () => undefined }, allBad("ftp.timeout")],
  ];
  for (const [name, script, says] of faults) {
    it(`a server that ${name}${says.length === 0 ? " passes" : " does not pass"}`, async () => {
      judge(await verify(files, { ftp: await scriptedFtp(script) }), name, says);
    });
  }
});
