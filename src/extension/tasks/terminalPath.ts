/** `boot-servers` in the integrated terminal: its folder in PATH, and the Node that runs it. */

import { delimiter, join } from "node:path";
import * as vscode from "vscode";

/** Where the launchers lie, in the extension's own folder. */
const launchers = join("media", "bin");

/**
 * Offers the program to the terminals of a trusted workspace. Nothing of it outlives the window: the extension's own
 * folder changes with each version.
 */
export function offerInTerminal(context: vscode.ExtensionContext): { dispose(): void } {
  const variables = context.environmentVariableCollection;
  const offer = (): void => {
    variables.clear();
    if (!vscode.workspace.isTrusted) return;
    variables.description = "`boot-servers`: serve and verify a firmware drop from the command line.";
    variables.prepend("PATH", join(context.extensionPath, launchers) + delimiter);
    variables.replace("BOOT_SERVERS_NODE", process.execPath);
  };
  variables.persistent = false;
  offer();
  const trust = vscode.workspace.onDidGrantWorkspaceTrust(offer);
  return {
    dispose: () => {
      trust.dispose();
      variables.clear();
    },
  };
}
