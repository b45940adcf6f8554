/** What programs that nobody here wrote do under `serve --fault`, and what a person reads of it (docs/faults.md). */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { TransferRow } from "../../src/model/events";
import { assertFile, unlikeBytes } from "../support/files";
import { lossyTftpClients, patient } from "../support/foreignClients";
import { makeNetwork, type TestNetwork } from "../support/namespace";
import { serve, type Served } from "../support/ours";
import { need, placeOf } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { UBoot } from "../support/uBoot";

const address = "10.77.0.1";
/** A board for each fault, so that one server has all of them. */
const profiles = {
  dropped: "drop data 17 x2",
  unanswered: "drop last-ack",
  stalled: "stall data 100 2s",
  foreign: "wrong-tid",
  truncated: "truncate",
  corrupt: "corrupt data 3",
  refused: "ftp 425",
  torn: "cut-data 1MB",
  uBootLossy: "loss=5,seed=1",
  uBootDropped: "drop data 17 x2",
  uBootStalled: "stall data 20 2s",
  uBootCorrupt: "corrupt data 3",
  uBootTruncated: "truncate data 20",
} as const;
type Board = keyof typeof profiles;
const boards = Object.keys(profiles) as Board[];
/** U-Boot is one board, which takes the address of each of its faults in turn. */
const hosts = boards.filter((board) => !board.startsWith("uBoot"));
const addressOf = (board: Board): string => `10.77.0.${10 + boards.indexOf(board)}`;

