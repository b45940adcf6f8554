import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { encodePacket } from "../../../src/protocol/bootp/packet";
import { aRequest, options } from "../../support/bootp";
import { tftpRead } from "../../support/loopbackBoard";
import { activated, brief, file, settled, start, stop, until } from "../editor";

const plan = file(".vscode/boot-plan.json");

/** What a repository could wish for, and where the Problems view says that it does not get it. */
const refused: Record<string, readonly [plan: string, ...problems: RegExp[]]> = {
  "a root above the folder": ['{ "root": "../.." }', /^1:11-1:18 error "root" must lie inside the workspace/],
  "the whole disk": ['{ "root": "/" }', /^1:11-1:14 error "root" must lie inside the workspace/],
  "the home folder": ['{ "root": "~" }', /^1:11-1:14 error "root" must lie inside the workspace/],
  "the home folder by its variable": ['{ "root": "${env:HOME}" }', /^1:11-1:24 error "root" must lie inside/],
  "the repository's own folder": ['{ "root": ".git" }', /^1:11-1:17 error "root": nothing under .git/],
  "files outside, by each way to name one": [
    '{ "boot": "../../etc/passwd", "tftp": ["..\\\\x", "C:/x"], "ftp": [".vscode/settings.json"],\n"aliases": { "pxelinux.0": "../secret", "config": "sub/.git/config" } }',
    /^1:11-1:29 error "boot": the name leaves a folder/,
    /^1:40-1:47 error "tftp\[0\]": the name leaves a folder/,
    /^1:49-1:55 error "tftp\[1\]": the name begins with a drive/,
    /^1:66-1:89 error "ftp\[0\]": nothing under .git and .vscode is served/,
    /^2:28-2:39 error "aliases.pxelinux.0": the name leaves a folder/,
    /^2:51-2:68 error "aliases.config": nothing under .git and .vscode is served/,
  ],
  "settings that are the machine's": [
    '{ "uploads": "overwrite", "launch": ["sh"] }',
    /^1:3-1:12 error Unknown key "uploads"/,
    /^1:27-1:35 error Unknown key "launch"/,
  ],
};

describe("a hostile .vscode/boot-plan.json", () => {
  let api: BootServersApi;
  let original: Uint8Array;

  const put = (text: string): Thenable<void> => vscode.workspace.fs.writeFile(plan, Buffer.from(text));

  before(async () => {
    api = await activated();
    original = await vscode.workspace.fs.readFile(plan);
  });

  afterEach(async () => {
    await stop(api);
    await vscode.workspace.fs.writeFile(plan, original);
    await settled(plan, []);
  });

  for (const [name, [text, ...problems]] of Object.entries(refused)) {
    it(`gets no server for ${name}, and the reason stands at the place`, async () => {
      await put(text);
      await settled(plan, problems);
      assert.equal(await vscode.commands.executeCommand("bootServers.start"), false);
      assert.deepEqual(
        api.store
          .serverRows()
          .filter(({ state }) => state !== "stopped")
          .map(brief),
        [],
      );
    });
  }

  for (const root of ["../..", ".git/hooks"]) {
    it(`that names ${root} as the served root gets no file copied there`, async () => {
      await vscode.workspace.fs.createDirectory(file(".git/hooks"));
      await put(JSON.stringify({ root }));
      await settled(plan, [/^1:9-1:\d+ error "root"/]);
      const serve = ["bootServers.serveAsBootFile", file("README.md"), [], "copy"] as const;
      assert.equal(await vscode.commands.executeCommand(...serve), false);
      await assert.rejects(Promise.resolve(vscode.workspace.fs.stat(file(`${root}/README.md`))));
      await vscode.workspace.fs.delete(file(".git"), { recursive: true });
    });
  }

  for (const answer of ["everyone", "proxy"]) {
    it(`that wants to answer ${answer} opens no network and answers no DHCP client (DESIGN §2.1)`, async () => {
      await put(JSON.stringify({ root: "images", answer, pool: "127.0.0.10-127.0.0.20" }));
      const { bootp } = await start(api);
      assert.deepEqual(api.store.serverRows().map(brief), [
        "bootp running on 127.0.0.1",
        "tftp running on 127.0.0.1",
        "ftp running on 127.0.0.1",
      ]);
      const mac = "02:00:00:00:00:66";
      const socket = createSocket("udp4");
      const DISCOVER = aRequest({ mac, options: options({ messageType: 1 }) });
      socket.send(encodePacket(DISCOVER), bootp, "127.0.0.1");
      const row = await until(api, ({ clients }) => clients.get(mac));
      socket.close();
      assert.equal(row.stage, "seen");
    });
  }

  it("that is put in the place of one that is served changes nothing, and the view says so until it is mended", async () => {
    const { tftp } = await start(api);
    assert.equal(api.views.servers.view.message ?? "", "");
    await put('{ "root": "../.." }');
    const message = (text: RegExp): Promise<unknown> =>
      until(api, () => text.test(api.views.servers.view.message ?? ""));
    await message(/^The boot plan has 1 problem; the servers go on with the plan they had\. Mend/);
    await tftpRead(tftp, "board.dtb");
    await assert.rejects(tftpRead(tftp, "firmware-drop/README.md"));
    await vscode.workspace.fs.writeFile(plan, original);
    await message(/^$/);
  });
});
