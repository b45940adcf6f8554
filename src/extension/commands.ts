/** What each command does. */

import * as vscode from "vscode";
import { RemoteError } from "../rpc/remoteError";
import type { Drops } from "./tests/drops";
import { chooseFolder, folderAt, folderOf } from "./folders";
import { commandIds, viewIds, type CommandName } from "./ids";
import type { LanguageBundle } from "./languages/follow";
import { describeTrouble, joined } from "./views/item";
import { Node } from "./views/nodes";
import type { Servers } from "./servers";
import { wasStopped } from "./process/stopped";
import type { Store } from "./store";
import type { TimelineBundle } from "./timeline/timelineBundle";
import { describeProblems, unadorned } from "./words";

/** What the commands do, and what a person is asked, is a bundle of its own, loaded when it is first needed: activation stays quick. */
export const network = () => import(/* webpackChunkName: "commands" */ "./network/networkCommands");
const plan = () => import(/* webpackChunkName: "commands" */ "./plan/planCommands");
const faults = () => import(/* webpackChunkName: "commands" */ "./faults/injectFaults");
const rows = () => import(/* webpackChunkName: "commands" */ "./views/rowCommands");

const bootLog = () => import(/* webpackChunkName: "commands" */ "./bootLog/bootLogCommand");

type Handler = (...args: readonly unknown[]) => unknown;

/** The id of the row that a command is about: a row of a view, or the id itself from a caller that knows it. */
function rowId(given: unknown): string | undefined {
  if (typeof given === "string") return given;
  return given instanceof Node ? given.item.row : undefined;
}

/** The board of a row of the Clients view, as the timeline knows it. */
function clientOf(store: Store, id: string | undefined): string | undefined {
  const row = id === undefined ? undefined : store.now.clients.get(id);
  return row?.mac ?? id;
}

/** Registers all commands. */
export function registerCommands(
  servers: Servers,
  log: vscode.LogOutputChannel,
  secrets: vscode.SecretStorage,
  drops: Drops,
  languages: LanguageBundle,
  timeline: TimelineBundle,
): vscode.Disposable[] {
  const { store } = servers;
  const handlers: Readonly<Record<CommandName, Handler>> = {
    start: (folder) => start(servers, folder),
    stop: (how) => stop(servers, how),
    showLog: () => {
      log.show();
    },
    showBootLog: async (row) => (await bootLog()).showBootLog(store, rowId(row)),
    showBootTimeline: async (row) => (await timeline.timeline()).show(clientOf(store, rowId(row))),
    showMenu: () => showMenu(store),
    clearFinishedTransfers: () => {
      store.clearFinished();
    },
    cancelTransfer: (row) => cancelTransfer(servers, rowId(row)),
    copyAddress: async (row) => (await rows()).copyAddress(store, rowId(row)),
    revealFile: async (row) => (await rows()).revealFile(store, rowId(row)),
    copyName: async (row) => (await rows()).copyOf(store, rowId(row), "name"),
    copySha256: async (row) => (await rows()).copyOf(store, rowId(row), "sha256"),
    copyCrc32: async (row) => (await rows()).copyOf(store, rowId(row), "crc32"),
    serveAsBootFile: async (file, _selected, outside) => (await plan()).serveClicked(store, file, outside),
    addToBootSequence: async (file, selected) => (await plan()).addClicked(store, file, selected),
    // The Explorer gives the clicked file and all selected ones: a list is no choice.
    serveToClient: async (file, mac) => (await plan()).serveToChosen(store, file, mac),
    copyBootCommands: async (file, loader) => (await plan()).copyBootCommands(store, file, loader),
    serveFileAs: async (row, file) => (await plan()).serveFileAs(store, rowId(row), file),
    restartSequence: (row) => {
      const id = rowId(row);
      if (id !== undefined) servers.restartSequence(id);
    },
    savePackets: async (row, file) => (await rows()).savePackets(servers, rowId(row), file),
    answerThisBoard: async (row, name) => (await plan()).answerBoard(store, rowId(row), name),
    copyNextServerLines: async (row, program) =>
      (await rows()).copyNextServerLines(store, rowId(row), program),
    writeChecksums: async (manifest) => (await languages.load()).writeChecksums(manifest),
    removeChecksums: async (manifest) => (await languages.load()).removeChecksums(manifest),
    openBootPlan: (folder) => openBootPlan(servers, folder),
    setFtpPassword: async (password) => (await rows()).setFtpPassword(secrets, password),
    chooseNetwork: async (addresses) => (await network()).chooseNetwork(servers, addresses),
    allowUploads: async (policy) => (await network()).allowUploads(servers, policy),
    checkThisMachine: async () => (await network()).checkThisMachine(servers),
    allowThisNetwork: async (row, which) => (await network()).allowThisNetwork(servers, rowId(row), which),
    injectFaults: async (profile) => (await faults()).injectFaults(servers, profile),
    copyCommand: async (row) => row instanceof Node && (await rows()).copyLine(row.item),
    verify: async (folder) => (await drops.tests()).verify(folder),
    verifyOnTarget: async (folder, target) => (await drops.tests()).verifyOnTarget(folder, target),
  };
  return Object.entries(handlers).map(([name, handler]) =>
    vscode.commands.registerCommand(commandIds[name as CommandName], handler),
  );
}

