import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readdir, rename, unlink } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import type { Protocol } from "../../src/model/events";
import { decodePacket, encodePacket } from "../../src/protocol/bootp/packet";
import { aRequest } from "../support/bootp";
import { unlikeBytes } from "../support/files";
import { openWire, type Wire } from "../support/ftpWire";
import { asRoot, ours, serve, thisHost, type OursOptions, type Served } from "../support/ours";
import { Running } from "../support/processes";
import { slowReader, slowWriter, type SlowBoard } from "../support/slowPeers";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { openRawClient, requestFor } from "../support/tftp";
import { withinASecondMs } from "../support/pace";

const freePorts = ["--bootp-port", "0", "--tftp-port", "0", "--ftp-port", "0"];
const password = "canary-7f3a";
/** More than the sockets of loopback hold: a transfer waits for its reader. */
const large = Buffer.from(unlikeBytes(16 * 2 ** 20));
/** Some blocks of a TFTP transfer without options, and a rest. */
const small = Buffer.from(unlikeBytes(8 * 512 + 7));

describe("serve as a person and a program run it (DESIGN §2.1, §3)", function () {
  this.timeout(120_000);
  let folder: TemporaryFolder;
  const open: (() => unknown)[] = [];
  const lastly = <T extends object>(thing: T, close: (thing: T) => unknown): T => {
    open.push(() => close(thing));
    return thing;
  };

  beforeEach(async () => {
    folder = await temporaryFolder({ "large.bin": large, "small.bin": small });
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
    await folder.remove();
  });

  const start = async (flags: readonly string[] = [], options: OursOptions = {}): Promise<Served> =>
    lastly(await serve(thisHost, folder.path, [...freePorts, ...flags], options), ({ running }) =>
      running.kill(),
    );
  const port = (served: Served, protocol: Protocol): number => served.server(protocol).port;
  const reader = async (served: Served, file = "small.bin"): Promise<SlowBoard> =>
    lastly(await slowReader(port(served, "tftp"), file), (board) => board.close());
  const writer = async (served: Served, file: string): Promise<SlowBoard> =>
    lastly(await slowWriter(port(served, "tftp"), file, small), (board) => board.close());
  const login = async (served: Served, user = "anonymous", pass = "guest"): Promise<Wire> => {
    const wire = lastly(await openWire(port(served, "ftp")), (each) => {
      each.destroy();
    });
    await wire.expect(`USER ${user}`, 331);
    await wire.expect(`PASS ${pass}`, 230);
    return wire;
  };
  const stopped = (served: Served): Promise<unknown> =>
    Promise.all(
      (["bootp", "tftp", "ftp"] as const).map((protocol) =>
        served.row("server", (row) => row.protocol === protocol && row.state === "stopped"),
      ),
    );
  /** The ports of a server that is gone, or that listens no more, as flags. */
  const samePorts = (served: Served): string[] =>
    (["bootp", "tftp", "ftp"] as const).flatMap((protocol) => [
      `--${protocol}-port`,
      `${port(served, protocol)}`,
    ]);
  const refusedTcp = async (tcpPort: number): Promise<string> => {
    const socket = connect({ port: tcpPort, host: "127.0.0.1" });
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    return error.code ?? "";
  };
  /** Asks BOOTP from a port of its own, as a board with this address; resolves to the file of the answer. */
  const ask = async (served: Served): Promise<string> => {
    const socket = createSocket("udp4");
    const reply = once(socket, "message");
    socket.send(encodePacket(aRequest({ ciaddr: "127.0.0.1" })), port(served, "bootp"), "127.0.0.1");
    const [bytes] = (await reply) as [Buffer];
    socket.close();
    return decodePacket(bytes).file;
  };

  it("prints one ready line, then whole rows of servers, clients, transfers and logs, and nothing else", async () => {
    await folder.write(".vscode/boot-plan.json", `{ "boot": "small.bin", "tftp": ["later.bin"] }`);
    const served = await start();
    assert.equal(served.ready.type, "ready");
    assert.deepEqual(
      served.ready.servers.map(({ protocol, state, addresses }) => [protocol, state, addresses]),
      [
        ["bootp", "running", ["127.0.0.1"]],
        ["tftp", "running", ["127.0.0.1"]],
        ["ftp", "running", ["127.0.0.1"]],
      ],
    );
    assert.equal(await ask(served), "small.bin");
    const board = await reader(served);
    await board.finish();
    const { sha256, ...transfer } = await served.row("transfer", ({ state }) => state === "finished");
    assert.deepEqual(
      [transfer.protocol, transfer.direction, transfer.file, transfer.bytes, transfer.size, sha256?.length],
      ["tftp", "read", "small.bin", small.length, small.length, 64],
    );
    const client = await served.row("client", ({ stage }) => stage === "answered" || stage === "loading");
    assert.equal(client.file, "small.bin");
    const log = await served.row("log", ({ level }) => level === "warning");
    assert.match(log.message, /^\.vscode\/boot-plan\.json:1:33 "later\.bin" is not there yet/);
    await served.row(
      "server",
      ({ protocol, lastPacketAt }) => protocol === "tftp" && lastPacketAt !== undefined,
    );
    assert.match(served.running.stdout, /^\{"type":"ready",/);
    await served.stop();
    assert.equal(served.running.stdout.match(/"type":"ready"/g)?.length, 1);
    for (const row of served.rows()) assert.ok(["server", "client", "transfer", "log"].includes(row.type));
    assert.equal(
      new Set(
        served
          .rows()
          .filter(({ type }) => type === "server")
          .map(({ id }) => id),
      ).size,
      3,
    );
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    it(`${signal} closes the ports at once; what runs goes on to its end, and then it exits with 0`, async () => {
      const served = await start();
      const board = await reader(served);
      const idle = await login(served);
      const busy = await login(served);
      const data = await busy.passive();
      await busy.expect("RETR large.bin", 150);
      served.running.signal(signal);
      await stopped(served);

      assert.equal((await idle.reply()).code, 421);
      await idle.closed;
      assert.equal(await refusedTcp(port(served, "ftp")), "ECONNREFUSED");
      // Another one can have every port while the first still serves its last transfers.
      const next = await start(samePorts(served));
      assert.deepEqual(
        next.ready.servers.map(({ state }) => state),
        ["running", "running", "running"],
      );
      // It is the new one that hears what is asked now.
      const asker = await reader(next);
      await next.row("transfer", ({ file }) => file === "small.bin");
      await asker.finish();

      assert.ok((await data.all()).equals(large), "FTP arrived whole");
      assert.equal((await busy.reply()).code, 226);
      assert.equal((await busy.reply()).code, 421);
      await board.finish();
      assert.ok(Buffer.from(board.bytes).equals(small), "TFTP arrived whole");
      const { code, stderr } = await served.running.endedWithin(withinASecondMs);
      assert.deepEqual([code, stderr], [0, ""]);
      await next.stop();
    });
  }

  it("a request to a port that was closed gets nothing", async () => {
    const served = await start();
    const board = await reader(served);
    served.running.signal("SIGINT");
    await stopped(served);
    const late = lastly(await openRawClient(), (client) => client.close());
    late.send(requestFor("RRQ", "small.bin"), { address: "127.0.0.1", port: port(served, "tftp") });
    await board.finish();
    assert.equal((await served.running.endedWithin(withinASecondMs)).code, 0);
    assert.deepEqual(late.waiting, []);
    assert.equal(new Set(served.rows().flatMap(({ type, id }) => (type === "transfer" ? id : []))).size, 1);
  });

  it("--linger 1 ends what still runs after a second", async () => {
    const served = await start(["--linger", "1"]);
    await reader(served);
    const at = performance.now();
    served.running.signal("SIGINT");
    const { code } = await served.running.endedWithin(withinASecondMs);
    const took = performance.now() - at;
    assert.equal(code, 0);
    assert.ok(took > 950 && took < 950 + withinASecondMs, `${took} ms`);
    const last = await served.row("transfer", ({ state }) => state !== "running");
    assert.equal(last.state, "cancelled");
  });

  it("a second Ctrl+C during 20 transfers ends within a second and leaves nothing half-written", async () => {
    const served = await start(["--uploads", "new"], { env: { BOOT_SERVERS_FTP_PASSWORD: password } });
    const names = await readdir(folder.path);
    const boards: SlowBoard[] = [];
    for (let index = 0; index < 10; index++) boards.push(await reader(served));
    for (let index = 0; index < 5; index++) boards.push(await writer(served, `tftp-${index}.bin`));
    for (const board of boards) assert.ok(await board.step());
    for (let index = 0; index < 5; index++) {
      const wire = await login(served, "boot", password);
      const data = await wire.passive();
      await wire.expect(index < 3 ? `STOR ftp-${index}.bin` : "RETR large.bin", 150);
      if (index < 3) data.socket.write(small);
    }
    const running = (): number => {
      const last = new Map(served.rows().flatMap((row) => (row.type === "transfer" ? [[row.id, row]] : [])));
      return [...last.values()].filter(({ state, bytes }) => state === "running" && bytes > 0).length;
    };
    await served.running.waitFor("20 transfers that run", () => (running() === 20 ? true : undefined));
    assert.ok((await readdir(folder.path)).length > names.length, "the uploads are under way");
    served.running.signal("SIGINT");
    await stopped(served);
    assert.equal(running(), 20, "the first Ctrl+C ends none of them");
    const at = performance.now();
    served.running.signal("SIGINT");
    const { code, stderr } = await served.running.endedWithin(withinASecondMs);
    const took = performance.now() - at;
    assert.deepEqual([code, stderr], [0, ""]);
    assert.ok(took < withinASecondMs, `${took} ms`);
    assert.deepEqual(await readdir(folder.path), names);
    const ends = served.rows().filter((row) => row.type === "transfer" && row.state === "cancelled");
    assert.equal(new Set(ends.map(({ id }) => id)).size, 20);
    // All of its sockets are gone: the ports are free.
    await (await start(samePorts(served))).stop();
  });

  it("a port that is taken is named with its holder and what to do; the others run", async () => {
    const holder = lastly(createSocket("udp4").bind(0, "127.0.0.1"), (socket) => socket.close());
    await once(holder, "listening");
    const taken = holder.address().port;
    const served = await start(["--tftp-port", `${taken}`]);
    assert.deepEqual(
      served.ready.servers.map(({ state }) => state),
      ["running", "failed", "running"],
    );
    const { trouble } = served.server("tftp");
    assert.equal(trouble?.code, "port.inUse");
    assert.match(trouble.message, new RegExp(`^UDP port ${taken} of 127\\.0\\.0\\.1 is in use`));
    if (process.platform === "linux")
      assert.match(trouble.message, new RegExp(`by .* \\(pid ${process.pid}\\)`));
    assert.ok(trouble.remedy);
    await served.stop();
  });

  it("exits with 3 where no server runs or waits, and says why for each", async () => {
    const udp = lastly(createSocket("udp4").bind(0, "127.0.0.1"), (socket) => socket.close());
    const tcp = lastly(createServer().listen(0, "127.0.0.1"), (server) => server.close());
    await Promise.all([once(udp, "listening"), once(tcp, "listening")]);
    const ports = [udp.address().port, (tcp.address() as AddressInfo).port].map(String);
    const flags = ["--servers", "tftp,ftp", "--tftp-port", ports[0]!, "--ftp-port", ports[1]!];
    const people = await ours(thisHost, ["serve", folder.path, ...flags]);
    assert.equal(people.code, 3);
    assert.match(people.stdout, new RegExp(`UDP port ${ports[0]} of 127.0.0.1 is in use`));
    assert.match(people.stdout, new RegExp(`TCP port ${ports[1]} of 127.0.0.1 is in use`));
    assert.doesNotMatch(people.stdout, /Ctrl\+C/);
    const json = await ours(thisHost, ["serve", folder.path, ...flags, "--json"]);
    assert.equal(json.code, 3);
    assert.match(json.stdout, /^\{"type":"ready","servers":\[\{[^\n]*"state":"failed"/);
  });

  it("exits with 2 for a plan with problems, and tells each in a line of its own", async () => {
    await folder.write(".vscode/boot-plan.json", `{\n  "boot": 7,\n  "silentSeconds": 1\n}`);
    const { code, stdout, stderr } = await ours(thisHost, ["serve", folder.path, ...freePorts]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^ {2}\.vscode\/boot-plan\.json:2:11 .+$/m);
    assert.match(stderr, /^ {2}\.vscode\/boot-plan\.json:3:20 .+$/m);
  });

  it("waits for an interface that is not there, and Ctrl+C ends it with 0", async () => {
    const served = await start(["--address", "nosuch0"]);
    for (const row of served.ready.servers) {
      assert.equal(row.state, "waiting");
      assert.match(row.trouble?.message ?? "", /there is no interface nosuch0/);
    }
    await served.stop();
  });

  it("a changed plan acts within a second of the save, and a running transfer goes on byte for byte", async () => {
    await folder.write(".vscode/boot-plan.json", `{ "boot": "small.bin" }`);
    await folder.write("images/next.bin", "next");
    const served = await start();
    assert.equal(await ask(served), "small.bin");
    const board = await reader(served);
    await folder.write(".vscode/boot-plan.json", `{ "root": "images", "boot": "next.bin" }`);
    const saved = Date.now();
    const told = await served.row("log", ({ message }) => /plan has changed/.test(message));
    assert.ok(told.at - saved < withinASecondMs, `${told.at - saved} ms`);
    assert.equal(await ask(served), "next.bin");
    await board.finish();
    assert.ok(Buffer.from(board.bytes).equals(small));
    const other = await reader(served, "next.bin");
    await other.finish();
    assert.equal(Buffer.from(other.bytes).toString(), "next");
    await served.stop();
  });

  it("a broken plan changes nothing and is told with file, line and column; mended, it acts", async () => {
    await folder.write(".vscode/boot-plan.json", `{ "boot": "small.bin" }`);
    const served = await start();
    await folder.write(".vscode/boot-plan.json", `{\n  "boot": 7,\n  "silentSeconds": 1\n}`);
    const errors = (): string[] =>
      served.rows().flatMap((row) => (row.type === "log" && row.level === "error" ? [row.message] : []));
    await served.row("log", ({ message }) => /plan before this change goes on/.test(message));
    assert.equal(errors().length, 2, "one row for each problem");
    assert.match(errors()[0] ?? "", /^\.vscode\/boot-plan\.json:2:11 /);
    assert.match(errors()[1] ?? "", /^\.vscode\/boot-plan\.json:3:20 /);
    assert.equal(await ask(served), "small.bin");
    await folder.write(".vscode/boot-plan.json", `{ "boot": "large.bin" }`);
    await served.row("log", ({ message }) => /plan has changed/.test(message));
    assert.equal(await ask(served), "large.bin");
    await folder.write(".vscode/boot-plan.local.json", `{ "boot": "small.bin" }`);
    await served.running.waitFor("a second change", () =>
      served.rows().filter((row) => row.type === "log" && /plan has changed/.test(row.message)).length === 2
        ? true
        : undefined,
    );
    assert.equal(await ask(served), "small.bin");
    await served.stop();
  });

  it("a file that the plan names may come and go: each time it is missing, that is told once", async () => {
    await folder.write(".vscode/boot-plan.json", `{ "boot": "small.bin", "tftp": ["a.bin", "b.bin"] }`);
    const served = await start();
    const warnings = (file: string): number =>
      served.rows().filter((row) => row.type === "log" && row.message.includes(`"${file}" is not there yet`))
        .length;
    await folder.write("part", "a");
    await rename(folder.at("part"), folder.at("a.bin"));
    await served.row("log", ({ message }) => /a\.bin" is there now/.test(message));
    assert.deepEqual([warnings("a.bin"), warnings("b.bin")], [1, 1]);
    await unlink(folder.at("a.bin"));
    await served.running.waitFor("another warning", () => (warnings("a.bin") === 2 ? true : undefined));
    assert.equal(warnings("b.bin"), 1);
    await served.stop();
  });

  it("a root that is not built yet is served as soon as it is", async () => {
    await folder.write(".vscode/boot-plan.json", `{ "root": "build", "boot": "small.bin" }`);
    const served = await start();
    const early = await slowReader(port(served, "tftp"), "small.bin");
    assert.equal(early.last.op === "ERROR" ? early.last.code : early.last.op, 1);
    await early.close();
    await folder.write("out/small.bin", small);
    await rename(folder.at("out"), folder.at("build"));
    await served.row("log", ({ message }) => /build" is there now/.test(message));
    const board = await reader(served);
    await board.finish();
    await served.stop();
  });

  it("a reader of the output that goes away ends no transfer", async () => {
    const served = await start();
    const board = await reader(served);
    served.running.closeOutput();
    await folder.write(".vscode/boot-plan.json", `{ "boot": "small.bin" }`);
    await board.finish();
    assert.ok(Buffer.from(board.bytes).equals(small));
    // It serves on, with nobody who reads.
    await (await reader(served)).finish();
    served.running.signal("SIGINT");
    const { code, stderr } = await served.running.endedWithin(withinASecondMs);
    assert.deepEqual([code, stderr], [0, ""]);
  });

  describe("in people's words", () => {
    const people = async (
      flags: readonly string[] = [],
      env: Record<string, string> = {},
    ): Promise<Running> => {
      const command = [
        "--import",
        "tsx",
        "src/cli/main.ts",
        "serve",
        folder.path,
        asRoot,
        ...freePorts,
        ...flags,
      ];
      const running = lastly(new Running([process.execPath, ...command], { env }), (each) => each.kill());
      await running.waitFor(
        "the end of its greeting",
        (output) => /Ctrl\+C stops them/.test(output) || undefined,
      );
      return running;
    };
    const portOf = (running: Running, protocol: Protocol): number =>
      Number(
        new RegExp(`^ *${protocol} +listening on 127\\.0\\.0\\.1:(\\d+)`, "m").exec(running.stdout)?.[1],
      );
    const lines = (running: Running, pattern: RegExp): string[] =>
      running.stdout.split("\n").filter((line) => pattern.test(line));
    const line = (running: Running, pattern: RegExp): Promise<string> =>
      running.waitFor(`a line with ${pattern.source}`, () => lines(running, pattern)[0]);

    it("says where it listens, that no board can ask there, that nothing came yet, what moved, and that it stops", async () => {
      const running = await people();
      assert.match(running.stdout, /^Boot Servers \S+ · serving \S+ · uploads: deny\n/);
      for (const protocol of ["bootp", "tftp", "ftp"] as const) {
        assert.match(
          running.stdout,
          new RegExp(`^ {2}${protocol} +listening on .*, nothing received yet$`, "m"),
        );
      }
      assert.match(running.stdout, /^Only this computer can ask\. For boards: --address /m);
      await line(running, /note +there is no \.vscode\/boot-plan\.json: .* BOOTP names no boot file/);
      const board = lastly(await slowReader(portOf(running, "tftp"), "small.bin"), (each) => each.close());
      running.signal("SIGINT");
      await line(running, /^Stopped listening; 1 transfer is given 600 s to end\. Ctrl\+C again ends now\.$/);
      await board.finish();
      const { code, stdout } = await running.endedWithin(withinASecondMs);
      assert.equal(code, 0);
      assert.match(
        stdout,
        /^\d\d:\d\d:\d\d {2}tftp {2}small\.bin → 127\.0\.0\.1 · 4\.0 KiB in .* · sha256 [0-9a-f]{16}…$/m,
      );
      assert.match(stdout, /\nStopped\.\n$/);

      assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f]/);
    });

    it("says once what is the matter with all three servers", async () => {
      const running = await people(["--address", "nowhere0"]);
      assert.equal(lines(running, /no interface nowhere0|^ {2}\w+ +waiting$/).length, 4);
    });

    it("says why it is still there after Ctrl+C, when an upload's last ACK may have to be repeated", async () => {
      const flags = ["--uploads", "new"];
      const running = await people(flags, { BOOT_SERVERS_FTP_PASSWORD: password });
      const board = lastly(
        await slowWriter(portOf(running, "tftp"), "up.bin", small, { timeout: 60 }),
        (each) => each.close(),
      );
      await board.finish();
      await line(running, /up\.bin ← /);
      running.signal("SIGINT");
      await line(
        running,
        /^Stopped listening; an upload's last ACK may have to be repeated\. Ctrl\+C again ends now\.$/,
      );
      running.signal("SIGINT");
      const { code } = await running.endedWithin(withinASecondMs);
      assert.equal(code, 0);
    });

    it("a refused file is one line, with the rule, and with the nearest names of a missing one", async () => {
      const running = await people();
      const ask = async (file: string): Promise<void> => {
        const board = await slowReader(portOf(running, "tftp"), file);
        assert.equal(board.last.op, "ERROR");
        await board.close();
      };
      await ask("smal.bin");
      await ask(".git/config");
      await ask("nothing-like-it");
      await line(running, /nothing-like-it/);
      const [near, ...more] = lines(running, /smal\.bin/);
      assert.deepEqual(more, []);
      assert.match(
        near ?? "",
        /smal\.bin → 127\.0\.0\.1 · refused · there is no such file .*Nearest: small\.bin/,
      );
      assert.equal(lines(running, /\.git\/config/).length, 1);
    });

    it("a board that asks for the same missing files again and again is told once, then by count", async () => {
      const running = await people();
      for (let round = 0; round < 5; round++) {
        for (const file of ["C0A8070A.img", "pxelinux.cfg/default"]) {
          const board = await slowReader(portOf(running, "tftp"), file);
          await board.close();
        }
      }
      await line(running, /pxelinux\.cfg\/default/);
      running.signal("SIGINT");
      const { code } = await running.endedWithin(withinASecondMs);
      assert.equal(code, 0);
      assert.equal(lines(running, /C0A8070A\.img → /).length, 1);
      assert.equal(
        lines(running, /127\.0\.0\.1 · asked again 8 times for 2 files that were refused$/).length,
        1,
      );
    });

    it("never writes what a peer named as it came, in neither voice (S17)", async () => {
      const hostile = "\u001b[2Jred\r\n\u202egpj.exe";
      const running = await people();
      const served = await start();
      for (const [tftp, ftp, bootp] of [
        [portOf(running, "tftp"), portOf(running, "ftp"), portOf(running, "bootp")],
        [port(served, "tftp"), port(served, "ftp"), port(served, "bootp")],
      ] as const) {
        await (await slowReader(tftp, hostile)).close();
        const wire = lastly(await openWire(ftp), (each) => {
          each.destroy();
        });
        await wire.expect("USER \u001b]0;title\u0007", 331);
        await wire.expect("PASS x", 230);
        await wire.command("RETR \u001b[2J\u202eftp-name");
        const socket = createSocket("udp4");
        const packet = aRequest({
          ciaddr: "127.0.0.1",
          options: new Map([[60, Buffer.from("\u001b[2J\u009bvendor")]]),
        });
        const reply = once(socket, "message");
        socket.send(encodePacket(packet), bootp, "127.0.0.1");
        await reply;
        socket.close();
      }
      await line(running, /ftp-name/);
      await served.row("transfer", ({ file }) => file.includes("ftp-name"));
      await served.row("client", ({ vendorClass }) => vendorClass !== undefined);
      await line(running, /red/);
      await served.stop();
      running.signal("SIGINT");
      await running.endedWithin(withinASecondMs);

      const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;
      assert.doesNotMatch(running.output, raw);
      assert.doesNotMatch(running.stdout, /Stopped listening/, "nothing ran any more");

      assert.doesNotMatch(served.running.output, raw);
      assert.match(running.stdout, /\\x1b\[2Jred\\x0d\\x0a\\u\{202e\}gpj\.exe/);
    });

    it("tells a taken port with what to do, and a plan that broke line by line", async () => {
      const holder = lastly(createSocket("udp4").bind(0, "127.0.0.1"), (socket) => socket.close());
      await once(holder, "listening");
      const running = await people(["--tftp-port", `${holder.address().port}`]);
      assert.match(
        running.stdout,
        /^ {2}tftp +failed\n +UDP port \d+ of 127\.0\.0\.1 is in use.*\. .*port\.$/m,
      );
      await folder.write(".vscode/boot-plan.json", `{\n  "boot": 7,\n  "silentSeconds": 1\n}`);
      await line(running, /boot-plan\.json:3:20 /);
      assert.equal(lines(running, /boot-plan\.json:2:11 /).length, 1);
      assert.doesNotMatch(running.stdout, /\\x0a/);
    });
  });
});
