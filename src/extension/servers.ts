/** Start, stop and follow: the servers' process, as the settings and the user want it. */

import { isIP } from "node:net";
import { join } from "node:path";
import * as vscode from "vscode";
import type { LogRow, Row } from "../model/events";
import { formatList, quoted, unadorned } from "./words";
import { Child, commandFor } from "./child";
import { folderAt } from "./folders";
import { folderSettings, readSettings, type Settings } from "./config";
import { section } from "./ids";
import type { Store } from "./store";

/** Where the FTP password is kept. */
export const ftpPasswordKey = "ftpPassword";

/** Where it stands that the user has agreed to serve these addresses. */
const agreedKey = "agreedAddresses";

export class Servers implements vscode.Disposable {
  private readonly child: Child;
  /** What the next process is started with. */
  private settings: Settings | undefined;

  constructor(
    private readonly context: vscode.ExtensionContext,
    readonly store: Store,
    private readonly log: vscode.LogOutputChannel,
  ) {
    const cli = join(context.extensionPath, "dist", "cli.js");
    this.child = new Child(
      () => commandFor(this.settings?.command ?? { launch: [], node: "" }, process.execPath, cli),
      {
        row: (row) => {
          this.take(row);
        },
        log: (level, line) => {
          this.write(level, line);
        },
        ended: () => {
          store.runEnded();
        },
        gaveUp: (message) => {
          void this.sayTrouble(`${message} Nothing is served any more.`);
        },
      },
    );
  }

  /** The servers' process, for tests. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  dispose(): void {
    this.child.dispose();
  }

  /** Serves a folder, with the settings as they are. @throws RemoteError, when nothing could be started. */
  async start(folder: vscode.WorkspaceFolder): Promise<boolean> {
    // The command is hidden there; an extension or a key binding may call it all the same (DESIGN §5).
    if (!vscode.workspace.isTrusted) {
      void vscode.window.showWarningMessage(
        "Boot Servers hand out the files of this workspace to others: they start only where you trust it.",
      );
      return false;
    }
    if (folder.uri.scheme !== "file") {
      void vscode.window.showWarningMessage(
        "Boot Servers serve files of a real disk; this folder is virtual.",
      );
      return false;
    }
    const settings = await this.read(folder);
    if (!(await this.mayServe(settings))) return false;
    this.settings = settings;
    this.store.transfersKept = settings.wanted.limits.transfersKept;
    this.store.folder = { name: folder.name, path: folder.uri.fsPath };
    await this.child.configure(settings.wanted);
    return true;
  }

  /** Closes the listening sockets at once. Resolves when the last running transfer has ended. */
  async stop(how: "whenFinished" | "now"): Promise<void> {
    await (how === "now" ? this.child.stopNow() : this.child.drain());
  }

  cancelTransfer(id: string): void {
    this.child.cancelTransfer(id);
  }

  restartSequence(clientId: string): void {
    this.child.restartSequence(clientId);
  }

  /** The settings or the password have changed: what runs follows. */
  async follow(): Promise<void> {
    const folder = this.servedFolder();
    if (!this.store.isServing() || folder === undefined) return;
    try {
      await this.start(folder);
    } catch (error) {
      this.write("error", error instanceof Error ? error.message : String(error));
    }
  }

  /** The folder that is being served was closed: nobody sees its servers any more. */
  async followFolders(): Promise<void> {
    if (this.store.isServing() && this.servedFolder() === undefined) await this.stop("whenFinished");
  }

  /** One notification, with the log a click away. */
  async sayTrouble(message: string): Promise<void> {
    const showLog = "Show Log";
    if ((await vscode.window.showErrorMessage(message, showLog)) === showLog) this.log.show();
  }

  private servedFolder(): vscode.WorkspaceFolder | undefined {
    const { folder } = this.store;
    return folder === undefined ? undefined : folderAt(folder);
  }

  private async read(folder: vscode.WorkspaceFolder): Promise<Settings> {
    const configuration = vscode.workspace.getConfiguration(section, folder.uri);
    const settings = readSettings(
      (name) => {
        if (folderSettings.includes(name)) return configuration.get(name);
        // Never what the folder says: who wrote it must not choose the network, the rights, or who may write.
        return configuration.inspect(name)?.globalValue;
      },
      folder.uri.fsPath,
      await this.context.secrets.get(ftpPasswordKey),
    );
    for (const problem of settings.problems) this.write("warning", problem);
    return settings;
  }

  /** Before the first start on a network the user is told what that means. */
  private async mayServe({ wanted }: Settings): Promise<boolean> {
    const { addresses, uploads } = wanted;
    if (addresses.every(isLoopback)) return true;
    const agreement = JSON.stringify([[...addresses].sort(), uploads]);
    const agreed = this.context.globalState.get<string[]>(agreedKey, []);
    if (agreed.includes(agreement)) return true;
    const serve = "Serve This Network";
    const detail = [
      `Everyone who reaches ${formatList(addresses.map(quoted))} can read the served files, without a password unless you set one.`,
      uploads === "deny" ? "Nobody can write." : `Boards may upload files (${uploads}).`,
      "You are asked once on this machine.",
    ].join(" ");
    const message = "Serve boot files on a network?";
    const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, serve);
    if (answer !== serve) return false;
    await this.context.globalState.update(agreedKey, [...agreed, agreement]);
    return true;
  }

  private take(row: Row): void {
    if (row.type === "log") this.write(row.level, row.message);
    this.store.apply(row);
  }

  /** A line of the log. */
  write(level: LogRow["level"], line: string): void {
    this.log[level === "warning" ? "warn" : level](unadorned(line));
  }
}

const isLoopback = (address: string): boolean =>
  address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