/**
 * @param given a workspace folder or the URI of one, from a caller that knows which; else the user is asked.
 * @returns true when the servers were started.
 */
async function start(servers: Servers, given: unknown): Promise<boolean> {
  const folder =
    folderOf(given) ??
    (await chooseFolder("Which folder are the boards to load from?", servers.store.folder));
  if (folder === undefined) return false;
  try {
    const started = await servers.start(folder);
    // A program that names the folder has not asked for a list.
    if (started && given === undefined) servers.offerNetworks();
    return started;
  } catch (error) {
    if (wasStopped(error)) return false;
    if (!(error instanceof RemoteError)) throw error;
    log(servers, error);
    const { problems, remedy } = error;
    const why =
      problems.length === 0 ? describeTrouble(error) : joined(" ", describeProblems(problems), remedy);
    const text = `Boot Servers did not start: ${why}`;
    if (problems.length === 0) void servers.sayTrouble(text);
    else void sayPlanTrouble(text, folder);
    return false;
  }
}

async function sayPlanTrouble(message: string, folder: vscode.WorkspaceFolder): Promise<void> {
  const open = "Open Boot Plan";
  if ((await vscode.window.showErrorMessage(unadorned(message), open)) === open) {
    await vscode.commands.executeCommand(commandIds.openBootPlan, folder);
  }
}

function log(servers: Servers, error: RemoteError): void {
  const lines = error.problems.map(
    ({ file, line, column, message }) => `${file}:${line}:${column} ${message}`,
  );
  for (const line of lines.length === 0 ? [error.message] : lines) servers.write("error", line);
}

/** @param given `whenFinished` or `now`, from a caller that knows; else the user is asked where a board loads. */
async function stop(servers: Servers, given: unknown): Promise<void> {
  const known = given === "now" || given === "whenFinished" ? given : undefined;
  // Where nothing runs there is nothing to ask.
  const asks = known === undefined && servers.store.hasRunning();
  const how = asks ? await (await rows()).askHow(servers.store) : (known ?? "whenFinished");
  if (how !== undefined) await servers.stop(how);
}

async function cancelTransfer(servers: Servers, given: string | undefined): Promise<void> {
  const id = given ?? (await (await rows()).chooseTransfer(servers.store.runningTransfers()));
  if (id !== undefined) servers.cancelTransfer(id);
}

/** @param given as `start` takes it; else the plan of what is served, or was last. */
async function openBootPlan(servers: Servers, given: unknown): Promise<void> {
  const served = folderAt(servers.store.folder);
  const folder =
    folderOf(given) ?? served ?? (await chooseFolder("Which folder's plan?", servers.store.folder));
  if (folder !== undefined) await (await plan()).openPlan(folder);
}

/** What can be done now, behind the status bar item. */
async function showMenu(store: Store): Promise<void> {
  const serving = store.isServing();
  const items = [
    ...(serving ? [] : [{ label: "$(play) Start Boot Servers", command: commandIds.start as string }]),
    // Servers that failed are tried again with each change until they are stopped; transfers that run on can be cut.
    ...(store.isWanted() || store.hasRunning()
      ? [{ label: "$(debug-stop) Stop Boot Servers", command: commandIds.stop as string }]
      : []),
    ...(serving ? [{ label: "$(bug) Inject Faults…", command: commandIds.injectFaults as string }] : []),
    { label: "$(plug) Choose Network…", command: commandIds.chooseNetwork as string },
    { label: "$(beaker) Verify Firmware Drop", command: commandIds.verify as string },
    { label: "$(pulse) Check This Machine", command: commandIds.checkThisMachine as string },
    { label: "$(server) Show the Servers", command: `${viewIds.servers}.focus` },
    { label: "$(arrow-swap) Show the Transfers", command: `${viewIds.transfers}.focus` },
    { label: "$(list-unordered) Show Boot Log", command: commandIds.showBootLog as string },
    { label: "$(graph) Show Boot Timeline", command: commandIds.showBootTimeline as string },
    { label: "$(go-to-file) Open Boot Plan", command: commandIds.openBootPlan as string },
    { label: "$(output) Show Log", command: commandIds.showLog as string },
  ];
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: "Boot Servers" });
  if (chosen !== undefined) await vscode.commands.executeCommand(chosen.command);
}
