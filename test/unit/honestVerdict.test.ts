import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { gaveNothing } from "../../src/model/verdict";
import { randomBytes } from "../support/random";
import type { Script } from "../support/scriptedBoard";
import { inWords, verifyScripted } from "../support/verifyRun";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

const uBoot = randomBytes(3000, 1);
const image = randomBytes(5 * 512, 2);
const switchImage = randomBytes(1000, 3);
const config = text("hostname switch-1\n");
const manifest = text(
  [
    "# what the board copies",
    `switch: etsw.b3 : sha256=${sha256(switchImage)} : size=${switchImage.length}`,
    "config: config/switch.cfg",
    "",
  ].join("\n"),
);
const plan = `{ "boot": ["u-boot.bin", "copy-files4.rc"], "tftp": ["Image"], "ftp": ["etsw.b3"] }`;

const workspace = {
  ".vscode/boot-plan.json": plan,
  "u-boot.bin": uBoot,
  Image: image,
  "etsw.b3": switchImage,
  "config/switch.cfg": config,
  "copy-files4.rc": manifest,
};

/** A target that does everything right. */
const good = {
  answers: ["u-boot.bin", "copy-files4.rc"],
  tftp: { "u-boot.bin": uBoot, "copy-files4.rc": manifest, Image: image },
  ftp: { "etsw.b3": switchImage, "config/switch.cfg": config },
} satisfies Script;

const changed = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
const withTftp = (files: Script["tftp"]): Script => ({ ...good, tftp: { ...good.tftp, ...files } });
const withFtp = (files: Script["ftp"]): Script => ({ ...good, ftp: { ...good.ftp, ...files } });
const withManifest = (content: string): Script => withTftp({ "copy-files4.rc": text(content) });

interface Fault {
  readonly name: string;
  readonly script: Script;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** The failed and skipped steps, as `inWords` has them. */
  readonly says: readonly string[];
}

