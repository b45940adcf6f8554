/** Start, stop and follow: the servers' process, as the settings and the user want it. */

import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as vscode from "vscode";
import type { Engine } from "../model/api";
import type { LogRow, Row, ServerRow } from "../model/events";
import type { Faults } from "../model/faults/profile";
import { onlyLoopback, type NetworkInterface } from "../model/networks";
import type { Wanted } from "../model/settings";
import type { Verifier } from "../model/verification";
import { errorMessage } from "../model/text";
import { RemoteError } from "../rpc/remoteError";
import type { Child } from "./process/child";
import { commandFor, thisEditor, type CommandSettings } from "./process/command";
import { Injected } from "./faults/injected";
import { folderAt } from "./folders";
import { folderSettings, readSettings, type Settings } from "./config";
import { section } from "./ids";
import { wasStopped } from "./process/stopped";
import type { ServedFolder, Store } from "./store";
import { describeTrouble } from "./views/item";
import { unadorned } from "./words";

/** Where the FTP password is kept. */
export const ftpPasswordKey = "ftpPassword";

/** Where it stands that the first start has offered the networks. */
const offeredKey = "networksOffered";

/** What a person is asked and told of networks while the servers start and run. */
export interface Dialogs {
  /** Before the first start on a network the user is told what that means, and may decline. */
  mayServe(folder: vscode.WorkspaceFolder, wanted: Wanted, why: "start" | "follow"): Promise<boolean>;
  /** @returns false where there is nothing to choose. */
  offerNetworks(): Promise<boolean>;
  /** One notification for all servers that could not start. */
  sayFailures(failed: readonly ServerRow[]): Promise<void>;
}

/** The process and the pipe to it are loaded when they are first needed: most windows serve nothing. */
const childProcess = () => import(/* webpackChunkName: "child" */ "./process/child");

/** What is served, and how. */
interface Serving {
  readonly folder: ServedFolder;
  readonly settings: Settings;
}

/** True for what the engine refused, but for a plan: its problems are lines of their own. */
const isTrouble = (error: unknown): error is RemoteError =>
  error instanceof RemoteError && error.problems.length === 0;

/** True for a setting that was to narrow what is served: whoever wrote it takes it for done. */
const isUnreadable = (error: unknown): boolean =>
  error instanceof RemoteError && ["setting.unreadable", "allow.invalid"].includes(error.code);

const servedAs = ({ name, uri }: vscode.WorkspaceFolder): ServedFolder => ({ name, path: uri.fsPath });

export class Servers implements vscode.Disposable {
  private loading: Promise<Child> | undefined;
  /** There once it was asked anything. */
  private child: Child | undefined;
  /** Absolute path of the program. */
  readonly cli: string;
  private readonly ending = new vscode.EventEmitter<"stopped" | "gaveUp">();
  /** They were stopped, or their process ended too often: nothing is served until the next start. */
  readonly onDidEnd = this.ending.event;
  /** What the views say; the next process is started with its settings. */
  private shown: Serving | undefined;
  /** What was taken last: where a start fails, that goes on, or went on last. */
  private taken: Serving | undefined;
  private readonly injected = new Injected();
  /** From a stop to the next start: the rows say so only when their process has answered. */
  private isStopped = false;
  private lastFollow: Promise<void> = Promise.resolve();
  private loadingDialogs: Promise<Dialogs> | undefined;
  /** The failures that the user was told of. */
  private told: ReadonlySet<string> = new Set();

  constructor(
    private readonly context: vscode.ExtensionContext,
    readonly store: Store,
    private readonly log: vscode.LogOutputChannel,
    private readonly loadDialogs: (servers: Servers) => Promise<Dialogs>,
  ) {
    this.cli = join(context.extensionPath, "dist", "cli.js");
  }

  /** Who serves and verifies: the servers' process, one that is started for it where none runs. */
  async ask(): Promise<Omit<Engine, "snapshot" | "onRow"> & Verifier> {
    return (this.loading ??= childProcess().then(({ Child }) => (this.child = this.tend(Child))));
  }

