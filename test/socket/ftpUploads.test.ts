import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import {
  large,
  secret,
  standStill,
  until,
  uploadHouse,
  type FtpHouse,
  type FtpOptions,
  type Wire,
} from "../support/ftpWire";
import { VirtualClock } from "../support/virtualClock";

describe("FTP uploads", () => {
  let house: FtpHouse | undefined;
  const uploads = async (options: FtpOptions = {}): Promise<FtpHouse> => (house = await uploadHouse(options));
  const session = (): Promise<Wire> => house!.login();
  const names = async (): Promise<string[]> => (await readdir(house!.folder.path)).sort();
  const content = async (name: string): Promise<string> =>
    (await readFile(house!.folder.at(name))).toString();
  afterEach(async () => {
    await house?.close();
    house = undefined;
  });

  it("arrive byte for byte, with both hashes in the row, and only then under their name", async () => {
    await uploads();
    const wire = await session();
    assert.equal((await wire.store("STOR up.bin", large)).code, 226);
    assert.ok((await readFile(house!.folder.at("up.bin"))).equals(large));
    const row = house!.rows()[0]!;
    assert.deepEqual(
      [row.direction, row.state, row.bytes, row.sha256],
      ["write", "finished", large.length, createHash("sha256").update(large).digest("hex")],
    );
    assert.equal((await wire.store("STOR empty.bin", "")).code, 226);
    assert.equal(await content("empty.bin"), "");
    assert.deepEqual(house!.departures, []);
  });

  it("that fail leave the good file as it was: cut by reset, and read-only for a user (F4, F5, X7)", async () => {
    await uploads({ files: { "fw.bin": "GOOD" } });
    const wire = await session();
    await chmod(house!.folder.at("fw.bin"), 0o444);
    assert.equal((await wire.store("STOR fw.bin", "BAD")).code, 550);
    assert.equal(await content("fw.bin"), "GOOD");
    await chmod(house!.folder.at("fw.bin"), 0o644);
    const data = await wire.passive();
    await wire.expect("STOR fw.bin", 150);
    data.socket.write("BAD");
    await house!.row((row) => row.bytes === 3);
    data.socket.resetAndDestroy();
    assert.equal((await wire.reply()).code, 426);
    assert.equal(await content("fw.bin"), "GOOD");
    assert.deepEqual(await names(), ["fw.bin"]);
  });

  it("are invisible until they are whole (F5)", async () => {
    await uploads({ files: { "fw.bin": "old" } });
    const [writer, reader] = [await session(), await session()];
    const data = await writer.passive();
    await writer.expect("STOR fw.bin", 150);
    data.socket.write("new and ");
    await house!.row((row) => row.bytes > 0);
    assert.equal((await reader.fetch("RETR fw.bin")).data.toString(), "old");
    data.socket.end("longer");
    data.socket.resume();
    assert.equal((await writer.reply()).code, 226);
    assert.equal((await reader.fetch("RETR fw.bin")).data.toString(), "new and longer");
  });

  it("of one name at the same time: the second is 450, the first is whole (F5, X8)", async () => {
    await uploads();
    const [first, second] = [await session(), await session()];
    const data = await first.passive();
    await first.expect("STOR fw.bin", 150);
    data.socket.write("A");
    await house!.row((row) => row.bytes > 0);
    assert.equal((await second.store("STOR fw.bin", "BBBB")).code, 450);
    data.socket.end("A");
    data.socket.resume();
    assert.equal((await first.reply()).code, 226);
    assert.equal(await content("fw.bin"), "AA");
  });

  it("whose control connection died first are not kept, however cleanly the data ended (F6, X7)", async () => {
    await uploads({ files: { "fw.bin": "old" } });
    const wire = await session();
    const data = await wire.passive();
    await wire.expect("STOR fw.bin", 150);
    data.socket.write("half of it");
    await house!.row((row) => row.bytes > 0);
    wire.socket.end();
    // Its end is heard before that of the data: between two connections there is no order.
    assert.equal((await wire.reply()).code, 426);
    data.socket.end();
    await house!.row((row) => row.state === "failed");
    assert.equal(await content("fw.bin"), "old");
    assert.deepEqual(await names(), ["fw.bin"]);
  });

  it("whose control connection is half-closed are 426, and so is one that starts after it (F6, RFC 959 §4.1.1)", async () => {
    await uploads({ files: { "fw.bin": "old" } });
    const wire = await session();
    const data = await wire.passive();
    await wire.expect("STOR fw.bin", 150);
    data.socket.write("half of it");
    await house!.row((row) => row.bytes > 0);
    wire.socket.end("STOR fw.bin\r\nPWD\r\n");
    assert.deepEqual([(await wire.reply()).code, (await wire.reply()).code], [426, 426]);
    assert.equal((await wire.reply()).code, 257);
    await wire.closed;
    assert.deepEqual(
      house!.rows().map((row) => row.trouble?.code),
      ["ftp.connectionLost", "ftp.connectionLost"],
    );
    assert.equal(await content("fw.bin"), "old");
    assert.deepEqual(await names(), ["fw.bin"]);
  });

  it("that end before their ALLO are 426, and nothing is kept (F6, P24)", async () => {
    await uploads();
    const wire = await session();
    await wire.expect("ALLO 10", 200);
    assert.equal((await wire.store("STOR fw.bin", "short")).code, 426);
    assert.equal(house!.rows()[0]?.trouble?.code, "ftp.short");
    assert.deepEqual(await names(), []);
    await wire.expect("ALLO 4", 200);
    assert.equal((await wire.store("STOR fw.bin", "four")).code, 226);
    assert.equal((await wire.store("STOR fw.bin", "two")).code, 226);
  });

  it("cut by silence or ABOR leave nothing behind (X7, F2)", async () => {
    const clock = new VirtualClock();
    await uploads({ files: { "fw.bin": "old" }, clock });
    const wire = await session();
    for (const cut of ["silence", "ABOR"]) {
      const data = await wire.passive();
      await wire.expect("STOR fw.bin", 150);
      data.socket.write("half");
      await until(() => house!.rows().at(-1)?.bytes === 4 || house!.rows().at(-1)?.state === "running");
      const reply = wire.reply();
      if (cut === "ABOR") wire.send("ABOR\r\n");
      else await standStill(clock, () => house!.rows().at(-1)?.state === "failed");
      assert.equal((await reply).code, 426);
      if (cut === "ABOR") assert.equal((await wire.reply()).code, 226);
      data.socket.destroy();
      assert.deepEqual(await names(), ["fw.bin"]);
      assert.equal(await content("fw.bin"), "old");
    }
  });

  it("are told to the boot sequences while they run, as commands are: the board is not idle (DESIGN §2.1)", async () => {
    const clock = new VirtualClock();
    await uploads({ clock });
    const { heardFrom } = house!;
    const wire = await session();
    const before = heardFrom.length;
    await wire.expect("NOOP", 200);
    assert.ok(before > 0 && heardFrom.length > before);
    await wire.passive();
    await wire.expect("STOR fw.bin", 150);
    const begun = heardFrom.length;
    await standStill(clock, () => heardFrom.length > begun);
    assert.ok(heardFrom.every((address) => address === "127.0.0.1"));
  });

  it("never start in the middle: REST before STOR is 550, and the file is as it was (F14)", async () => {
    await uploads({ files: { "fw.bin": "HELLOWORLD" } });
    const wire = await session();
    await wire.expect("REST 5", 350);
    assert.equal((await wire.store("STOR fw.bin", "12345")).code, 550);
    assert.equal(await content("fw.bin"), "HELLOWORLD");
    assert.equal((await wire.store("STOR fw.bin", "12345")).code, 226);
  });

  it("beyond the limit are 552, and the old file stays (X6)", async () => {
    await uploads({ files: { "fw.bin": "old" }, limits: { uploadSize: 1000 } });
    const wire = await session();
    assert.equal((await wire.store("STOR fw.bin", Buffer.alloc(300_000))).code, 552);
    assert.equal(await content("fw.bin"), "old");
    assert.deepEqual(await names(), ["fw.bin"]);
    await wire.expect("ALLO 1001", 200);
    assert.equal((await wire.store("STOR fw.bin", "x")).code, 552);
  });

  it("onto a full disk are 552, and the old file stays (F4, X6)", async () => {
    // The door's own test has a real full disk; here it is the protocol's part of it.
    const { Refusal } = await import("../../src/engine/servedRoot/servedRoot");
    let aborted = 0;
    await uploads({
      files: { "fw.bin": "old" },
      root: (door) => ({
        ...door,
        async create(name) {
          const upload = await door.create(name);
          return {
            ...upload,
            write: () =>
              Promise.reject(new Refusal("full", { code: "disk.full", message: "the disk is full" })),
            abort: () => ((aborted += 1), upload.abort()),
          };
        },
      }),
    });
    const wire = await session();
    assert.equal((await wire.store("STOR fw.bin", Buffer.alloc(100_000))).code, 552);
    assert.equal(aborted, 1);
    assert.equal(await content("fw.bin"), "old");
    assert.deepEqual(await names(), ["fw.bin"]);
  });

  it("are refused with the rule in the row: a dot file, a policy, no policy (F8)", async () => {
    await uploads({ files: { "fw.bin": "old" }, wanted: { uploads: "new", ftpPassword: secret } });
    const wire = await session();
    assert.equal((await wire.store("STOR .env", "x")).code, 550);
    assert.equal((await wire.store("STOR fw.bin", "x")).code, 553);
    assert.ok(house!.rows().every((row) => row.state === "refused" && row.trouble !== undefined));
    assert.deepEqual(await names(), ["fw.bin"]);
  });

  it("in TYPE A come with CR LF and are kept with LF (P5)", async () => {
    await uploads();
    const wire = await session();
    await wire.expect("TYPE A", 200);
    assert.equal((await wire.store("STOR a.txt", "one\r\ntwo\r\n")).code, 226);
    assert.equal(await content("a.txt"), "one\ntwo\n");
  });

  it("write nothing that was not asked for", async () => {
    await uploads({ files: { "fw.bin": "x" } });
    await writeFile(house!.folder.at("other"), "y");
    const wire = await session();
    await wire.fetch("RETR fw.bin");
    assert.deepEqual(await names(), ["fw.bin", "other"]);
  });
});
