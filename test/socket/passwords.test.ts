import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { contents } from "../support/doors";
import { openWire } from "../support/ftpWire";
import { ours, serve, thisHost } from "../support/ours";
import { comesTrue } from "../support/patience";
import { commandsWith } from "../support/processes";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const canary = "canary-7f3a-9d51";
/** `RESTARTS=50` starts it as often; each takes a second of two processors. */
const times = Number(process.env["RESTARTS"] ?? 3);
const freePorts = ["--bootp-port", "0", "--tftp-port", "0", "--ftp-port", "0"];

describe("the FTP password of serve, verify and fetch (F29, S32)", function () {
  this.timeout(120_000);
  let folder: TemporaryFolder;
  /** What the programs keep beside the folder: temporary files, and what outlasts a run. */
  let beside: TemporaryFolder;

  beforeEach(async () => {
    folder = await temporaryFolder({
      "fw.bin": "firmware",
      ".vscode/boot-plan.json": '{ "ftp": ["fw.bin"] }',
    });
    beside = await temporaryFolder({ "tmp/": "", "state/": "" });
  });
  afterEach(async () => {
    await folder.remove();
    await beside.remove();
  });

  const env = (password = canary): Record<string, string> => ({
    BOOT_SERVERS_FTP_PASSWORD: password,
    TMPDIR: beside.at("tmp"),
    XDG_STATE_HOME: beside.at("state"),
  });
  /** In no file of the folder, nor beside it; what runs TypeScript keeps its own there. */
  const assertInNoFile = (): void => {
    for (const place of [folder, beside])
      for (const [path, content] of Object.entries(contents(place.path)))
        assert.ok(!`${path}${content}`.includes(canary), path);
  };

  it("stands in no row, no reply, no argument and no file, whatever a client does with it", async () => {
    const capture = beside.at("state/capture.pcapng");
    const flags = [...freePorts, "--uploads", "new", "--pcap", capture];
    const served = await serve(thisHost, folder.path, flags, { env: env() });
    try {
      const replies: string[] = [];
      for (const lines of [
        ["USER boot", `PASS ${canary}`, `USER ${canary}`, `PASS ${canary}`],
        [`USER ${canary}`, "PASS x"],
        ["USER boot", `PASS ${canary}x`, `PASS ${canary}`],
        [`PASS ${canary}`, `pass  ${canary}`, "USER boot", `pass ${canary}`, "SIZE fw.bin", "NOOP"],
        [`ACCT ${canary}`, "USER boot", `PASS ${canary}`, "REIN", `PASS ${canary}`],
      ]) {
        const wire = await openWire(served.server("ftp").port);
        for (const line of lines) replies.push(...(await wire.command(line)).lines);
        wire.destroy();
      }
      const wire = await openWire(served.server("ftp").port);
      await wire.expect("USER boot", 331);
      await wire.expect(`PASS ${canary}`, 230);
      assert.equal((await wire.store("STOR new.bin", "uploaded")).code, 226);
      assert.equal((await wire.fetch("RETR fw.bin")).data.toString(), "firmware");
      await served.row("transfer", ({ file, state }) => file === "fw.bin" && state === "finished");
      wire.destroy();
      assert.ok(!replies.join("\n").includes(canary), replies.join("\n"));
      if (process.platform === "linux") {
        const own = commandsWith(folder.path);
        assert.ok(own.length > 0 && !own.join("\n").includes(canary), own.join("\n"));
      }
      await served.stop();
      assert.ok(!served.running.output.includes(canary), served.running.output);
      assert.ok(readFileSync(capture, "latin1").includes("RETR fw.bin"), "the capture has the commands");
      assertInNoFile();
    } finally {
      await served.running.kill();
    }
  });

  it("nor does the one that verify and fetch log in with, right or wrong", async () => {
    const served = await serve(thisHost, folder.path, freePorts, { env: env() });
    try {
      const port = (protocol: "tftp" | "ftp"): string => String(served.server(protocol).port);
      const target = [
        "--bootp",
        "skip",
        "--tftp-port",
        port("tftp"),
        "--ftp-port",
        port("ftp"),
        "--ftp-user",
        "boot",
      ];
      const said: string[] = [];
      for (const [password, code, voice] of [
        [canary, 0, []],
        [`${canary}-wrong`, 3, ["--json"]],
      ] as const) {
        const junit = beside.at(`state/${code}.xml`);
        const args = ["verify", folder.path, "--target", "127.0.0.1", "--junit", junit, ...target, ...voice];
        const ended = await ours(thisHost, args, { env: env(password) });
        assert.equal(ended.code, code, ended.stdout + ended.stderr);
        said.push(ended.stdout, ended.stderr, readFileSync(junit, "utf8"));
      }
      const plan = folder.at(".vscode/boot-plan.json");
      const into = beside.at("state/into");
      const args = ["fetch", "127.0.0.1", "--into", into, "--plan", plan, ...target];
      const fetched = await ours(thisHost, args, { env: env() });
      assert.equal(fetched.code, 0, fetched.stdout + fetched.stderr);
      said.push(fetched.stdout, fetched.stderr);
      await served.stop();
      assert.ok(![...said, served.running.output].join("\n").includes(canary));
      assertInNoFile();
    } finally {
      await served.running.kill();
    }
  });
});

describe("serve, started and ended again and again", function () {
  this.timeout(60_000 + 20_000 * times);

  it("has its ports again each time, and leaves no process and no file behind", async () => {
    const folder = await temporaryFolder({ "fw.bin": "firmware" });
    const beside = await temporaryFolder({ "tmp/": "", "state/": "" });
    const env = { TMPDIR: beside.at("tmp"), XDG_STATE_HOME: beside.at("state") };
    try {
      const first = await serve(thisHost, folder.path, freePorts, { env });
      const ports = (["bootp", "tftp", "ftp"] as const).flatMap((protocol) => [
        `--${protocol}-port`,
        String(first.server(protocol).port),
      ]);
      await first.stop();
      for (let time = 2; time <= times; time += 1) {
        const next = await serve(thisHost, folder.path, ports, { env });
        assert.deepEqual(
          next.ready.servers.map(({ state }) => state),
          ["running", "running", "running"],
          `time ${time}`,
        );
        await next.stop();
      }
      if (process.platform === "linux")
        assert.ok(await comesTrue(() => commandsWith(folder.path).length === 0));
      const left = readdirSync(beside.path, { recursive: true, encoding: "utf8" });
      assert.deepEqual(
        left.filter((name) => !/^(tmp|state)$|tsx/.test(name)),
        [],
      );
      assert.deepEqual(readdirSync(folder.path), ["fw.bin"]);
    } finally {
      await folder.remove();
      await beside.remove();
    }
  });
});