  private tend(Process: typeof Child): Child {
    const { store } = this;
    return new Process(
      () => commandFor(this.shown?.settings.command ?? { launch: [], node: "" }, thisEditor, this.cli),
      {
        row: (row) => {
          this.take(row);
        },
        log: (level, line) => {
          this.write(level, line);
        },
        quiet: () => {
          this.write("warning", "the servers' process was started and has told nothing yet");
          store.quiet();
        },
        left: () => {
          store.left();
        },
        ended: (runs) => {
          store.ended(runs);
        },
        gaveUp: (message) => {
          this.injected.become(undefined);
          this.ending.fire("gaveUp");
          void this.sayTrouble(`${message} Nothing is served any more.`);
        },
      },
    );
  }

  /** The servers' process, for tests. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  dispose(): void {
    void this.loading?.then((child) => {
      child.dispose();
    });
    this.ending.dispose();
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
    const settings = await this.agreedSettings(folder, "start");
    if (settings === undefined || folderAt(servedAs(folder)) === undefined) return false;
    this.isStopped = false;
    await this.injected.endWith(() => this.serve({ folder: servedAs(folder), settings }));
    this.sayFailures("always");
    return true;
  }

  /** The settings to serve a folder with. undefined: its user does not want that. */
  private async agreedSettings(
    folder: vscode.WorkspaceFolder,
    why: "start" | "follow",
  ): Promise<Settings | undefined> {
    for (;;) {
      const settings = await this.read(folder);
      if (settings.refused !== undefined) throw new RemoteError({ trouble: settings.refused });
      if (!(await this.mayServe(folder, settings, why))) return undefined;
      // They may have been changed while the question stood there.
      if (isDeepStrictEqual(await this.read(folder), settings)) return settings;
    }
  }

  private async serve(serving: Serving): Promise<void> {
    const { problems } = serving.settings;
    const wanted = { ...serving.settings.wanted, ...this.injected.wanted };
    for (const problem of problems) this.write("warning", problem);
    this.show(serving);
    const takeBack = this.store.isWanted() ? () => undefined : this.store.announce(wanted);
    try {
      await (await this.ask()).configure(wanted);
      this.taken = serving;
    } catch (error) {
      takeBack();
      // Another start may be under way already.
      if (this.shown === serving && this.taken !== undefined) this.show(this.taken);
      throw error;
    }
  }

  private show(serving: Serving): void {
    this.shown = serving;
    this.store.transfersKept = serving.settings.wanted.limits.transfersKept;
    this.store.bootLogs.mostLines = serving.settings.logLines;
    this.store.folder = serving.folder;
  }

  /** Closes the listening sockets at once. Resolves when the last running transfer has ended. */
  async stop(how: "whenFinished" | "now"): Promise<void> {
    this.isStopped = true;
    this.injected.become(undefined);
    this.ending.fire("stopped");
    const child = await this.ask();
    await (how === "now" ? child.stopNow() : child.drain());
  }

  /** Has the servers that run misbehave; undefined: no longer. What runs keeps what it was started with. */
  injectFaults(faults: Faults | undefined): Promise<void> {
    this.injected.become(faults);
    return this.follow();
  }

  cancelTransfer(id: string): void {
    this.child?.cancelTransfer(id);
  }

  restartSequence(clientId: string): void {
    this.child?.restartSequence(clientId);
  }

  /** What is kept of a client's packets; undefined: nothing runs. @throws RemoteError */
  async packets(clientId: string): Promise<Uint8Array | undefined> {
    return this.store.isServing() ? this.child?.packets(clientId) : undefined;
  }

  /** The computer's networks, to choose among. @throws RemoteError */
  async networks(): Promise<readonly NetworkInterface[]> {
    return (await this.ask()).networks();
  }

  /** The command line that starts the servers' process with these settings. */
  commandLine(settings: CommandSettings): readonly string[] {
    const { file, args } = commandFor(settings, thisEditor, this.cli);
    return [file, ...args];
  }

  /** The settings or the password have changed: what runs follows, one change after the other. */
  follow(): Promise<void> {
    this.lastFollow = this.lastFollow.then(async () => {
      try {
        await this.followNow();
      } catch (error) {
        const message = isTrouble(error) ? describeTrouble(error) : errorMessage(error);
        this.write("error", message);
        if (wasStopped(error)) return;
        // Where the old process was let go first, nothing runs any more.
        if (!this.store.isWanted()) void this.sayTrouble(`Boot Servers did not start again: ${message}`);
        else if (isUnreadable(error)) void this.sayTrouble(`Boot Servers go on as they did: ${message}`);
      }
    });
    return this.lastFollow;
  }