const faults: readonly Fault[] = [
  {
    name: "a byte changed in a TFTP file",
    script: withTftp({ "u-boot.bin": changed(uBoot, 1234) }),
    says: ["failed tftp u-boot.bin file.differs"],
  },
  {
    name: "the first byte changed",
    script: withTftp({ Image: changed(image, 0) }),
    says: ["failed tftp Image file.differs"],
  },
  {
    name: "the last byte changed",
    script: withTftp({ Image: changed(image, image.length - 1) }),
    says: ["failed tftp Image file.differs"],
  },
  {
    name: "a stale file of the same size",
    script: withFtp({ "config/switch.cfg": text("hostname switch-0\n") }),
    says: ["failed ftp config/switch.cfg file.differs"],
  },
  {
    name: "a short file that the server ended with 226",
    script: withFtp({ "config/switch.cfg": config.subarray(0, 9) }),
    says: ["failed ftp config/switch.cfg file.short"],
  },
  {
    name: "an empty file where there is one of the workspace",
    script: withFtp({ "config/switch.cfg": new Uint8Array() }),
    says: ["failed ftp config/switch.cfg file.short"],
  },
  {
    name: "a short file that its own SIZE gives away",
    script: withFtp({
      "config/switch.cfg": { bytes: config.subarray(0, 9), announced: 18, error: "ftp.short" },
    }),
    says: ["failed ftp config/switch.cfg ftp.short"],
  },
  {
    name: "a longer file that begins with the workspace's",
    script: withTftp({ Image: new Uint8Array([...image, 0]) }),
    says: ["failed tftp Image file.long"],
  },
  {
    name: "a file that never ends",
    script: withTftp({ Image: new Uint8Array(3 * 2 ** 20) }),
    says: ["failed tftp Image file.long"],
  },
  {
    name: "a file that is right over TFTP in round 1 and stale over FTP in round 2",
    script: withFtp({ "etsw.b3": [switchImage, changed(switchImage, 7), switchImage] }),
    says: ["failed ftp etsw.b3 file.differs"],
  },
  {
    name: "a sequence that stays at its first file, which the target does not have",
    script: {
      ...withTftp({ "u-boot.bin": { error: "tftp.refused" } }),
      answers: ["u-boot.bin", "u-boot.bin", "u-boot.bin"],
    },
    says: [
      "failed tftp u-boot.bin tftp.refused",
      "skipped bootp round 2 bootp.notMoved",
      "skipped bootp silence bootp.notMoved",
    ],
  },
  {
    name: "a sequence that stays at its last file, which breaks off",
    script: {
      ...withTftp({ "copy-files4.rc": { bytes: manifest.subarray(0, 9), error: "tftp.timeout" } }),
      answers: ["u-boot.bin", "copy-files4.rc", "copy-files4.rc"],
    },
    says: [
      "failed tftp copy-files4.rc tftp.timeout",
      "skipped bootp silence bootp.notMoved",
      "failed manifest copy-files4.rc manifest.missing",
    ],
  },
  {
    name: "a file missing at the target over TFTP",
    script: withTftp({ Image: { error: "tftp.refused" } }),
    says: ["failed tftp Image tftp.refused"],
  },
  {
    name: "a file missing at the target over FTP",
    script: withFtp({ "config/switch.cfg": { error: "ftp.refused" } }),
    says: ["failed ftp config/switch.cfg ftp.refused"],
  },
  {
    name: "a transfer that breaks off half way",
    script: withTftp({ Image: { bytes: image.subarray(0, 512), error: "tftp.timeout" } }),
    says: ["failed tftp Image tftp.timeout"],
  },
  {
    name: "a file missing in the workspace",
    script: good,
    files: without("etsw.b3"),
    says: [...Array<string>(3).fill("failed ftp etsw.b3 workspace.missing")],
  },
  {
    name: "another file answered than the plan's",
    script: { ...good, answers: ["other.bin", "copy-files4.rc"] },
    says: ["failed bootp round 1 bootp.otherFile", "failed tftp other.bin tftp.refused"],
  },
  {
    name: "the plan's files in another order",
    script: { ...good, answers: ["copy-files4.rc", "u-boot.bin"] },
    says: ["failed bootp round 1 bootp.otherFile", "failed bootp round 2 bootp.otherFile"],
  },
  {
    name: "the same answer twice where the plan has two files",
    script: { ...good, answers: ["u-boot.bin", "u-boot.bin"] },
    says: ["failed bootp round 2 bootp.otherFile"],
  },
  {
    name: "fewer rounds than the plan has",
    script: { ...good, answers: ["u-boot.bin"] },
    says: ["failed bootp round 2 bootp.fewerRounds"],
  },
  {
    name: "an answer without a file where the plan has one",
    script: { ...good, answers: ["u-boot.bin", { file: "" }] },
    says: ["failed bootp round 2 bootp.noFile"],
  },
  {
    name: "one round more than the plan has",
    script: { ...good, answers: ["u-boot.bin", "copy-files4.rc", "Image"] },
    says: ["failed bootp silence bootp.extraRound"],
  },
  {
    name: "a server that always answers where the plan has a sequence",
    script: { ...good, forever: () => "copy-files4.rc" },
    says: ["failed bootp silence bootp.notSilent"],
  },
  {
    name: "a server that sends the board to another server than the plan's",
    script: good,
    files: { ...workspace, ".vscode/boot-plan.json": plan.replace("{", `{ "server": "192.0.2.7",`) },
    says: ["failed bootp round 1 bootp.otherServer", "failed bootp round 2 bootp.otherServer"],
  },
  {
    name: "no BOOTP answer at all, port 68 tried",
    script: { ...good, answers: [] },
    says: ["failed bootp round 1 bootp.silent"],
  },
  {
    name: "no BOOTP answer at all, port 68 not to be had",
    script: {
      ...good,
      answers: [],
      triedClientPort: false,
      obstacles: ["UDP port 68 is in use by dhclient"],
    },
    says: ["skipped bootp round 1 bootp.notAsked"],
  },
  {
    name: "a target that is not there",
    script: { dead: true },
    says: [
      "failed bootp round 1 bootp.silent",
      "failed tftp u-boot.bin tftp.timeout",
      "failed ftp etsw.b3 ftp.unreachable",
      "failed tftp copy-files4.rc tftp.unanswered",
      "failed ftp etsw.b3 ftp.unanswered",
      "failed tftp Image tftp.unanswered",
      "failed manifest copy-files4.rc manifest.missing",
      "failed ftp etsw.b3 ftp.unanswered",
      "failed ftp config/switch.cfg ftp.unanswered",
    ],
  },
  {
    name: "a wrong FTP password",
    script: { ...good, login: "ftp.login" },
    says: [
      "failed ftp etsw.b3 ftp.login",
      "failed ftp etsw.b3 ftp.unanswered",
      "failed ftp etsw.b3 ftp.unanswered",
      "failed ftp config/switch.cfg ftp.unanswered",
    ],
  },
  {
    name: "a wrong hash in the manifest",
    script: withManifest(`switch: etsw.b3 : sha256=${sha256(config)}\n`),
    files: { ...workspace, "copy-files4.rc": `switch: etsw.b3 : sha256=${sha256(config)}\n` },
    says: ["failed ftp etsw.b3 file.hash"],
  },
  {
    name: "a wrong size in the manifest",
    script: withManifest("switch: etsw.b3 : size=999\n"),
    files: { ...workspace, "copy-files4.rc": "switch: etsw.b3 : size=999\n" },
    says: ["failed ftp etsw.b3 file.size"],
  },
  {
    name: "a wrong hash in SHA256SUMS",
    script: good,
    files: { ...workspace, SHA256SUMS: `${sha256(config)}  u-boot.bin\n` },
    says: ["failed tftp u-boot.bin file.hash"],
  },
  {
    name: "two hashes for one file in SHA256SUMS",
    script: good,
    files: { ...workspace, SHA256SUMS: `${sha256(uBoot)}  u-boot.bin\n${sha256(config)}  u-boot.bin\n` },
    says: ["failed manifest SHA256SUMS line 2 sums.invalid"],
  },
  {
    name: "hashes in UTF-16, of which none can be read",
    script: good,
    files: { ...workspace, SHA256SUMS: Buffer.from(`${sha256(uBoot)}  u-boot.bin\n`, "utf16le") },
    says: ["failed manifest SHA256SUMS line 1 sums.invalid"],
  },
  {
    name: "hashes that are there and may not be read",
    script: good,
    files: { ...workspace, "SHA256SUMS/u-boot.bin": sha256(uBoot) },
    says: ["failed manifest SHA256SUMS line 1 sums.invalid"],
  },
  {
    name: "a manifest line that leaves the root",
    script: withManifest("switch: ../../etc/passwd\nconfig: config/switch.cfg\n"),
    files: { ...workspace, "copy-files4.rc": "switch: ../../etc/passwd\nconfig: config/switch.cfg\n" },
    says: ["failed manifest copy-files4.rc line 1 manifest.invalid"],
  },
  {
    name: "manifest lines that name hooks, settings and devices, one report line each (S24)",
    script: withManifest(
      "a: .git/hooks/post-checkout\nb: .vscode/settings.json\nc: CON\nd: /etc/x\ne: etsw.b3\n",
    ),
    files: {
      ...workspace,
      "copy-files4.rc":
        "a: .git/hooks/post-checkout\nb: .vscode/settings.json\nc: CON\nd: /etc/x\ne: etsw.b3\n",
    },
    says: [1, 2, 3, 4].map((line) => `failed manifest copy-files4.rc line ${line} manifest.invalid`),
  },
  {
    name: "a manifest line without a colon",
    script: withManifest("etsw.b3\nconfig: config/switch.cfg\n"),
    files: { ...workspace, "copy-files4.rc": "etsw.b3\nconfig: config/switch.cfg\n" },
    says: ["failed manifest copy-files4.rc line 1 manifest.invalid"],
  },
  {
    name: "an empty manifest",
    script: withManifest("# nothing yet\n"),
    files: { ...workspace, "copy-files4.rc": "# nothing yet\n" },
    says: ["failed manifest copy-files4.rc manifest.empty"],
  },
  {
    name: "a manifest of more than 1 MiB (S23)",
    script: withManifest("#".repeat(2 ** 20 + 1)),
    files: { ...workspace, "copy-files4.rc": "#".repeat(2 ** 20 + 1) },
    says: ["failed manifest copy-files4.rc manifest.tooLarge"],
  },
  {
    name: "a manifest that the target lost: its files are still fetched",
    script: withTftp({ "copy-files4.rc": { error: "tftp.refused" } }),
    says: ["failed tftp copy-files4.rc tftp.refused", "failed manifest copy-files4.rc manifest.missing"],
  },
  {
    name: "an answered name that leaves the root: it is not asked for",
    script: { ...good, answers: ["../../etc/shadow", "copy-files4.rc"] },
    says: ["failed bootp round 1 bootp.otherFile", "failed tftp ../../etc/shadow name.parent"],
  },
  {
    name: "nothing to compare: a folder without a file",
    script: { answers: [{ file: "" }] },
    files: {},
    says: [],
  },
];

