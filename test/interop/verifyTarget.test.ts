/** `verify --target` and `fetch` against servers that nobody here wrote: dnsmasq for BOOTP and TFTP, vsftpd for FTP. */

import assert from "node:assert/strict";
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parse } from "jsonc-parser";
import type { ReportRow, StepRow } from "../../src/model/events";
import { assertFile, sha256 } from "../support/files";
import { startDnsmasq, startVsftpd } from "../support/foreignServers";
import { makeNetwork, twoNetworks, type Host, type TestNetwork } from "../support/namespace";
import { ours, reportOf, serve } from "../support/ours";
import type { Running } from "../support/processes";
import { need } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const target = "10.77.0.1";
const sample = resolve("samples/firmware-drop");
/** The board that `verify` plays when it is told nothing. */
const anyBoard = "02:00:00:00:00:01";

interface SamplePlan {
  readonly root?: string;
  readonly boot: readonly [loader: string, manifest: string];
  readonly clients: readonly { readonly mac: string; readonly boot: string }[];
}

describe("verifying a target of others", function () {
  this.timeout(60_000);
  let network: TestNetwork | undefined;
  let board: Host;
  /** What the target serves: a copy of the sample, which a test may spoil. */
  let served: TemporaryFolder;
  let daemons: Running[] = [];
  let plan: SamplePlan;
  let root: string;
  /** The sample's plan, but with the one boot file that dnsmasq always answers. */
  let alwaysLoader: string;

  before(async function () {
    need(this, "dnsmasq", "vsftpd");
    network = await makeNetwork(this, twoNetworks);
    board = network.host("near");
    plan = parse(await readFile(join(sample, ".vscode/boot-plan.json"), "utf8")) as SamplePlan;
    root = plan.root ?? ".";
  });

  beforeEach(async () => {
    served = await temporaryFolder();
    await cp(join(sample, root), served.at("images"), { recursive: true });
    alwaysLoader = await served.write(
      "plan.json",
      JSON.stringify({ ...plan, boot: plan.boot[0], manifest: plan.boot[1] }),
    );
    const server = network!.host("server");
    const folder = served.at("images");
    const boards: Record<string, { address: string; file?: string }> = {
      [anyBoard]: { address: "10.77.0.2" },
    };
    for (const [index, { mac, boot }] of plan.clients.entries()) {
      boards[mac] = { address: `10.77.0.${100 + index}`, file: boot };
    }
    daemons = [
      await startDnsmasq(server, { file: plan.boot[0], boards, folder }),
      await startVsftpd(server, target, folder, served.at("vsftpd")),
    ];
  });

  afterEach(async () => {
    for (const daemon of daemons) await daemon.kill();
    await served.remove();
  });

  after(() => network?.close());

  /** Runs `verify` against the target and gives its exit code and its report. */
  async function verify(...flags: string[]): Promise<{ code: number | null; report: ReportRow }> {
    const ended = await ours(board, ["verify", sample, "--target", target, "--json", ...flags]);
    return { code: ended.code, report: reportOf(ended) };
  }

  const failed = ({ steps }: ReportRow): StepRow[] => steps.filter(({ state }) => state === "failed");
  const summary = ({ steps }: ReportRow): string =>
    steps
      .map(({ kind, name, state, trouble }) => `${kind} ${name} ${state} ${trouble?.message ?? ""}`)
      .join("\n");

  it("the sample passes, with the answer that dnsmasq gives to every request", async () => {
    const { code, report } = await verify("--plan", alwaysLoader);
    assert.equal(code, 0, summary(report));
    assert.ok(report.ok);
    assert.deepEqual(
      report.steps.filter(({ state }) => state !== "passed"),
      [],
    );
    for (const kind of ["bootp", "tftp", "manifest", "ftp"]) {
      assert.ok(
        report.steps.some((step) => step.kind === kind),
        `no ${kind} step:\n${summary(report)}`,
      );
    }
    const loader = report.steps.find(({ kind, name }) => kind === "tftp" && name === plan.boot[0]);
    const content = await readFile(join(sample, root, plan.boot[0]));
    assert.deepEqual([loader?.compared, loader?.sha256], [true, sha256(content)]);
  });

  it("the sample passes with --bootp skip: the plan says what BOOTP would have said", async () => {
    const { code, report } = await verify("--bootp", "skip");
    assert.equal(code, 0, summary(report));
    assert.match(report.notes.join("\n"), /bootp/i);
  });

  /** Another program of the board's computer has this UDP port, as dhclient has 68 on most. */
  const held = (port: number): Promise<Running> =>
    board.daemon(process.execPath, ["-e", `require("node:dgram").createSocket("udp4").bind(${port})`], {
      transport: "udp",
      port,
    });

  it("passes where 67 and 68 are others': dnsmasq answers the ordinary port that the question came from", async () => {
    daemons.push(await held(68), await held(67));
    const { code, report } = await verify("--plan", alwaysLoader);
    assert.equal(code, 0, summary(report));
    const [first] = report.steps;
    assert.deepEqual([first?.kind, first?.state, first?.got], ["bootp", "passed", plan.boot[0]]);
  });

  it("passes where 68 is another's: dnsmasq answers a relay agent at its port 67", async () => {
    daemons.push(await held(68));
    const { code, report } = await verify("--plan", alwaysLoader, "--bootp", "relay");
    assert.equal(code, 0, summary(report));
    const [first] = report.steps;
    assert.deepEqual([first?.kind, first?.state, first?.got], ["bootp", "passed", plan.boot[0]]);
  });

  it("passes where 67 and 68 are others': our own server answers where the question came from", async () => {
    for (const daemon of daemons.splice(0)) await daemon.kill();
    const target = await serve(network!.host("server"), sample, ["--address", "10.77.0.1"]);
    daemons.push(target.running, await held(68), await held(67));
    const { code, report } = await verify();
    assert.equal(code, 0, summary(report));
    assert.equal(report.steps.filter(({ kind }) => kind === "bootp").length >= 3, true, summary(report));
  });

  it("a server that always answers the first file of a sequence fails, and is not followed for ever", async () => {
    const { code, report } = await verify();
    assert.equal(code, 1);
    const step = failed(report).find(({ kind }) => kind === "bootp");
    assert.deepEqual([step?.expected, step?.got], [plan.boot[1], plan.boot[0]], summary(report));
  });

  it("one changed byte exits with 1 and names the file, both hashes and the offset", async () => {
    const file = served.at(`images/${plan.boot[0]}`);
    const original = await readFile(file);
    const changed = Buffer.from(original);
    changed[12_345] = changed[12_345]! ^ 0x01;
    await writeFile(file, changed);
    const { code, report } = await verify("--bootp", "skip");
    assert.equal(code, 1);
    assert.ok(!report.ok);
    const steps = failed(report);
    assert.deepEqual(
      steps.map(({ kind, name, firstDifference }) => ({ kind, name, firstDifference })),
      [{ kind: "tftp", name: plan.boot[0], firstDifference: 12_345 }],
      summary(report),
    );
    assert.ok(steps[0]!.expected?.includes(sha256(original)));
    assert.ok(steps[0]!.got?.includes(sha256(changed)));
  });

  it("a file that is missing over FTP, and one that is cut short, each fail by name", async () => {
    const { report: whole } = await verify("--bootp", "skip");
    const overFtp = whole.steps.filter(({ kind, size = 0 }) => kind === "ftp" && size > 1);
    const [missing, short] = [...new Set(overFtp.map(({ name }) => name))];
    assert.ok(missing !== undefined && short !== undefined, summary(whole));
    await rm(served.at(`images/${missing}`));
    const shortFile = served.at(`images/${short}`);
    await truncate(shortFile, (await stat(shortFile)).size - 1);
    const { code, report } = await verify("--bootp", "skip");
    assert.equal(code, 1);
    const byFtp = failed(report).filter(({ kind }) => kind === "ftp");
    assert.deepEqual(new Set(byFtp.map(({ name }) => name)), new Set([missing, short]), summary(report));
    const codes = new Set(byFtp.map(({ trouble }) => trouble?.code));
    assert.equal(codes.size, 2, summary(report));
  });

  it("fetch plays the board and stores what it loads, but never over an existing file", async () => {
    const into = served.at("fetched");
    const args = ["fetch", target, "--into", into, "--plan", alwaysLoader];
    const first = await ours(board, args);
    assert.equal(first.code, 0, first.stdout + first.stderr);
    const names = (await readdir(into, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(into.length + 1));
    assert.ok(names.includes(plan.boot[0]) && names.includes(plan.boot[1]), names.join(" "));
    for (const name of names) await assertFile(join(into, name), await readFile(join(sample, root, name)));
    await writeFile(join(into, plan.boot[0]), "mine");
    const second = await ours(board, args);
    assert.notEqual(second.code, 0);
    assert.equal(await readFile(join(into, plan.boot[0]), "utf8"), "mine");
  });
});