  private async followNow(): Promise<void> {
    const folder = this.wantedFolder();
    if (folder === undefined) return;
    const settings = await this.agreedSettings(folder, "follow");
    // They may have been stopped, or moved to another folder, while the question stood there.
    if (settings === undefined || this.wantedFolder()?.uri.fsPath !== folder.uri.fsPath) return;
    await this.serve({ folder: servedAs(folder), settings });
    this.sayFailures("news");
  }

  /**
   * Asks what a change of settings needs an answer for, before it is made: declined, nothing has changed.
   * @param values by the names behind `bootServers.`.
   */
  async mayChange(values: Readonly<Record<string, unknown>>): Promise<boolean> {
    const folder = this.wantedFolder();
    if (folder === undefined) return true;
    const settings = await this.read(folder, values);
    // Who could ask is not known: the servers do not follow, and say why.
    return settings.refused !== undefined || this.mayServe(folder, settings, "start");
  }

  /** The first start by a person on this machine offers the networks; the servers run meanwhile (DESIGN §5). */
  offerNetworks(): void {
    const asked = this.context.globalState.get(offeredKey) === true;
    const set = vscode.workspace.getConfiguration(section).inspect("address")?.globalValue !== undefined;
    if (asked || set) return;
    void this.dialogs().then(async (dialogs) => {
      if (await dialogs.offerNetworks()) await this.context.globalState.update(offeredKey, true);
    });
  }

  /** The rows of those that could not start say it too. */
  private sayFailures(which: "always" | "news"): void {
    const failed = this.store.serverRows().filter(({ state }) => state === "failed");
    const before = this.told;
    this.told = new Set(failed.map(({ id, trouble }) => `${id} ${trouble?.message ?? ""}`));
    // Fewer failures than before are no news: two settings that change one after the other are two changes here.
    const isNews = [...this.told].some((each) => !before.has(each));
    if (failed.length === 0 || (which === "news" && !isNews)) return;
    void this.dialogs().then((dialogs) => dialogs.sayFailures(failed));
  }

  /** The folder that is being served was closed: nobody sees its servers any more. */
  async followFolders(): Promise<void> {
    if (this.store.isWanted() && this.servedFolder() === undefined) await this.stop("whenFinished");
  }

  /** One notification, with the log a click away. @param message may hold what a plan or a peer says. */
  async sayTrouble(message: string): Promise<void> {
    const showLog = "Show Log";
    if ((await vscode.window.showErrorMessage(unadorned(message), showLog)) === showLog) this.log.show();
  }

  private servedFolder(): vscode.WorkspaceFolder | undefined {
    return folderAt(this.store.folder);
  }

  /** The folder of servers that were started and not stopped, also where they failed. */
  private wantedFolder(): vscode.WorkspaceFolder | undefined {
    return this.store.isWanted() && !this.isStopped ? this.servedFolder() : undefined;
  }

  /** The settings as they are for a folder. @param changed some as they would be. */
  async read(
    folder: vscode.WorkspaceFolder,
    changed: Readonly<Record<string, unknown>> = {},
  ): Promise<Settings> {
    const configuration = vscode.workspace.getConfiguration(section, folder.uri);
    const settings = readSettings(
      (name) => {
        if (name in changed) return changed[name];
        if (folderSettings.includes(name)) return configuration.get(name);
        // Never what the folder says: who wrote it must not choose the network, the rights, or who may write.
        return configuration.inspect(name)?.globalValue;
      },
      folder.uri.fsPath,
      await this.context.secrets.get(ftpPasswordKey),
    );
    // Absent where no folder is open: then nothing is kept.
    const stateFolder = this.context.storageUri?.fsPath;
    if (stateFolder === undefined) return settings;
    return { ...settings, wanted: { ...settings.wanted, stateFolder } };
  }

  private dialogs(): Promise<Dialogs> {
    return (this.loadingDialogs ??= this.loadDialogs(this));
  }

  private async mayServe(
    folder: vscode.WorkspaceFolder,
    { wanted }: Settings,
    why: "start" | "follow",
  ): Promise<boolean> {
    if (onlyLoopback(wanted.addresses)) return true;
    return (await this.dialogs()).mayServe(folder, wanted, why);
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
