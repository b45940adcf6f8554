import assert from "node:assert/strict";
import { printable } from "../../src/model/text";
import { concat, decodeText, encodeText } from "../../src/protocol/bytes";
import { encodeError } from "../../src/protocol/tftp/packet";
import { canary, contents, hostileFolder } from "../support/doors";
import { ftpHouse, secret, type FtpHouse, type Wire } from "../support/ftpWire";
import { nameCorpus } from "../support/nameCorpus";
import type { TemporaryFolder } from "../support/temporaryFolder";
import { openRawClient, startTestedServer, type TestedServer } from "../support/tftp";

/** Half a surrogate pair is no text of UTF-8: it cannot be sent. */
const names = nameCorpus.filter(([name]) => decodeText(encodeText(name)) === name);

/** Names of what stands outside of the served root, and what it holds. */
const outside = [canary, "canary.bin", "outside", "shared"];

/** What no reply may hold: where the folder stands on this computer. */
function assertNoHostPath(reply: string, folder: TemporaryFolder): void {
  for (const path of [folder.path, process.cwd(), "/proc/self/fd"]) {
    assert.ok(!reply.includes(path), `a path of this computer: ${printable(reply)}`);
  }
}

/** Nothing outside of the served root has changed, and nothing is left over in it. */
function assertUntouched(before: Readonly<Record<string, string>>, folder: TemporaryFolder): void {
  const after = contents(folder.path);
  for (const [path, content] of Object.entries(before)) assert.equal(after[path], content, path);
  for (const path of Object.keys(after).filter((path) => !(path in before))) {
    assert.ok(path.startsWith(folder.at("root/")), path);
    assert.ok(!path.includes(".part"), path);
  }
}

describe("hostile names on the wire: TFTP (T38, S17, S21, S22, S29)", function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  let server: TestedServer;
  before(async () => {
    folder = await hostileFolder();
    server = await startTestedServer({ door: { folder: folder.at("root"), uploads: "overwrite" } });
  });
  after(async () => {
    await server.stop();
    await folder.remove();
  });

  /** The bytes of a request, whatever is in the name. */
  const request = (opcode: number, name: string): Uint8Array =>
    concat(Uint8Array.of(0, opcode), encodeText(name), encodeText("\0octet\0"));

  const ask = async (opcode: number, name: string): Promise<string> => {
    const client = await openRawClient();
    try {
      client.send(request(opcode, name), { address: "127.0.0.1", port: server.port });
      const { packet, from } = await client.next();
      if (packet.op !== "ERROR") client.send(encodeError(0, "that was all"), from);
      return packet.op === "ERROR" ? `ERROR ${packet.message}` : packet.op;
    } finally {
      await client.close();
    }
  };

  it(`${names.length} names are read by nobody, and no reply says where the folder is`, async () => {
    for (const [name] of names) {
      // A NUL ends the name on the wire: what is asked for is what stands before it.
      if (name.includes("\0")) continue;
      const reply = await ask(1, name);
      assert.match(reply, /^ERROR /, printable(name));
      assertNoHostPath(reply, folder);
    }
  });

  it("they write nothing outside of the served root, and a broken request writes nothing at all", async () => {
    const before = contents(folder.path);
    for (const [name, rule] of names) {
      const reply = await ask(2, name);
      if (rule !== "missing" && !name.includes("\0")) assert.match(reply, /^ERROR /, printable(name));
      assertNoHostPath(reply, folder);
    }
    await server.server.stopNow();
    assertUntouched(before, folder);
  });
});

describe("hostile names on the wire: FTP (F7, F8, S17, S21, S22, S29)", function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  let house: FtpHouse;
  let wire: Wire;
  before(async () => {
    folder = await hostileFolder();
    house = await ftpHouse({
      door: { folder: folder.at("root"), uploads: "overwrite" },
      wanted: { ftpPassword: secret, uploads: "overwrite" },
    });
    wire = await house.login();
    await wire.expect("TYPE I", 200);
  });
  after(async () => {
    await house.close();
    await folder.remove();
  });

  /** Names that are one command line, and not too long for one (F24). */
  const oneLine = names.filter(([name]) => !/[\r\n]/.test(name) && name.length < 4_000);

  const assertInside = (data: string, name: string): void => {
    for (const word of outside) assert.ok(!data.includes(word), `${printable(name)}: ${printable(data)}`);
  };

  it("are told nothing by any command that looks", async () => {
    for (const verb of ["SIZE", "MDTM", "MLST", "STAT", "CWD"]) {
      for (const [name] of oneLine) {
        const { code, lines } = await wire.command(`${verb} ${name}`);
        const reply = lines.join("\n");
        assertNoHostPath(reply, folder);
        assert.ok(!reply.includes(canary), reply);
        // What CWD and STAT may look at is the served root and below it: `sub/..` is that.
        if (verb === "SIZE" || verb === "MDTM") assert.ok(code >= 500, `${verb} ${printable(name)}: ${code}`);
        if (verb === "CWD" && code === 250) await wire.expect("CWD /", 250);
      }
    }
  });

  it("are forged lines where they hold a line's end, and each of those is judged as its own", async () => {
    for (const [name] of names.filter(([name]) => /[\r\n]/.test(name))) {
      wire.send(`SIZE ${name}\r\nREST 0\r\n`);
      for (let reply = await wire.reply(); reply.code !== 350; reply = await wire.reply()) {
        assert.ok(reply.code >= 500, reply.lines.join());
        assertNoHostPath(reply.lines.join("\n"), folder);
      }
    }
  });

  it("read and list nothing from outside", async () => {
    for (const verb of ["RETR", "LIST", "NLST", "MLSD"]) {
      for (const [name] of oneLine) {
        const { data, reply } = await wire.fetch(`${verb} ${name}`);
        assertNoHostPath(reply.lines.join("\n"), folder);
        if (verb === "RETR")
          assert.ok(reply.code >= 500 && data.length === 0, `${printable(name)}: ${reply.code}`);
        if (data.length > 0) assertInside(data.toString(), name);
      }
    }
  });

  it("write nothing outside of the served root", async () => {
    const before = contents(folder.path);
    for (const [name, rule] of oneLine) {
      const { code, lines } = await wire.store(`STOR ${name}`, "uploaded");
      if (rule !== "missing") assert.ok(code >= 500, `${printable(name)}: ${code}`);
      assertNoHostPath(lines.join("\n"), folder);
    }
    assertUntouched(before, folder);
  });
});
