import assert from "node:assert/strict";
import { ftpHouse, secret, uploadHouse, type FtpHouse, type FtpOptions, type Wire } from "../support/ftpWire";
import { seededRandom, seeds } from "../support/random";

const files = {
  "fw.bin": "firmware",
  "empty.bin": "",
  "sub/a b.txt": "blank",
  "sub/-a": "dash",
  "Gerät.bin": "umlaut",
  "名.bin": "kanji",
  ".env": "SECRET=1",
  id_rsa: "key",
};

/** Of ten lines each, with each of four seeds; `npm run fuzz` has 100,000 lines in all. */
const nonsenseRounds = Number(process.env["NONSENSE"] ?? 300);

describe("FTP commands", () => {
  let house: FtpHouse | undefined;
  const serve = async (options: FtpOptions = {}): Promise<FtpHouse> =>
    (house = await ftpHouse({ files, ...options }));
  const login = async (options: FtpOptions = {}): Promise<Wire> => (await serve(options)).login();
  afterEach(async () => {
    await house?.close();
    house = undefined;
  });

  it("are all there that a minimum server has (P1, RFC 1123 §4.1.2.13)", async () => {
    const wire = await login();
    const known: Record<string, number> = {
      "ACCT x": 202, CWD: 501, "CWD /": 250, CDUP: 550, "SMNT /": 502, "PORT 1": 501, PASV: 227, "TYPE I": 200,
      "STRU F": 200, "STRU R": 504, "MODE S": 200, "MODE B": 504, "RETR x": 550, "STOR x": 550, "APPE x": 550, "REST 0": 350,
      "RNFR x": 550, "RNTO y": 503, ABOR: 226, "DELE x": 550, "RMD x": 550, "MKD x": 550, PWD: 257, XPWD: 257,
      "LIST nowhere": 550, "NLST nowhere": 550, "SITE CHMOD 777 fw.bin": 502, SYST: 215, STAT: 211, HELP: 214, NOOP: 200,
      "ALLO 10": 200, "STOU": 550, "XRMD sub": 550, "XMKD y": 550, "FOO": 500, REIN: 220, "USER again": 331, "PASS x": 230, QUIT: 221,
    }; // prettier-ignore
    const got: Record<string, number> = {};
    for (const line of Object.keys(known)) got[line] = (await wire.command(line)).code;
    assert.deepEqual(got, known);
    await wire.closed;
  });

  it("that come in two segments are one command (F9)", async () => {
    const wire = await login();
    wire.send("SI");
    await new Promise((resolve) => setImmediate(resolve));
    wire.send("ZE fw.bin\r");
    await new Promise((resolve) => setImmediate(resolve));
    wire.send("\n");
    assert.deepEqual((await wire.reply()).lines, ["213 8"]);
    assert.equal(wire.unread(), 0);
  });

  it("that come in one segment are answered each, in their order (P3)", async () => {
    const wire = await login();
    wire.send("SIZE fw.bin\r\nPWD\r\nNOOP\r\nSIZE empty.bin\r\n");
    const codes = [await wire.reply(), await wire.reply(), await wire.reply(), await wire.reply()];
    assert.deepEqual(
      codes.map(({ code, text }) => `${code} ${code === 200 ? "" : text}`),
      ["213 8", '257 "/"', "200 ", "213 0"],
    );
  });

  it("that come by the thousand in one segment are answered each, in their order (P3)", async () => {
    const wire = await login();
    const count = 5_000;
    wire.send(Array.from({ length: count }, (_, at) => (at % 2 === 0 ? "NOOP\r\n" : "PWD\r\n")).join(""));
    for (let at = 0; at < count; at++) assert.equal((await wire.reply()).code, at % 2 === 0 ? 200 : 257);
    assert.equal(wire.unread(), 0);
    assert.deepEqual(house!.rows(), []);
  });

  it("that came before the client's end of stream are answered each, and the connection ends (P3)", async () => {
    await serve();
    for (const last of ["QUIT", "NOOP"]) {
      const wire = await house!.connect();
      wire.socket.end(`USER x\r\nPASS y\r\nPWD\r\nSYST\r\n${last}\r\n`);
      const codes: number[] = [];
      for (let reply = 0; reply < 5; reply++) codes.push((await wire.reply()).code);
      assert.deepEqual(codes, [331, 230, 257, 215, last === "QUIT" ? 221 : 200]);
      await wire.closed;
      assert.equal(wire.unread(), 0);
    }
    const silent = await house!.connect();
    silent.socket.end();
    await silent.closed;
  });

  it("without their argument are 501, and the session goes on (F10)", async () => {
    const wire = await login();
    for (const verb of [
      "OPTS",
      "PORT",
      "EPRT",
      "RETR",
      "STOR",
      "SIZE",
      "MDTM",
      "TYPE",
      "REST",
      "CWD",
      "MODE",
      "STRU",
      "ALLO",
      "USER",
    ]) {
      await wire.expect(verb, 501);
    }
    await wire.expect("SITE", 502);
    await wire.expect("SITE CHMOD", 502);
    await wire.expect("NOOP", 200);
  });

  it("with wrong arguments get a reply that is one (F11, P2)", async () => {
    const wire = await login();
    await wire.expect("EPRT |1|127.0.0.1|99999|", 501);
    await wire.expect("PORT 127,0,0,1,300,1", 501);
    await wire.expect("REST 5abc", 501);
    await wire.expect("REST -1", 501);
    await wire.expect("TYPE X", 504);
    await wire.expect("OPTS FOO BAR", 501);
  });

  it("never tell a path of this host (F12, P23)", async () => {
    const wire = await login();
    const lines: string[] = [];
    for (const line of [
      "SIZE nosuch",
      "MDTM nosuch",
      "CWD nosuch",
      "CWD sub",
      "PWD",
      "MLST -a",
      "RETR nosuch",
      "LIST nosuch",
      "MKD new",
      "STAT nosuch",
      "STAT -l",
    ]) {
      lines.push(...(await wire.command(line)).lines);
    }
    assert.equal(
      lines.find((line) => line.includes(house!.folder.path) || line.includes("ENOENT")),
      undefined,
    );
    assert.ok(lines.includes('257 "/sub"'));
  });

  it("PWD and CWD quote a folder, and double the quotes in it (P23, RFC 959 appendix II)", async () => {
    // The door refuses quotes in names today; the reply must hold whatever it lets through.
    const wire = await login({
      root: (door) => ({
        ...door,
        describe: (name) => Promise.resolve({ name: name.slice(1), kind: "folder", size: 0, mtimeMs: 0 }),
      }),
    });
    assert.equal((await wire.expect('CWD we"ird', 250)).text, '"/we""ird"');
    assert.equal((await wire.expect("PWD", 257)).text, '"/we""ird"');
  });

  it("hand a name to the door as it came, with quotes and one-letter dashes (F30)", async () => {
    const asked: string[] = [];
    const wire = await login({
      root: (door) => ({
        ...door,
        describe: (name) => {
          asked.push(name);
          return Promise.resolve({ name, kind: "file", size: 1, mtimeMs: 0 });
        },
      }),
    });
    const names = ['q"x', "-a", "a -b c", '"', "  lead", "x "];
    for (const name of names) await wire.expect(`SIZE ${name}`, 213);
    for (const name of names) await wire.expect(`MDTM ${name}`, 213);
    assert.deepEqual(asked, [...names, ...names]);
  });

  it("SIZE is a number and nothing else, 0 as well, and 550 for a folder or in TYPE A (F13, P12, X17, RFC 3659 §4)", async () => {
    const wire = await login();
    assert.deepEqual((await wire.expect("SIZE empty.bin", 213)).lines, ["213 0"]);
    assert.deepEqual((await wire.expect("SIZE fw.bin", 213)).lines, ["213 8"]);
    await wire.expect("SIZE sub", 550);
    await wire.expect("TYPE A", 200);
    await wire.expect("SIZE fw.bin", 550);
  });

  it("MDTM is the UTC time in 14 digits (P13, RFC 3659 §3)", async () => {
    const wire = await login();
    const { utimes } = await import("node:fs/promises");
    await utimes(house!.folder.at("fw.bin"), 1_700_000_000, 1_700_000_000);
    assert.deepEqual((await wire.expect("MDTM fw.bin", 213)).lines, ["213 20231114221320"]);
  });

  it("that write are refused, by every alias of them, and nothing is changed (F15, P24)", async () => {
    house = await uploadHouse({ files });
    const wire = await house.login();
    for (const verb of ["RMD", "XRMD", "DELE", "MKD", "XMKD", "APPE", "STOU", "RNFR"])
      await wire.expect(`${verb} fw.bin`, 550);
    await wire.expect("RNTO other", 503);
    await wire.expect("SITE CHMOD 777 fw.bin", 502);
    assert.deepEqual((await wire.fetch("RETR fw.bin")).data.toString(), "firmware");
  });

  it("of TLS are 502, and what follows AUTH in its segment runs in the clear as what it is (F17, F34, S25, P21)", async () => {
    const wire = await (await serve()).connect();
    wire.send("AUTH TLS\r\nUSER x\r\n");
    assert.equal((await wire.reply()).code, 502);
    assert.equal((await wire.reply()).code, 331);
    for (const line of ["PBSZ 0", "PROT P", "PROT C", "CCC", "AUTH SSL"]) {
      await wire.expect("USER x", 331);
      await wire.expect("PASS y", 230);
      await wire.expect(line, 502);
    }
  });

  it("FEAT lists what is there, each line with one space, and no TLS (F32, P15, RFC 2389 §3.2)", async () => {
    const wire = await login();
    const { lines } = await wire.expect("FEAT", 211);
    assert.deepEqual(lines, [
      "211-Features:", " EPRT", " EPSV", " MDTM", " MLST type*;size*;modify*;perm*;", " REST STREAM", " SIZE", " TVFS", " UTF8", "211 End",
    ]); // prettier-ignore
    await wire.expect("OPTS UTF8 ON", 200);
    await wire.expect("OPTS MLST size;modify;", 200);
  });

  it("HELP names what is offered (P2)", async () => {
    const wire = await login();
    const { lines } = await wire.expect("HELP", 214);
    const names = lines.slice(1, -1).join("").split(" ");
    assert.ok(names.includes("RETR"));
    assert.ok(!names.includes("DELE") && !names.includes("AUTH"));
  });

  it("TYPE L 8 is TYPE I, and TYPE A N is TYPE A (P6, RFC 959 §3.1.1)", async () => {
    const wire = await login();
    for (const line of ["TYPE L 8", "TYPE L8", "type i", "TYPE A N", "TYPE A"]) await wire.expect(line, 200);
    for (const line of ["TYPE L 16", "TYPE E", "TYPE A T"]) await wire.expect(line, 504);
  });

  it("take names with blanks, dashes and UTF-8 as they are (F30, P16)", async () => {
    const wire = await login();
    await wire.expect("SIZE sub/a b.txt", 213);
    await wire.expect("SIZE Gerät.bin", 213);
    await wire.expect("SIZE 名.bin", 213);
    await wire.expect("CWD sub", 250);
    assert.equal((await wire.fetch("RETR -a")).data.toString(), "dash");
    await wire.expect("SIZE -a", 213);
    await wire.expect("MDTM -a", 213);
    await wire.expect('SIZE q"x', 550);
  });

  it("refuse every way out of the served root, dot files and keys, for reading and listing (F7, F8, S21, S29)", async () => {
    const wire = await login();
    const names = [
      "../x",
      "..\\..\\x",
      "/../x",
      "sub/../../x",
      "C:\\x",
      "C:x",
      "\\\\?\\C:\\x",
      "\\\\srv\\share",
      "/c/..",
      "..//",
      "a\u0000b",
      ".env",
      "id_rsa",
      "/.env",
    ];
    for (const name of names) {
      for (const verb of ["SIZE", "MDTM", "MLST", "CWD", "RETR"]) {
        // CWD resolves .. itself, below the root; this one stays in it.
        if (verb === "CWD" && name === "/c/..") continue;
        const { code } = await wire.command(`${verb} ${name}`);
        assert.ok(code === 550, `${verb} ${name}: ${code}`);
      }
    }
    const listed = (await wire.fetch("NLST")).data.toString();
    assert.deepEqual(
      listed.trim().split("\r\n").sort(),
      ["Gerät.bin", "empty.bin", "fw.bin", "sub", "名.bin"].sort(),
    );
  });

  it("show with the flags that clients send (F31)", async () => {
    const wire = await login();
    for (const line of ["LIST -la", "LIST -al", "LIST -a -l", "LIST -la sub", "LIST sub", "NLST -1"]) {
      const { data, reply } = await wire.fetch(line);
      assert.equal(reply.code, 226, line);
      assert.ok(data.length > 0, line);
      assert.match(data.toString(), /\r\n$/);
    }
  });

  it("NLST gives names that RETR takes (RFC 1123 §4.1.2.7)", async () => {
    const wire = await login();
    const names = (await wire.fetch("NLST sub")).data.toString().split("\r\n").slice(0, -1);
    assert.deepEqual(names.sort(), ["sub/-a", "sub/a b.txt"]);
    for (const name of names) assert.equal((await wire.fetch(`RETR ${name}`)).reply.code, 226);
  });

  it("do not expand patterns (S26)", async () => {
    const wire = await login();
    assert.equal((await wire.fetch("LIST {{*,*},{*,*}}")).reply.code, 550);
    assert.equal((await wire.fetch("NLST *")).reply.code, 550);
  });

  it("MLSD and MLST tell type, size and time, with 64-bit sizes (F32, P14, RFC 3659 §7)", async () => {
    const wire = await login();
    const lines = (await wire.fetch("MLSD")).data.toString().split("\r\n");
    assert.ok(
      lines.some((line) => /^type=file;size=8;modify=\d{14};perm=r; fw\.bin$/.test(line)),
      lines.join("\n"),
    );
    assert.ok(lines.some((line) => /^type=dir;modify=\d{14};perm=el; sub$/.test(line)));
    assert.equal((await wire.fetch("MLSD fw.bin")).reply.code, 501);
    const facts = await wire.expect("MLST sub/a b.txt", 250);
    assert.match(facts.lines[1] ?? "", /^ type=file;size=5;modify=\d{14};perm=r; \/sub\/a b\.txt$/);
    assert.match((await wire.expect("MLST", 250)).lines[1] ?? "", /^ type=dir;.* \/$/);
  });

  it("STAT tells the session, or lists on the control connection (P1, RFC 959 §4.1.3)", async () => {
    const wire = await login();
    await wire.expect("STAT", 211);
    const { lines } = await wire.expect("STAT sub", 213);
    assert.equal(lines.length, 4);
  });

  it("walk through folders, and CDUP stops at the served root", async () => {
    const wire = await login({ files: { "a/b/c.bin": "deep" } });
    await wire.expect("CWD a", 250);
    await wire.expect("CWD b", 250);
    assert.equal((await wire.fetch("RETR c.bin")).data.toString(), "deep");
    assert.equal((await wire.fetch("RETR /a/b/c.bin")).data.toString(), "deep");
    assert.equal((await wire.expect("CDUP", 250)).text, '"/a"');
    assert.equal((await wire.expect("CWD ..", 250)).text, '"/"');
    await wire.expect("CWD ..", 550);
    await wire.expect("CWD a/b/c.bin", 550);
    assert.equal((await wire.expect("PWD", 257)).text, '"/"');
  });

  describe("of login", () => {
    it("let any user read where no password is set (DESIGN §2.1)", async () => {
      const wire = await (await serve({ wanted: { uploads: "overwrite" } })).connect();
      await wire.expect("PWD", 530);
      await wire.expect("PASS x", 503);
      await wire.expect("USER whoever", 331);
      await wire.expect("PASS ", 230);
      const reply = await wire.store("STOR new.bin", "x");
      assert.equal(reply.code, 550);
      assert.equal(house?.rows().at(-1)?.trouble?.code, "ftp.readOnly");
    });

    it("let its user alone in where a password is set, and a wrong one is a row (P22, S31)", async () => {
      await serve({ wanted: { ftpPassword: secret } });
      const wire = await house!.connect();
      await wire.expect("USER anonymous", 331);
      await wire.expect(`PASS ${secret}`, 530);
      await wire.expect("USER boot", 331);
      await wire.expect("PASS wrong", 530);
      await wire.expect("PWD", 530);
      assert.equal(house?.rows().find((row) => row.trouble?.code === "ftp.login")?.state, "refused");
    });

    it("take another USER after a wrong password, without reconnecting (F26, P22)", async () => {
      await serve({ wanted: { ftpPassword: secret } });
      const wire = await house!.connect();
      await wire.expect("USER boot", 331);
      await wire.expect("PASS wrong", 530);
      await wire.expect("USER boot", 331);
      await wire.expect(`PASS ${secret}`, 230);
      await wire.expect("USER boot", 331);
      await wire.expect("PWD", 530);
    });

    it("end the session at the third wrong password, each answered after a pause (F25)", async () => {
      await serve({ wanted: { ftpPassword: secret } });
      const wire = await house!.connect();
      const before = performance.now();
      for (const code of [530, 530, 421]) {
        await wire.expect("USER boot", 331);
        await wire.expect("PASS guess", code);
      }
      await wire.closed;
      assert.ok(performance.now() - before > 850, "three pauses of 300 ms");
    });

    it("leave no password in any row, reply or line of output (F29, S32)", async () => {
      const seen: string[] = [];
      const write = process.stdout.write.bind(process.stdout);
      process.stdout.write = (chunk: string | Uint8Array, ...rest: []) => {
        seen.push(String(chunk));
        return write(chunk, ...rest);
      };
      try {
        await serve({ wanted: { ftpPassword: secret } });
        house?.journal.onRow((row) => seen.push(JSON.stringify(row)));
        const wire = await house!.connect();
        seen.push(...(await wire.expect("USER boot", 331)).lines);
        seen.push(...(await wire.expect(`PASS ${secret}x`, 530)).lines);
        seen.push(...(await wire.expect("USER boot", 331)).lines);
        seen.push(...(await wire.expect(`PASS ${secret}`, 230)).lines);
      } finally {
        process.stdout.write = write;
      }
      assert.equal(seen.join("\n").includes(secret), false);
    });

    it("leave no user name in any row, for people type the password there (F29, security §4.4)", async () => {
      await serve({ wanted: { ftpPassword: secret } });
      const seen: string[] = [];
      house?.journal.onRow((row) => seen.push(JSON.stringify(row)));
      const wire = await house!.connect();
      for (const [name, message] of [
        [secret, "a login of another user was refused"],
        ["boot", "a login with a wrong password was refused"],
      ] as const) {
        await wire.expect(`USER ${name}`, 331);
        await wire.expect("PASS guess", 530);
        const row = house?.rows().at(-1);
        assert.deepEqual([row?.trouble?.message, row?.isSession], [message, true]);
      }
      assert.equal(seen.join("\n").includes(secret), false);
    });

    it("REIN begins anew (RFC 959 §4.1.1)", async () => {
      const wire = await login();
      await wire.expect("CWD sub", 250);
      await wire.expect("REIN", 220);
      await wire.expect("PWD", 530);
      await wire.expect("USER x", 331);
      await wire.expect("PASS x", 230);
      assert.equal((await wire.expect("PWD", 257)).text, '"/"');
    });
  });

  it("of nonsense, cut anywhere, get exactly one reply each, with a code (F10, P2, P3, S28, X19)", async () => {
    const wire = await login();
    const verbs = [
      "USER",
      "ACCT",
      "CWD",
      "CDUP",
      "PORT",
      "EPRT",
      "EPSV",
      "TYPE",
      "STRU",
      "MODE",
      "REST",
      "ALLO",
      "SIZE",
      "MDTM",
      "MLST",
      "OPTS",
      "SITE",
      "STAT",
      "HELP",
      "NOOP",
      "FEAT",
      "AUTH",
      "X",
      "",
      "RNTO",
      "RETR",
      "LIST",
      "ABOR",
    ];
    const alphabet = Array.from("azAZ09 |,.-/\\*\"'%{}\t~ä名\u001b\u0085");
    for (const seed of seeds(4)) {
      const random = seededRandom(seed);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
      for (let round = 0; round < nonsenseRounds; round++) {
        const lines = Array.from({ length: 1 + Math.floor(random() * 20) }, () => {
          const argument = Array.from({ length: Math.floor(random() * 30) }, () => pick(alphabet)).join("");
          return random() < 0.2 ? argument : `${pick(verbs)} ${argument}`;
        });
        const bytes = Buffer.from([...lines, "USER x", "PASS y"].map((line) => `${line}\r\n`).join(""));
        const cut = Math.floor(random() * bytes.length);
        wire.send(bytes.subarray(0, cut));
        wire.send(bytes.subarray(cut));
        for (let reply = 0; reply < lines.length + 2; reply++) await wire.reply();
        assert.equal(wire.unread(), 0, `seed ${seed}, round ${round}: ${JSON.stringify(lines)}`);
      }
    }
    await wire.expect("NOOP", 200);
  });
});