function without(name: string): Record<string, string | Uint8Array> {
  return Object.fromEntries(Object.entries(workspace).filter(([key]) => key !== name));
}

describe("an honest verdict", () => {
  it("passes where every byte is right", async () => {
    const { report, steps, board } = await verifyScripted(workspace, good);
    assert.deepEqual(inWords(steps), [
      "passed bootp round 1",
      "passed tftp u-boot.bin",
      "passed ftp etsw.b3",
      "passed bootp round 2",
      "passed tftp copy-files4.rc",
      "passed ftp etsw.b3",
      "passed bootp silence",
      "passed tftp Image",
      "passed manifest copy-files4.rc",
      "passed ftp etsw.b3",
      "passed ftp config/switch.cfg",
    ]);
    assert.equal(report.ok, true);
    assert.match(report.verdict, /^Verified: 5 files in 7 transfers, /);
    assert.equal(board.open, 0);
  });

  for (const { name, script, files = workspace, says } of faults) {
    it(`does not pass: ${name}`, async () => {
      const { report, steps, board } = await verifyScripted(files, script);
      const bad = steps.filter(({ state }) => state !== "passed");
      assert.deepEqual(inWords(bad), says);
      assert.equal(report.ok, false);
      assert.match(report.verdict, /^Not verified: /);
      // Each has its own message, and says what to do.
      for (const { trouble } of bad) assert.ok(trouble?.message && trouble.remedy, JSON.stringify(trouble));
      assert.equal(board.open, 0, "an asker or a session was left open");
    });
  }

  it("tells 30 faults and more from each other", () => {
    assert.ok(faults.length >= 30);
    assert.equal(new Set(faults.map(({ name }) => name)).size, faults.length);
  });

  it("names the file, both hashes and the offset of a changed byte", async () => {
    const wrong = changed(uBoot, 1234);
    const { steps, report } = await verifyScripted(workspace, withTftp({ "u-boot.bin": wrong }));
    const step = steps.find(({ state }) => state === "failed");
    assert.equal(step?.name, "u-boot.bin");
    assert.equal(step.firstDifference, 1234);
    assert.equal(step.expected, `3000 bytes, sha256 ${sha256(uBoot)}`);
    assert.equal(step.got, `3000 bytes, sha256 ${sha256(wrong)}`);
    assert.match(report.verdict, /u-boot\.bin \(TFTP\): it differs .* offset 1234 \(0x4d2\)/);
  });

  it("says which round's file did not come where a sequence stays, and of our own servers to build it", async () => {
    const script = { ...good, tftp: {}, answers: ["u-boot.bin", "u-boot.bin"] };
    const said = async (files: typeof workspace | Record<string, string | Uint8Array>, running: boolean) => {
      const { steps } = await verifyScripted(files, script, { running });
      return steps.filter(({ state }) => state !== "passed").map(({ trouble }) => trouble);
    };
    const [file, round, silence] = await said(without("u-boot.bin"), true);
    assert.match(file?.remedy ?? "", /^Build it, /);
    assert.equal(round?.message, "round 1's file was not fetched, so the sequence stays there");
    assert.deepEqual(silence, round);
    const [there] = await said(workspace, true);
    const [elsewhere] = await said(without("u-boot.bin"), false);
    for (const trouble of [there, elsewhere]) assert.doesNotMatch(trouble?.remedy ?? "", /Build it/);
  });

  it("says when the workspace, not the target, is stale: the manifest's hash is that of what came", async () => {
    const files = { ...workspace, "etsw.b3": changed(switchImage, 5) };
    const { steps } = await verifyScripted(files, good);
    const last = steps.filter(({ name }) => name === "etsw.b3").at(-1);
    assert.match(last?.trouble?.remedy ?? "", /the workspace's file is the one that changed/);
  });

  it("tells nothing at all from something: only a target that gave nothing is exit code 3", async () => {
    const dead = await verifyScripted(workspace, { dead: true });
    assert.equal(gaveNothing(dead.steps), true);
    const refusing = await verifyScripted(workspace, {});
    assert.equal(gaveNothing(refusing.steps), true, "a refusal is nothing");
    const oneFile = await verifyScripted(workspace, { ftp: { "etsw.b3": switchImage } });
    assert.equal(gaveNothing(oneFile.steps), false);
    const onlyBootp = await verifyScripted(workspace, { answers: ["u-boot.bin"] });
    assert.equal(gaveNothing(onlyBootp.steps), false);
  });
});
