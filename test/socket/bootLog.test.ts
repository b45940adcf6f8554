import assert from "node:assert/strict";
import { createEngine } from "../../src/engine/engine";
import type { Engine } from "../../src/model/api";
import { BootLogs, describeBootLine } from "../../src/model/bootLog";
import type { BootLineRow, Protocol } from "../../src/model/events";
import { anyPorts, defaultWanted } from "../../src/model/settings";
import { errorCode, encodeError } from "../../src/protocol/tftp/packet";
import { serverRow } from "../support/engines";
import { ftpHouse, type FtpHouse } from "../support/ftpWire";
import { askBootp, ftpRead, tftpRead } from "../support/loopbackBoard";
import { openRawClient, requestFor } from "../support/tftp";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const mac = "02:00:00:00:00:0c";

/** What no two runs have in common; and a busy machine sends again what is late. */
const plain = (text: string): string =>
  text
    .replace(/xid [0-9a-f]{8}/, "xid #")
    .replace(/[\d.]+ m?s\b/g, "# s")
    .replace(/\([\d.]+ \w+\/s\)/, "(# B/s)")
    .replace(/,? sent \d+×(, # s)?$/, "")
    .replace(/, \d+ sent again/, "");

/** Follows the boot lines of an engine or a server's journal. */
class Followed {
  readonly logs = new BootLogs();
  private readonly looks = new Set<() => void>();

  take(row: BootLineRow): void {
    this.logs.apply(row);
    for (const look of this.looks) look();
  }

  /** What a client's log says but for what a busy machine sends again. */
  told(client: string): readonly BootLineRow[] {
    return this.logs.lines(client).filter(({ event }) => event !== "resent" && event !== "gap");
  }

  /** Resolves with the client's lines of a protocol once they fit: those that are final, without what differs. */
  lines(
    client: string,
    protocol: Protocol,
    fit: (lines: readonly string[]) => boolean,
  ): Promise<readonly string[]> {
    return new Promise((resolve) => {
      const look = (): void => {
        const lines = this.told(client)
          .filter((line) => line.protocol === protocol)
          .map((line) => `${line.boot} ${plain(describeBootLine(line))}`);
        if (!fit(lines)) return;
        this.looks.delete(look);
        resolve(lines);
      };
      this.looks.add(look);
      look();
    });
  }
}

const ends = (count: number) => (lines: readonly string[]) =>
  lines.filter((line) => / sent: /.test(line)).length === count;

describe("the boot log of real servers", function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  let engine: Engine;
  let followed: Followed;

  beforeEach(async () => {
    folder = await temporaryFolder({
      "u-boot.bin": "b".repeat(700),
      "etsw.b3": "e".repeat(3_000),
      ".vscode/boot-plan.json": `{ "boot": "u-boot.bin" }`,
    });
    engine = createEngine();
    followed = new Followed();
    engine.onRow((row) => {
      if (row.type === "bootLine") followed.take(row);
    });
    await engine.configure({ ...defaultWanted, folder: folder.path, ports: anyPorts });
  });

  afterEach(async () => {
    await engine.stopNow();
    await folder.remove();
  });

  const port = (protocol: Protocol): number => serverRow(engine, protocol).port;

  it("gives a boot exactly these lines, and the next boot the same ones under the next number", async () => {
    for (const boot of [1, 2]) {
      assert.equal((await askBootp(port("bootp"), mac))?.file, "u-boot.bin");
      await tftpRead(port("tftp"), "u-boot.bin");
      const tftp = await followed.lines(mac, "tftp", ends(boot));
      await ftpRead(port("ftp"), "etsw.b3");
      const ftp = await followed.lines(mac, "ftp", ends(boot));
      const bootp = await followed.lines(mac, "bootp", (lines) => lines.length >= boot);
      assert.deepEqual(bootp.slice(boot - 1), [
        `${boot} BOOTREQUEST xid # ciaddr 127.0.0.1 → BOOTREPLY file u-boot.bin siaddr 127.0.0.1 subnetMask 255.0.0.0 broadcastAddress 127.255.255.255`,
      ]);
      assert.deepEqual(tftp.slice(3 * (boot - 1)), [
        `${boot} RRQ u-boot.bin octet tsize 0 blksize 32768 windowsize 4 → OACK tsize 700 blksize 32768 windowsize 4`,
        `${boot} DATA 1, OACK acknowledged after # s, first byte after # s`,
        `${boot} u-boot.bin sent: 700 B in # s (# B/s)`,
      ]);
      const own = ftp.filter((line) => line.startsWith(`${boot} `));
      assert.deepEqual(own, [
        `${boot} USER anonymous PASS **** → 230 Logged in, read only`,
        `${boot} RETR etsw.b3 passive type I → 2.9 KiB`,
        `${boot} first byte after # s`,
        `${boot} etsw.b3 sent: 2.9 KiB in # s (# B/s)`,
      ]);
    }
    assert.deepEqual(followed.logs.clients(), [mac]);
  });

  it("shows what came from an address before its board was known under the board", async () => {
    await tftpRead(port("tftp"), "u-boot.bin");
    assert.equal((await followed.lines("127.0.0.1", "tftp", ends(1))).length, 3);
    await askBootp(port("bootp"), mac);
    assert.equal((await followed.lines(mac, "tftp", ends(1))).length, 3);
    assert.deepEqual(followed.logs.clients(), [mac]);
  });

  it("knows a question for the size, and a file that is not there", async () => {
    const board = await openRawClient();
    const ask = (file: string): void => {
      board.send(requestFor("RRQ", file, { tsize: 0 }), { address: "127.0.0.1", port: port("tftp") });
    };
    ask("u-boot.bin");
    const { from } = await board.next();
    board.send(encodeError(errorCode.optionRefused, "User aborted the transfer"), from);
    await followed.lines("127.0.0.1", "tftp", (lines) => lines.some((line) => line.includes("ERROR 8")));
    ask("nix.bin");
    const lines = await followed.lines("127.0.0.1", "tftp", (all) =>
      all.some((line) => line.includes("ERROR 1")),
    );
    assert.deepEqual(lines, [
      "1 RRQ u-boot.bin octet tsize 0 → OACK tsize 700",
      '1 ERROR 8 "User aborted the transfer"',
      '1 RRQ nix.bin octet tsize 0 → ERROR 1 "there is no such file in the served root"',
    ]);
    const codes = followed.told("127.0.0.1").map(({ diagnosis }) => diagnosis?.code);
    assert.deepEqual(codes, [undefined, "tftp.askedSize", undefined]);
    await board.close();
  });
});

describe("the boot log of an FTP session", function () {
  this.timeout(60_000);
  let house: FtpHouse;
  let followed: Followed;

  const start = async (options: Parameters<typeof ftpHouse>[0] = {}): Promise<void> => {
    followed = new Followed();
    house = await ftpHouse({ files: { "a.bin": "abc" }, ...options });
    house.journal.onRow((row) => {
      if (row.type === "bootLine") followed.take(row);
    });
  };
  afterEach(() => house.close());

  const lines = (fit: RegExp): Promise<readonly string[]> =>
    followed.lines("127.0.0.1", "ftp", (all) => all.some((line) => fit.test(line)));
  const codes = (): (string | undefined)[] =>
    followed.logs.lines("127.0.0.1").flatMap(({ diagnosis }) => diagnosis?.code ?? []);

  it("has what was refused, the same once, and never a password, wherever it was typed", async () => {
    await start({ wanted: { ftpPassword: "canary-1" } });
    const wire = await house.connect();
    for (const line of [
      "canary-2",
      "PASScanary-3",
      "USER canary-4",
      "PASS canary-5",
      "ACCT canary-6",
      "DELE canary-7",
    ])
      await wire.command(line);
    await wire.command("USER boot");
    await wire.command("PASS canary-1");
    for (const line of ["DELE a.bin", "DELE a.bin", "SITE chmod", "PASS canary-8", "canary-9"])
      await wire.command(line);
    const all = await lines(/SITE/);
    assert.ok(!all.join("\n").includes("canary"), all.join("\n"));
    assert.ok(all.includes("1 USER **** PASS **** → 530 Login incorrect"));
    assert.ok(all.includes("1 USER boot PASS **** → 230 Logged in"));
    const dele = followed.logs.lines("127.0.0.1").filter(({ request }) => request === "DELE a.bin");
    assert.deepEqual(
      dele.map(({ times }) => times),
      [2],
    );
    assert.deepEqual(codes(), ["ftp.wrongPassword"]);
  });

  it("says that no data connection was made: active, a firewall of the board's side", async () => {
    await start();
    const wire = await house.login();
    // The connection's own port: nobody else can take it, and nobody listens there.
    const { localPort: port = 0 } = wire.socket;
    await wire.command(`PORT 127,0,0,1,${port >> 8},${port & 0xff}`);
    await wire.command("RETR a.bin");
    await lines(/425/);
    assert.deepEqual(codes(), ["ftp.activeBlocked"]);
  });

  it("says that no data connection was made: passive, the ports of this side", async () => {
    await start({ limits: { ftpDataSeconds: 1 } });
    const wire = await house.login();
    await wire.command("PASV");
    await wire.command("RETR a.bin");
    await wire.command("PASV");
    await wire.command("LIST");
    await lines(/LIST → 425/);
    assert.deepEqual(codes(), ["ftp.passiveBlocked", "ftp.passiveBlocked"]);
  });
});
