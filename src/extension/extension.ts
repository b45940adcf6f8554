/** Where VS Code begins: puts the parts together, and hands the tests what they look at. */

import * as vscode from "vscode";
import { BootLogDocuments } from "./bootLog/bootLogDocuments";
import { network, registerCommands } from "./commands";
import { followContext } from "./context";
import { Drops } from "./tests/drops";
import { commandIds, section } from "./ids";
import { LanguageBundle } from "./languages/follow";
import { ftpPasswordKey, Servers } from "./servers";
import { createStatus } from "./views/status";
import { Store } from "./store";
import { offerProgram } from "./tasks/tasks";
import { BootHistory } from "./timeline/bootHistory";
import { BootRecorder } from "./timeline/recorder";
import { TimelineBundle } from "./timeline/timelineBundle";
import { createViews, type Views } from "./views/views";

/** What the tests ask of a running extension, so that no test reads the screen. */
export interface BootServersApi {
  /** The snapshot, and the event of its change. */
  readonly store: Store;
  /** What each view shows: `views.servers.shown()`. */
  readonly views: Views;
  /** The servers' process, while there is one. */
  readonly childPid: () => number | undefined;
  /** The Test Explorer's tests, and how they last ended. */
  readonly drops: Drops;
  /** What the timeline draws, and its page. */
  readonly recorder: BootRecorder;
  readonly timeline: TimelineBundle;
}

export function activate(context: vscode.ExtensionContext): BootServersApi {
  const log = vscode.window.createOutputChannel("Boot Servers", { log: true });
  const store = new Store();
  const servers = new Servers(context, store, log, async (asking) =>
    (await network()).dialogsOf(asking, context.globalState),
  );
  const views = createViews(store);
  const drops = new Drops(servers, context);
  const languages = new LanguageBundle(store, drops.outcomes);
  const history = new BootHistory(context.storageUri?.fsPath, (message) => {
    log.warn(message);
  });
  const recorder = new BootRecorder(store, history);
  const timeline = new TimelineBundle(recorder, context, {
    transfer: (id) => views.transfers.reveal(id),
    log: (client) => {
      void vscode.commands.executeCommand(commandIds.showBootLog, client);
    },
  });
  context.subscriptions.push(
    log,
    servers,
    ...registerCommands(servers, log, context.secrets, drops, languages, timeline),
    views.servers,
    views.clients,
    views.transfers,
    drops,
    createStatus(store),
    followContext(store),
    new BootLogDocuments(store),
    languages,
    recorder,
    timeline,
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(section)) void servers.follow();
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(() => void servers.followFolders()),
    context.secrets.onDidChange(({ key }) => {
      if (key === ftpPasswordKey) void servers.follow();
    }),
  );
  offerProgram(context, servers);
  return { store, views, childPid: () => servers.pid, drops, recorder, timeline };
}
