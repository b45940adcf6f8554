import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { join } from "node:path";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { encodePacket } from "../../../src/protocol/bootp/packet";
import { dhcp } from "../../support/bootp";
import { askBootp, tftpRead } from "../../support/loopbackBoard";
import { holds } from "../../support/patience";
import { readFrame, readPcapng, type ReadFrame } from "../../support/pcapng";
import { temporaryFolder } from "../../support/temporaryFolder";
import { activated, file, readText, start, stop, until } from "../editor";

const plan = file(".vscode/boot-plan.json");
const mac = "02:00:00:00:00:07";

describe("the commands on boards", () => {
  let api: BootServersApi;
  let original: Uint8Array;

  before(async () => {
    api = await activated();
    original = await vscode.workspace.fs.readFile(plan);
  });

  afterEach(async () => {
    await stop(api);
    await vscode.commands.executeCommand("bootServers.clearFinishedTransfers");
    await vscode.workspace.fs.writeFile(plan, original);
  });

  it("a board that was seen is listed by its MAC, with a name, and its row has the name within a second", async () => {
    const { bootp } = await start(api);
    await askBootp(bootp, mac);
    await until(api, ({ clients }) => clients.get(mac));
    await vscode.commands.executeCommand("bootServers.answerThisBoard", mac, "bench-7");
    assert.match(await readText(plan), /"name": "bench-7",\s+"mac": "02:00:00:00:00:07"/);
    await until(api, ({ clients }) => clients.get(mac)?.name === "bench-7");
  });

  it("Serve to Client gives that board the file, and leaves the others theirs", async () => {
    const { bootp } = await start(api);
    await askBootp(bootp, mac);
    await until(api, ({ clients }) => clients.get(mac));
    await vscode.commands.executeCommand("bootServers.serveToClient", file("images/Image"), mac);
    await holds(async () => {
      assert.equal((await askBootp(bootp, mac))?.file, "Image");
    });
    assert.equal((await askBootp(bootp, "02:00:00:00:00:08"))?.file, "u-boot.bin");
  });

  it("beside another DHCP server a board that is no PXE client has lines to copy for that server's owner", async () => {
    const answer = (value?: string): Thenable<void> =>
      vscode.workspace
        .getConfiguration("bootServers")
        .update("bootp.answer", value, vscode.ConfigurationTarget.Global);
    await answer("proxy");
    try {
      const { bootp } = await start(api);
      const socket = createSocket("udp4");
      const request = dhcp("DISCOVER", { vendorClassIdentifier: "U-Boot.armv8" }, { mac });
      socket.send(encodePacket(request), bootp, "127.0.0.1");
      const row = await until(api, ({ clients }) => clients.get(mac)?.nextServer && clients.get(mac));
      socket.close();
      assert.equal(row.trouble?.remedy, "Ask its owner for: next-server 127.0.0.1, filename u-boot.bin");
      for (const [program, text] of [
        [
          "dnsmasq",
          /^dhcp-mac=set:[\w-]+,02:00:00:00:00:07\ndhcp-boot=tag:[\w-]+,u-boot\.bin,,127\.0\.0\.1$/,
        ],
        [
          "ISC dhcpd",
          /^host [\w-]+ \{\n {2}hardware ethernet 02:00:00:00:00:07;\n {2}next-server 127\.0\.0\.1;\n/,
        ],
        ["Kea", /^\{\n {2}"hw-address": "02:00:00:00:00:07",\n/],
      ] as const) {
        await vscode.commands.executeCommand("bootServers.copyNextServerLines", mac, program);
        assert.match(await vscode.env.clipboard.readText(), text, program);
      }
    } finally {
      await answer();
    }
  });

  it("Save Packets writes what is kept of a board, and keeps all of it from then on", async () => {
    const { bootp, tftp } = await start(api);
    await askBootp(bootp, mac);
    await until(api, ({ clients }) => clients.get(mac)?.address);
    await tftpRead(tftp, "u-boot.bin");
    const folder = await temporaryFolder();
    try {
      const target = vscode.Uri.file(join(folder.path, "bench-7.pcapng"));
      const saved = async (): Promise<ReadFrame[]> => {
        await vscode.commands.executeCommand("bootServers.savePackets", mac, target);
        return readPcapng(await vscode.workspace.fs.readFile(target)).packets.map(readFrame);
      };
      const before = await saved();
      const asks = (port: number): boolean => before.some(({ ports }) => ports[1] === port);
      assert.ok(asks(bootp), "no BOOTP request");
      assert.ok(asks(tftp), "no RRQ");
      await tftpRead(tftp, "u-boot.bin");
      assert.ok((await saved()).length > before.length);
    } finally {
      await folder.remove();
    }
  });

  it("Restart Sequence gives a board its first file again", async () => {
    const { bootp, tftp } = await start(api);
    const asked = async (): Promise<string | undefined> => (await askBootp(bootp, mac))?.file;
    assert.equal(await asked(), "u-boot.bin");
    await tftpRead(tftp, "u-boot.bin");
    assert.equal(await asked(), "copy-files4.rc");
    // Without the command it would stay there: nothing of that file has been fetched.
    assert.equal(await asked(), "copy-files4.rc");
    const stands = (at: string): Promise<unknown> =>
      until(api, ({ clients }) => clients.get(mac)?.detail.includes(at));
    await stands("copy-files4.rc");
    await vscode.commands.executeCommand("bootServers.restartSequence", mac);
    await stands("u-boot.bin");
    assert.equal(await asked(), "u-boot.bin");
  });
});
