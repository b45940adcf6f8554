/** FTP clients that nobody here wrote read from our server and write to it, at port 21, passive and active. */

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { assertFile, filesOfAllSizes, nameOfSize, rolloverSize, sizes, unlikeBytes } from "../support/files";
import { ftpClients, type Login } from "../support/foreignClients";
import { makeNetwork, twoNetworks, type Host, type TestNetwork } from "../support/namespace";
import { serve, type Served } from "../support/ours";
import { need } from "../support/programs";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const address = "10.77.0.1";
const onlyFtp = ["--address", address, "--servers", "ftp"];

describe("FTP clients of others on our server", function () {
  this.timeout(60_000);
  let network: TestNetwork | undefined;
  let client: Host;
  let folder: TemporaryFolder;
  let download: TemporaryFolder;
  const large = unlikeBytes(rolloverSize);

  before(async function () {
    folder = await temporaryFolder({
      ...filesOfAllSizes(),
      "large.bin": large,
      "images/board/Image": unlikeBytes(4000),
      ".env": "SECRET",
    });
    download = await temporaryFolder();
    network = await makeNetwork(this, twoNetworks);
    client = network.host("near");
  });

  after(async () => {
    await network?.close();
    await folder.remove();
    await download.remove();
  });

  describe("without a password", () => {
    let served: Served;
    before(async () => {
      served = await serve(network!.host("server"), folder.path, onlyFtp);
    });
    after(() => served.running.kill());

    for (const { name, program, get } of ftpClients()) {
      it(`${name} fetches files of every size byte for byte (RFC 959)`, async function () {
        need(this, program);
        for (const size of sizes) {
          const local = download.at(`${name.replace(/\W/g, "-")}-${size}`);
          await get(client, address, nameOfSize(size), local);
          await assertFile(local, unlikeBytes(size));
        }
      });
    }

    it("curl fetches 40 MiB", async function () {
      need(this, "curl");
      await client.succeed("curl", ["-sS", "-o", download.at("large"), `ftp://${address}/large.bin`]);
      await assertFile(download.at("large"), large);
    });

    it("curl goes on with a file that it has the beginning of (P11, RFC 3659 §5)", async function () {
      need(this, "curl");
      const local = await download.write("begun", unlikeBytes(2 ** 20).subarray(0, 70_001));
      const url = `ftp://${address}/${nameOfSize(2 ** 20)}`;
      await client.succeed("curl", ["-sS", "-C", "-", "-o", local, url]);
      await assertFile(local, unlikeBytes(2 ** 20));
    });

    it("curl takes a range, gives up the rest, and uses the session for the next file (P18)", async function () {
      need(this, "curl");
      const range = ["-sS", "-r", "100-199", "-o", download.at("range"), `ftp://${address}/large.bin`];
      const next = ["-sS", "-o", download.at("next"), `ftp://${address}/${nameOfSize(1023)}`];
      await client.succeed("curl", [...range, "--next", ...next]);
      await assertFile(download.at("range"), large.subarray(100, 200));
      await assertFile(download.at("next"), unlikeBytes(1023));
    });

    it("lftp mirrors the folder over three connections, without what the door refuses", async function () {
      need(this, "lftp");
      const into = download.at("mirror");
      const command = `set net:max-retries 1; open ftp://${address}; mirror --no-perms --parallel=3 / ${into}`;
      await client.succeed("lftp", ["-c", command], { env: { HOME: download.path } });
      const names = await readdir(into, { recursive: true });
      assert.ok(!names.includes(".env"), names.join(" "));
      for (const size of sizes) await assertFile(`${into}/${nameOfSize(size)}`, unlikeBytes(size));
      await assertFile(`${into}/images/board/Image`, unlikeBytes(4000));
      await assertFile(`${into}/large.bin`, large);
    });

    it("Python's ftplib lists by NLST and MLSD, and knows size and time (P12, P13, P14)", async function () {
      need(this, "python3");
      const script = `
import ftplib, json, sys
ftp = ftplib.FTP(sys.argv[1], timeout=10)
ftp.login()
nlst = sorted(ftp.nlst())
mlsd = sorted(name for name, facts in ftp.mlsd() if facts["type"] == "file")
ftp.voidcmd("TYPE I")
print(json.dumps([nlst, mlsd, ftp.size("size-0.bin"), ftp.size("size-65464.bin"), ftp.sendcmd("MDTM size-512.bin")]))
ftp.quit()
`;
      const { stdout } = await client.succeed("python3", ["-c", script, address]);
      const [nlst, mlsd, empty, full, time] = JSON.parse(stdout) as [
        string[],
        string[],
        number,
        number,
        string,
      ];
      const files = [...Object.keys(filesOfAllSizes()), "large.bin"].sort();
      assert.deepEqual(nlst, [...files, "images"].sort());
      assert.deepEqual(mlsd, files);
      assert.deepEqual([empty, full], [0, 65464]);
      assert.match(time, /^213 \d{14}(\.\d+)?$/);
    });

    it("curl is told that a file is missing, refused, or not to be written", async function () {
      need(this, "curl");
      const curl = async (...args: string[]): Promise<number | null> =>
        (await client.run("curl", ["-sS", "-o", download.at("refused"), ...args])).code;
      // 78: the remote file does not exist; 25: the upload was refused.
      assert.equal(await curl(`ftp://${address}/nothing.bin`), 78);
      assert.equal(await curl(`ftp://${address}/.env`), 78);
      const upload = ["-T", folder.at(nameOfSize(512)), `ftp://${address}/new.bin`];
      assert.equal(await curl(...upload), 25);
      assert.ok(!(await readdir(folder.path)).includes("new.bin"));
    });

    it("Ctrl+C ends it with exit code 0", () => served.stop());
  });

  describe("with a password and --uploads new", () => {
    const login: Login = { user: "boot", password: "cable-7" };
    let served: Served;
    before(async () => {
      const env = { BOOT_SERVERS_FTP_PASSWORD: login.password };
      served = await serve(network!.host("server"), folder.path, [...onlyFtp, "--uploads", "new"], { env });
    });
    after(() => served.running.kill());

    for (const { name, program, get, put } of ftpClients(login)) {
      if (put === undefined) continue;
      it(`${name} logs in, sends files of every size and reads them back (STOR)`, async function () {
        need(this, program);
        for (const size of sizes) {
          const remote = `from-${name.replace(/\W/g, "-")}-${size}`;
          await put(client, address, remote, folder.at(nameOfSize(size)));
          await assertFile(folder.at(remote), unlikeBytes(size));
          await get(client, address, remote, download.at(remote));
          await assertFile(download.at(remote), unlikeBytes(size));
        }
      });
    }

    it("curl may not write over a file, nor come in without the password", async function () {
      need(this, "curl");
      const upload = ["-sS", "-T", folder.at(nameOfSize(512)), `ftp://${address}/large.bin`];
      const refused = await client.run("curl", ["--user", `${login.user}:${login.password}`, ...upload]);
      assert.equal(refused.code, 25, refused.stderr);
      await assertFile(folder.at("large.bin"), large);
      // 67: the user name or the password was refused.
      assert.equal((await client.run("curl", upload)).code, 67);
      assert.equal((await client.run("curl", ["--user", "boot:wrong", ...upload])).code, 67);
    });

    it("nothing half-written is left, and the password stands in no row", async () => {
      const names = await readdir(folder.path);
      assert.deepEqual(
        names.filter((name) => !/^(size-|from-|large\.bin$|images$|\.env$)/.test(name)),
        [],
      );
      assert.ok(!served.running.output.includes(login.password));
    });

    it("Ctrl+C ends it with exit code 0", () => served.stop());
  });

  it("a second Ctrl+C during 20 transfers ends within a second and leaves nothing half-written", async function () {
    need(this, "curl");
    const env = { BOOT_SERVERS_FTP_PASSWORD: "cable-7" };
    const served = await serve(network!.host("server"), folder.path, [...onlyFtp, "--uploads", "new"], {
      env,
    });
    const before = await readdir(folder.path);
    const slowly = ["-sS", "--limit-rate", "100k", "--user", "boot:cable-7"];
    const clients = Array.from({ length: 10 }, (_, index) => [
      client.start("curl", [...slowly, "-o", download.at(`cut-${index}`), `ftp://${address}/large.bin`]),
      client.start("curl", [...slowly, "-T", folder.at("large.bin"), `ftp://${address}/cut-${index}`]),
    ]).flat();
    for (const direction of ["read", "write"] as const) {
      const running = (): number =>
        new Set(
          served
            .rows()
            .filter((row) => row.type === "transfer" && row.direction === direction && row.bytes > 0)
            .map(({ id }) => id),
        ).size;
      await served.row("transfer", () => running() === 10);
    }
    await served.stopNow();
    for (const curl of clients) {
      await curl.kill(); // One that holds itself to a rate notices the end late.
      assert.notEqual((await curl.ended).code, 0);
    }
    assert.deepEqual(await readdir(folder.path), before);
  });
});
