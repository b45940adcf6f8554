import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import type { TransferRow } from "../../../src/model/events";
import { unlikeBytes } from "../../support/files";
import { openWire, type Wire } from "../../support/ftpWire";
import { ftpRead, tftpRead, tftpStore } from "../../support/loopbackBoard";
import { holds } from "../../support/patience";
import { activated, ended, file, start, stop, until } from "../editor";

/** More than the sockets of loopback hold. */
const large = unlikeBytes(16 * 2 ** 20);
const run = (name: string, ...args: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(`bootServers.${name}`, ...args);

/** What a command leaves on the clipboard. */
async function copied(name: string, ...args: unknown[]): Promise<string> {
  await vscode.env.clipboard.writeText("nothing");
  await run(name, ...args);
  return vscode.env.clipboard.readText();
}

describe("the commands on transfers", () => {
  let api: BootServersApi;

  before(async () => {
    api = await activated();
    await vscode.workspace.fs.writeFile(file("images/rootfs.img"), large);
  });

  afterEach(async () => {
    await stop(api);
    await run("clearFinishedTransfers");
  });

  after(async () => {
    await vscode.workspace.fs.delete(file("images/rootfs.img"));
  });

  const running = (protocol: string): Promise<TransferRow> =>
    until(api, ({ transfers }) =>
      [...transfers.values()].find(
        (row) => row.protocol === protocol && row.state === "running" && row.bytes > 0,
      ),
    );

  for (const protocol of ["tftp", "ftp"] as const) {
    it(`Cancel Transfer ends one over ${protocol.toUpperCase()}: its row says so, and the board is told`, async () => {
      const ports = await start(api);
      let goOn: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (goOn = resolve));
      const read = protocol === "tftp" ? tftpRead : ftpRead;
      const reading = read(ports[protocol], "rootfs.img", (bytes) =>
        bytes > large.length / 2 ? held : undefined,
      );
      // No time limit of the board: an answer of the server.
      const told = assert.rejects(reading, ({ code }: { code?: string }) =>
        // Over FTP the reply and the end of the data connection race.
        ["tftp.refused", "ftp.refused", "ftp.lost"].includes(code ?? ""),
      );
      const { id } = await running(protocol);
      await run("cancelTransfer", id);
      const row = await ended(api, protocol, "rootfs.img");
      goOn();
      await told;
      assert.deepEqual([row.state, api.store.hasRunning()], ["cancelled", false]);
      assert.equal(api.store.isServing(), true);
    });
  }

  it("Copy SHA-256, CRC32 and Name give what the row has; a row without one copies nothing", async () => {
    const { tftp } = await start(api);
    const bytes = await vscode.workspace.fs.readFile(file("images/Image"));
    await tftpRead(tftp, "/Image");
    const { id } = await until(api, ({ transfers }) =>
      [...transfers.values()].find(({ state }) => state === "finished"),
    );
    assert.deepEqual(
      [await copied("copySha256", id), await copied("copyCrc32", id), await copied("copyName", id)],
      [
        createHash("sha256").update(bytes).digest("hex"),
        crc32(bytes).toString(16).padStart(8, "0"),
        "/Image",
      ],
    );
    await assert.rejects(tftpRead(tftp, "u-boot.img\n"));
    const missing = await until(api, ({ transfers }) =>
      [...transfers.values()].find(({ state }) => state === "refused"),
    );
    assert.equal(await copied("copySha256", missing.id), "nothing");
    assert.equal(
      (await copied("copyName", missing.id)).includes("\n"),
      false,
      "a line that a terminal would run",
    );
  });

  it("Reveal File selects the file that was served in the Explorer", async () => {
    const { tftp } = await start(api);
    await tftpRead(tftp, "board.dtb");
    const { id } = await ended(api, "tftp", "board.dtb");
    await run("revealFile", id);
    // The Explorer tells what is selected there by the command that copies it.
    await holds(async () => {
      await vscode.commands.executeCommand("workbench.files.action.focusFilesExplorer");
      await vscode.env.clipboard.writeText("nothing");
      await vscode.commands.executeCommand("copyFilePath");
      assert.equal(await vscode.env.clipboard.readText(), file("images/board.dtb").fsPath);
    });
  });

  it("Copy Address gives address and port of that server", async () => {
    const ports = await start(api);
    assert.deepEqual(
      [await copied("copyAddress", "tftp"), await copied("copyAddress", "ftp")],
      [`127.0.0.1:${ports.tftp}`, `127.0.0.1:${ports.ftp}`],
    );
  });

  it("Copy Boot Commands gives each loader's lines, with the ports that run", async () => {
    const { tftp, ftp } = await start(api);
    const uri = file("images/board.dtb");
    const crc = crc32(await vscode.workspace.fs.readFile(uri))
      .toString(16)
      .padStart(8, "0");
    const url = (protocol: string, port: number): string => `${protocol}://127.0.0.1:${port}/board.dtb`;
    for (const [loader, lines] of [
      [
        "U-Boot",
        [
          "setenv serverip 127.0.0.1",
          `setenv tftpdstp ${tftp}`,
          `tftpboot \${loadaddr} board.dtb`,
          `crc32 \${loadaddr} \${filesize} # expect ${crc}`,
        ],
      ],
      ["iPXE", ["dhcp", `chain ${url("tftp", tftp)}`]],
      ["Cisco IOS", ["copy tftp://127.0.0.1/board.dtb flash:"]],
      ["VxWorks", ["<device>(0,0)host:/board.dtb h=127.0.0.1 u=anonymous pw=boot"]],
      ["curl", [`curl -O '${url("tftp", tftp)}'`, `curl -O '${url("ftp", ftp)}'`]],
    ] as const) {
      assert.equal(await copied("copyBootCommands", uri, loader), lines.join("\n"), loader);
    }
  });

  it("Clear Finished Transfers leaves those that run", async () => {
    const { tftp } = await start(api);
    await tftpRead(tftp, "board.dtb");
    await ended(api, "tftp", "board.dtb");
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const reading = tftpRead(tftp, "rootfs.img", (bytes) => (bytes > large.length / 2 ? held : undefined));
    await running("tftp");
    await run("clearFinishedTransfers");
    assert.deepEqual(
      api.views.transfers.shown().map(({ label }) => label),
      ["rootfs.img"],
    );
    goOn();
    assert.equal((await reading).length, large.length);
  });

  describe("Set FTP Password", () => {
    const login = async (port: number, user: string, password: string): Promise<Wire | undefined> => {
      const wire = await openWire(port);
      await wire.command(`USER ${user}`);
      if ((await wire.command(`PASS ${password}`)).code === 230) return wire;
      wire.destroy();
      return undefined;
    };
    afterEach(() => run("setFtpPassword", ""));

    it("lets in who knows it and nobody else, to read only; taken away, anyone reads", async () => {
      const { ftp, tftp } = await start(api);
      assert.ok((await ftpRead(ftp, "board.dtb")).length >= 0);
      await run("setFtpPassword", "kept apart");
      // What runs follows the secret storage in a moment.
      await holds(async () => {
        const wire = await login(ftp, "anonymous", "guest");
        wire?.destroy();
        assert.equal(wire, undefined);
      });
      assert.equal(await login(ftp, "boot", "guessed"), undefined);
      const wire = await login(ftp, "boot", "kept apart");
      assert.ok(wire, "the password is not taken");
      assert.equal((await wire.fetch("RETR Image")).reply.code, 226);
      assert.equal((await wire.store("STOR new.bin", "x")).code, 550);
      wire.destroy();
      await assert.rejects(tftpStore(tftp, "new.bin", Buffer.from("x")), /refused/);
      await run("setFtpPassword", "");
      await holds(async () => {
        await ftpRead(ftp, "board.dtb");
      });
    });
  });

  it("a server that is asked to start twice at once runs once", async () => {
    const given = vscode.workspace.workspaceFolders![0]!.uri;
    const both = await Promise.all([run("start", given), run("start", given)]);
    assert.deepEqual(both, [true, true]);
    const pid = api.childPid();
    assert.ok(pid !== undefined);
    await stop(api);
    assert.throws(() => process.kill(pid, 0), "its process is left");
  });

  it("a start that is stopped at once leaves nothing that listens", async () => {
    const starting = run("start", vscode.workspace.workspaceFolders![0]!.uri);
    await until(api, () => api.store.isServing());
    await run("stop");
    assert.equal(await starting, false);
    assert.deepEqual([api.store.isServing(), api.childPid()], [false, undefined]);
  });
});