describe("programs of others under injected faults", function () {
  this.timeout(120_000);
  let network: TestNetwork | undefined;
  let served: Served;
  let folder: TemporaryFolder;
  let own: TemporaryFolder;
  const small = unlikeBytes(60_001);
  const large = unlikeBytes(3_000_001);

  before(async function () {
    need(this, "curl", "atftp", "busybox", "lftp");
    folder = await temporaryFolder({ small, large });
    own = await temporaryFolder({ small });
    const lan = "lan1";
    network = await makeNetwork(this, {
      server: { eth0: { lan, address: `${address}/24` } },
      uBoot: { eth0: { lan } },
      ...Object.fromEntries(
        hosts.map((board) => [board, { eth0: { lan, address: `${addressOf(board)}/24` } }]),
      ),
    });
    const faults = boards.flatMap((board) => ["--fault", `for ${addressOf(board)}: ${profiles[board]}`]);
    const flags = ["--address", address, "--servers", "tftp,ftp", "--uploads", "new", ...faults];
    served = await serve(network.host("server"), folder.path, flags);
  });
  after(async () => {
    await network?.close();
    await folder.remove();
    await own.remove();
  });

  const read = async (board: Board, name: "curl" | "atftp" | "busybox tftp"): Promise<Uint8Array> => {
    const file = own.at(`${board}-${name}`);
    const program = lossyTftpClients.find((client) => client.name === name)!;
    await program.get(patient(network!.host(board), 100_000), address, "small", file);
    return readFile(file);
  };
  const isWhole = (got: Uint8Array): boolean => Buffer.compare(got, small) === 0;
  /** The row of a board says what was done to it. */
  const told = (
    board: Board,
    injected: string,
    state: TransferRow["state"] = "finished",
  ): Promise<TransferRow> =>
    served.row(
      "transfer",
      (row) => row.address === addressOf(board) && row.injected?.[0] === injected && row.state === state,
    );

  it("server rows and the log say what is injected, for whom, and the seed that does the same again", async () => {
    const { warnings } = served.server("tftp");
    const warning = warnings.find(({ code }) => code === "faults.injected")?.message ?? "";
    const seed = /, seed (\d+)$/.exec(warning)?.[1] ?? assert.fail(warning);
    for (const board of ["dropped", "refused"] as const)
      assert.ok(warning.includes(`${profiles[board]} for ${addressOf(board)}`), warning);
    await served.row("log", ({ message }) =>
      message.includes(`--fault 'for ${addressOf("dropped")}: seed=${seed}; drop data 17 x2'`),
    );
  });

  it("a block that is lost twice: curl and atftp have every byte", async () => {
    const got = await Promise.all([read("dropped", "curl"), read("dropped", "atftp")]);
    assert.deepEqual(got.map(isWhole), [true, true]);
    await told("dropped", "DATA 17 dropped ×2");
  });

  it("a stall of two seconds: curl and atftp have every byte", async () => {
    const got = await Promise.all([read("stalled", "curl"), read("stalled", "atftp")]);
    assert.deepEqual(got.map(isWhole), [true, true]);
    await told("stalled", "DATA 100 held for 2.0 s");
  });

  it("a last ACK that is lost: busybox sends its last block again, and the file is there", async () => {
    const args = ["tftp", "-p", "-r", "sent", "-l", own.at("small"), address];
    await network!.host("unanswered").succeed("busybox", args);
    await told("unanswered", "last ACK dropped");
    await assertFile(folder.at("sent"), small);
  });

  it("a spoilt block from another port: atftp and busybox do not take it (RFC 1350 §4)", async () => {
    const got = await Promise.all([read("foreign", "atftp"), read("foreign", "busybox tftp")]);
    assert.deepEqual(got.map(isWhole), [true, true]);
    await told("foreign", "DATA 2 sent from another port too");
  });

  it("a block cut short: curl and atftp hold half a block for the whole file, and say nothing", async () => {
    const got = await Promise.all([read("truncated", "curl"), read("truncated", "atftp")]);
    assert.deepEqual(
      got.map(({ length }) => length),
      [256, 256],
    );
    await told("truncated", "DATA 1 cut short", "running");
  });

  it("a spoilt byte: curl and atftp do not notice, for TFTP has no sum", async () => {
    const got = await Promise.all([read("corrupt", "curl"), read("corrupt", "atftp")]);
    assert.deepEqual(
      got.map((each) => [each.length, isWhole(each)]),
      got.map(() => [small.length, false]),
    );
    await told("corrupt", "DATA 3 corrupted");
  });

  const curl = (board: Board): Promise<{ readonly code: number | null; readonly stderr: string }> =>
    network!.host(board).run("curl", ["-sS", "-o", own.at(`${board}-curl`), `ftp://${address}/large`]);
  /** It asks again by itself. */
  const lftp = async (board: Board): Promise<void> => {
    const file = own.at(`${board}-lftp`);
    const settings = "set net:max-retries 5; set net:reconnect-interval-base 1";
    await network!
      .host(board)
      .succeed("lftp", ["-c", `${settings}; open ftp://${address}; get large -o ${file}`], {
        env: { HOME: "/nonexistent" },
        timeoutMs: 100_000,
      });
    await assertFile(file, large);
  };

  it("FTP's 425: curl says the code and ends; asked again, lftp has every byte", async () => {
    const { code, stderr } = await curl("refused");
    assert.equal(code, 19, stderr);
    assert.match(stderr, /425/);
    const { trouble } = await told("refused", "answered with 425", "failed");
    assert.equal(trouble?.message, "answered with 425 (injected by the fault profile)");
    await lftp("refused");
  });

  it("FTP's data connection cut after 1 MB: lftp goes on where it was, and has every byte", async () => {
    await lftp("torn");
    const { trouble } = await told("torn", "data connection cut after 1MB", "failed");
    assert.equal(trouble?.message, "the data connection was cut (injected by the fault profile)");
  });

  describe("U-Boot", function () {
    this.timeout(400_000); // As a command may take.
    let uBoot: UBoot;

    before(async function () {
      need(this, "qemu-system-aarch64", "u-boot.bin", "python3");
      const mac = "52:54:00:77:00:30";
      uBoot = await UBoot.switchOn(network!.host("uBoot"), mac, placeOf("u-boot.bin"));
      // Else it waits for five seconds, and asks the server to do so too (RFC 2349).
      await uBoot.run("setenv tftptimeout 1000");
      await uBoot.run(`setenv serverip ${address}`);
    });

    /** What it says of the bytes that it has. */
    const load = async (
      board: Board,
    ): Promise<{ readonly size: number; readonly crc32: string; readonly injected: string }> => {
      await uBoot.run(`setenv ipaddr ${addressOf(board)}`);
      const said = await uBoot.run("tftpboot ${loadaddr} small");
      const size = Number(/Bytes transferred = (\d+)/.exec(said)?.[1] ?? assert.fail(said));
      const { injected } = await served.row(
        "transfer",
        (row) => row.address === addressOf(board) && row.injected !== undefined,
      );
      return { size, crc32: await uBoot.crc32(), injected: injected!.join() };
    };
    const whole = { size: small.length, crc32: crc32(small).toString(16).padStart(8, "0") };

    for (const [what, board, injected] of [
      ["5 % of the packets lost", "uBootLossy", /^packet lost/],
      ["a block that is lost twice", "uBootDropped", /^DATA 17 dropped/],
      ["a stall of two seconds", "uBootStalled", /^DATA 20 held for 2\.0 s/],
    ] as const) {
      it(`${what}: it has every byte`, async () => {
        const { injected: row, ...got } = await load(board);
        assert.deepEqual(got, whole);
        assert.match(row, injected);
      });
    }

    it("a spoilt byte: it does not notice", async () => {
      const { size, crc32, injected } = await load("uBootCorrupt");
      assert.equal(size, whole.size);
      assert.notEqual(crc32, whole.crc32);
      assert.equal(injected, "DATA 3 corrupted");
    });

    it("a block cut short: it ends there, and says that it is done", async () => {
      const { size, injected } = await load("uBootTruncated");
      assert.ok(size < whole.size, `${size}`);
      assert.match(injected, /^DATA 20 cut short/);
    });
  });
});
