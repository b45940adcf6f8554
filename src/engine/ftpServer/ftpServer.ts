/** The FTP server: ftp-srv in its cage, one instance for each address, all on one port. */

import { outsideTrouble } from "../../model/outside";
import { createHash, timingSafeEqual } from "node:crypto";
import { isIPv6, type AddressInfo, type Socket } from "node:net";
import type { Trouble } from "../../model/events";
import { raiseLimit } from "../../model/settings";
import { printable } from "../../model/text";
import { isLocal } from "../access";
import { delay } from "../clock";
import { plainTrouble, systemCode } from "../errors";
import { heldPorts } from "../heldPorts";
import { bindError } from "../portHolder";
import type { BootServer, ServerContext, StartServer } from "../server";
import { changedFolder, runCommand } from "./commands";
import { createFtpSrv, type FtpSrvFileSystem, type FtpSrvServer, type LoginRequest } from "./ftpSrv";
import { Failure, replyText } from "./replies";
import { Session, type Goodbye } from "./session";
import { Summing } from "./summing";
import { peerOf } from "./transferRecord";

/** Slows guessing down (F25). */
const wrongPasswordMs = 300;
/** Tries to find one free port that all addresses have. */
const portTries = 5;
const stopping: Goodbye = { code: 421, text: "The server is stopping" };
const addressGone: Goodbye = { code: 421, text: "This address is not served any more" };

class FtpServer implements BootServer {
  readonly protocol = "ftp";
  readonly warnings: readonly Trouble[] = [];
  port = 0;
  addresses: readonly string[] = [];
  /** Each with the address whose listener it came to. */
  private readonly sessions = new Map<Session, string>();
  private readonly listeners = new Map<string, FtpSrvServer>();
  /** Listeners that are closed, and have sessions still. */
  private readonly closing = new Set<Promise<void>>();
  private readonly ownPorts = new Set<number>();
  private readonly summing: Summing;
  private draining = false;

  constructor(private readonly context: ServerContext) {
    this.summing = new Summing(context.startThread);
  }

  /** Begins to listen, all with one port. @throws EngineError; then nothing is left open. */
  async listen(addresses: readonly string[], port: number): Promise<void> {
    this.port = port;
    try {
      await this.listenOn(addresses);
    } catch (error) {
      this.leave(() => true, stopping);
      await Promise.all(this.closing);
      throw error;
    }
  }

  async listenOn(addresses: readonly string[]): Promise<void> {
    this.addresses = addresses;
    this.leave((address) => !addresses.includes(address), addressGone);
    for (const address of addresses) if (!this.listeners.has(address)) await this.openListener(address);
  }

  private async openListener(host: string): Promise<void> {
    const { port } = this;
    const ftp = createFtpSrv((socket) => this.admit(socket));
    ftp.on("connect", ({ connection }) => {
      const onLimit = (which: Session, code: string, message: string): void => {
        this.refuse(which.peer, { code, message });
        which.end({ code: 421, text: printable(message) });
      };
      const session = new Session(this.context, connection, runCommand, onLimit, this.ownPorts, this.summing);
      this.sessions.set(session, host);
      connection.commandSocket.once("close", () => this.sessions.delete(session));
    });
    ftp.on("login", (request, resolve, reject) => {
      this.login(request).then(resolve, reject);
    });
    const held = heldPorts.tcp.take({ address: host, port });
    await new Promise<void>((resolve, reject) => {
      ftp.server.once("error", reject);
      ftp.server.listen(held ?? { host, port, exclusive: true, ipv6Only: isIPv6(host) }, () => {
        ftp.server.off("error", reject);
        resolve();
      });
    }).catch((error: unknown) => {
      throw bindError("tcp", { address: host, port }, error);
    });
    // From here on an error is one of accepting: out of descriptors, say.
    ftp.on("server-error", ({ error }) => {
      this.context.journal.log(
        "warning",
        `FTP: cannot accept a connection (${systemCode(error) ?? "unknown"})`,
      );
    });
    this.listeners.set(host, ftp);
    this.port = (ftp.server.address() as AddressInfo).port;
    this.ownPorts.add(this.port);
  }

  /** Who gets a session. Those who do not are told 421, and a row says why (DESIGN §6). */
  private admit(socket: Socket): boolean {
    this.context.heard("ftp");
    this.context.tap?.tcp(socket, { kind: "control", opened: false });
    const peer = peerOf(socket);
    const trouble = this.refusalOf(peer.address);
    if (trouble === undefined) return true;
    this.refuse(peer, trouble);
    socket.on("error", () => undefined);
    socket.resume();
    socket.end(`421 ${trouble.message}\r\n`);
    socket.destroySoon();
    return false;
  }

  /** Why who comes from there gets no session; undefined: it gets one. */
  private refusalOf(address: string): Trouble | undefined {
    const { access, wanted } = this.context.situation();
    const { ftpSessions, perAddress } = wanted.limits;
    if (this.draining) return { code: "ftp.stopping", message: "the server is stopping" };
    if (!access.allows(address)) return outsideTrouble(address);
    if (this.sessions.size >= ftpSessions) {
      const message = `${ftpSessions} FTP sessions are open`;
      const remedy = `If they are all wanted, ${raiseLimit("ftpSessions")}`;
      return { code: "limit.ftpSessions", message, remedy };
    }
    const ofAddress = [...this.sessions.keys()].filter((session) => session.peer.address === address).length;
    if (isLocal(address) || ofAddress < perAddress) return undefined;
    const message = `${perAddress} sessions of ${address} are open`;
    const remedy = `If they are all wanted, ${raiseLimit("perAddress")}`;
    return { code: "limit.perAddress", message, remedy };
  }

