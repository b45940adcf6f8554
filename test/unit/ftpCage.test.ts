import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { EventEmitter } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { createFtpSrv } from "../../src/engine/ftpServer/ftpSrv";

const load = createRequire(__filename);
const hash = (methods: readonly unknown[]): string =>
  createHash("sha256").update(methods.map(String).join("\n")).digest("hex").slice(0, 16);

type Methods = Record<string, unknown>;
interface Class {
  readonly prototype: Methods;
}

describe("The cage around ftp-srv", () => {
  it("was made for exactly this version", () => {
    const { version } = JSON.parse(readFileSync(load.resolve("ftp-srv/package.json"), "utf8")) as Methods;
    assert.equal(version, "4.6.3");
  });

  it("replaces methods that are still the ones it was made for", () => {
    const server = load("ftp-srv/src/index.js") as Class;
    const connection = load("ftp-srv/src/connection.js") as Class;
    // The constructors hold the listeners that the cage takes off: signals, "connection", "data".
    assert.equal(hash([server, server.prototype["disconnectClient"], connection]), "23128a57bda82fb3");
  });

  it("leaves to ftp-srv only methods and handlers that were read and are still the same", () => {
    const connection = load("ftp-srv/src/connection.js") as Class;
    const commands = load("ftp-srv/src/commands/index.js") as Class;
    const handlers = ["cwd", "cdup", "pwd", "type", "stru", "mode", "syst", "noop"].map(
      (name) => (load(`ftp-srv/src/commands/registration/${name}.js`) as Methods)["handler"],
    );
    const { reply, login } = connection.prototype;
    assert.equal(hash([reply, login, commands.prototype["handle"], ...handlers]), "226a1f832c4e2f5a");
  });

  it("has all parts of lodash in the program's bundle that ftp-srv calls, but for the one of its parser and its EPRT", () => {
    const folder = dirname(load.resolve("ftp-srv/src/index.js"));
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".js"),
    );
    const called = names.flatMap((name) =>
      [...readFileSync(join(folder, name), "utf8").matchAll(/\b_\.(\w+)/g)].map(([, part]) => ({
        name,
        part,
      })),
    );
    const parts = Object.keys(load("../../src/engine/ftpServer/lodashParts.cjs") as Methods);
    assert.deepEqual(
      called
        .filter(({ part = "" }) => !parts.includes(part))
        .map(({ name, part }) => `${name.split(sep).join("/")}: ${part}`)
        .sort(),
      ["commands/index.js: chain", "commands/registration/eprt.js: chain"],
    );
  });

  it("leaves no listener on the process, however often it is made (F27)", () => {
    const counts = (): number[] =>
      ["SIGTERM", "SIGINT", "SIGQUIT"].map((signal) => process.listenerCount(signal));
    const before = counts();
    for (let round = 0; round < 12; round++) createFtpSrv(() => false);
    assert.deepEqual(counts(), before);
  });

  it("has taken ftp-srv's own acceptor off the listening socket: the admission comes first", () => {
    const asked: unknown[] = [];
    const ftp = createFtpSrv((socket) => {
      asked.push(socket);
      return false;
    });
    const stranger = new EventEmitter();
    ftp.server.emit("connection", stranger);
    assert.deepEqual(asked, [stranger]);
    assert.deepEqual(Object.keys(ftp.connections), []);
    assert.equal(stranger.listenerCount("data"), 0);
  });
});
