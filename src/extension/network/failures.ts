/** Servers that did not start: one notification for all of them, with the ways out. */

import * as vscode from "vscode";
import type { Protocol, ServerRow } from "../../model/events";
import { highPorts } from "../../model/settings";
import { failureNotice } from "./failureNotice";
import { commandIds } from "../ids";
import { changeSettings } from "./machineSettings";
import { pickOne } from "../pick";
import { findNode, oldestNodeText, programsInPath, wrappers } from "./rights";
import type { Servers } from "../servers";
import { unadorned } from "../words";

/** Says it and does what the user chooses. @param failed their rows. */
export async function sayFailures(servers: Servers, failed: readonly ServerRow[]): Promise<void> {
  const { message, line, mayMove, lacksRights } = failureNotice(failed);
  const ways: Readonly<Record<string, () => unknown>> = {
    ...(line !== undefined && { "Copy Command": () => vscode.env.clipboard.writeText(line) }),
    ...(mayMove.length > 0 && {
      "Use High Ports": () => useHighPorts(servers, mayMove),
    }),
    ...(lacksRights &&
      process.platform === "linux" && { "More Rights…": () => startWithMoreRights(servers) }),
    // A notification has room for three.
    ...(!lacksRights && { "Show Log": () => vscode.commands.executeCommand(commandIds.showLog) }),
  };
  const answer = await vscode.window.showErrorMessage(message, ...Object.keys(ways));
  if (answer !== undefined) await ways[answer]?.();
}

function useHighPorts(servers: Servers, moved: readonly Protocol[]): Promise<boolean> {
  const ports = moved.map((protocol) => [`${protocol}.port`, highPorts[protocol]]);
  return changeSettings(servers, Object.fromEntries(ports) as Record<string, number>);
}

/** The command that runs the servers' process with the right to low ports, once the user has seen it. */
async function startWithMoreRights(servers: Servers): Promise<void> {
  const launch = await chooseLaunch();
  if (launch === undefined) return;
  const node = await findNode();
  if (node === undefined) {
    const message = `The servers cannot run as the editor behind such a command: install Node.js ${oldestNodeText} or newer, so that "node" is in PATH.`;
    void vscode.window.showErrorMessage(message);
    return;
  }
  const use = "Start Like This";
  const line = servers.commandLine({ launch, node }).map(shellWord).join(" ");
  const detail = [
    line,
    `It goes on as you, with one more right: to listen on ports below 1024. It is kept in the settings bootServers.launch and bootServers.node of this machine.`,
  ].join("\n\n");
  const message = "Start the servers with this command?";
  const answer = await vscode.window.showWarningMessage(
    message,
    { modal: true, detail: unadorned(detail) },
    use,
  );
  // The Node first: without it the wrapper would start the editor's own.
  if (answer === use) await changeSettings(servers, { node, launch });
}

const shellWord = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`);

async function chooseLaunch(): Promise<readonly string[] | undefined> {
  const found = await Promise.all(wrappers.map(({ program }) => programsInPath(program)));
  const usable = wrappers.filter((_, index) => (found[index] ?? []).length > 0);
  if (usable.length === 0) {
    const message =
      "This needs sudo or pkexec, and they are not in PATH. The rows in the view Servers have other ways.";
    void vscode.window.showErrorMessage(message);
    return undefined;
  }
  const items = usable.map(({ program, when, launch }) => ({
    label: program,
    description: when,
    detail: launch.join(" "),
    launch,
  }));
  return (await pickOne("Start With More Rights", "Which program gives the right?", items))?.launch;
}