  /** One row for each address and reason: however often it knocks, it is one. */
  private refuse(peer: Session["peer"], trouble: Trouble): void {
    const now = this.context.clock.wallTime();
    this.context.journal.report({
      type: "transfer",
      id: `ftp-${peer.address}-${trouble.code}`,
      protocol: "ftp",
      isSession: true,
      direction: "read",
      file: "/",
      ...peer,
      state: "refused",
      bytes: 0,
      startedAt: now,
      endedAt: now,
      bytesPerSecond: 0,
      options: {},
      retransmissions: 0,
      trouble: plainTrouble(trouble),
    });
  }

  /** No password set: anybody, read only. A password set: its user alone (DESIGN §2.1). */
  private async login({ connection, username, password }: LoginRequest): Promise<{ fs: FtpSrvFileSystem }> {
    const session = [...this.sessions.keys()].find((each) => each.connection === connection);
    if (session === undefined) throw new Failure(530, { code: "ftp.login", message: "Login incorrect" });
    const { ftpUser, ftpPassword } = this.context.situation().wanted;
    if (ftpPassword !== undefined) {
      const known = username === ftpUser;
      if (!sameSecret(password, ftpPassword) || !known) {
        // Never the name itself: people type the password there (security §4.4).
        const who = known ? "with a wrong password" : "of another user";
        this.refuse(session.peer, {
          code: "ftp.login",
          message: `a login ${who} was refused`,
          remedy: `Log in as ${ftpUser} with the password that was set.`,
        });
        await delay(this.context.clock, wrongPasswordMs);
        throw new Failure(530, { code: "ftp.login", message: "Login incorrect" });
      }
      session.mayUpload = true;
    }
    return { fs: fileSystemOf(session) };
  }

  async drain(): Promise<void> {
    this.draining = true;
    this.leave(() => true, stopping);
    await Promise.all(this.closing);
    await this.summing.idle();
  }

  async stopNow(): Promise<void> {
    this.draining = true;
    this.leave(() => true, stopping);
    for (const session of this.sessions.keys()) {
      session.abortTransfer(
        new Failure(426, { code: "ftp.stopped", message: "the server was stopped" }, "cancelled"),
      );
      session.end(stopping, 300);
    }
    await Promise.all([...this.closing, this.summing.close()]);
  }

  cancelTransfer(id: string): boolean {
    const session = [...this.sessions.keys()].find((each) => each.transferId === id);
    const trouble = { code: "transfer.cancelled", message: "the transfer was cancelled" };
    session?.abortTransfer(new Failure(426, trouble, "cancelled"));
    // A file that is sent, and whose row waits for its sums, is complete without them.
    return session !== undefined || this.summing.cancel(id);
  }

  /** Stops listening on those addresses at once; their sessions end, after their transfers. */
  private leave(which: (address: string) => boolean, goodbye: Goodbye): void {
    for (const [address, ftp] of this.listeners) {
      if (!which(address)) continue;
      this.listeners.delete(address);
      const closed = new Promise<void>((resolve) => {
        // It calls back when the last control connection is closed.
        ftp.server.close(() => {
          ftp.removeAllListeners();
          resolve();
        });
      });
      this.closing.add(closed);
      void closed.then(() => this.closing.delete(closed));
    }
    for (const [session, address] of this.sessions) if (which(address)) session.endAfterTransfer(goodbye);
  }
}

/** In a time that tells nothing of either. */
function sameSecret(given: string, wanted: string): boolean {
  const [a, b] = [given, wanted].map((text) => createHash("sha256").update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

/** What ftp-srv's own CWD, CDUP and PWD work on: the door, and nothing else. */
function fileSystemOf(session: Session): FtpSrvFileSystem {
  return {
    currentDirectory: () => `/${session.folder}`,
    async chdir(path) {
      try {
        const folder = changedFolder(session.folder, path ?? "/");
        const entry = await session.root.describe(`/${folder}`);
        if (entry.kind !== "folder")
          throw new Failure(550, { code: "name.file", message: "That is no folder" });
        session.folder = folder;
        return `/${folder}`;
      } catch (error) {
        // ftp-srv sends the message as it is.
        throw new Error(replyText(error), { cause: error });
      }
    },
  };
}

/** One instance of ftp-srv for each address. */
export const startFtpServer: StartServer = async (context, addresses, port) => {
  const server = new FtpServer(context);
  for (let attempt = 1; ; attempt++) {
    try {
      await server.listen(addresses, port);
      return server;
    } catch (error) {
      // Another program had the port that the first address found free; the next try finds another.
      if (port !== 0 || attempt === portTries || systemCode((error as Error).cause) !== "EADDRINUSE")
        throw error;
    }
  }
};
