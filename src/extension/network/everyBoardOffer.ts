/** "Answer Every Board on This Cable": offered once for each folder and network, where it would disturb nobody. */

import * as vscode from "vscode";
import type { EveryBoard } from "../../model/everyBoard";
import type { Wanted } from "../../model/settings";
import { decideOnce, everyBoardNotice } from "./everyBoard";
import { changeSettings, machineSetting } from "./machineSettings";
import type { Servers } from "../servers";
import { formatList, quoted } from "../words";

const setting = "bootp.answer";
const accept: vscode.MessageItem = { title: "Answer Every Board" };
// In the place of "Cancel", which would look as if the start was given up.
const decline: vscode.MessageItem = { title: "Leave It as It Is", isCloseAffordance: true };

/**
 * Asks where nobody has decided. The network is looked at first, which takes some seconds where no other DHCP server is.
 * @returns true where it was accepted: `answerEveryBoard` is to follow.
 */
export async function offerEveryBoard(
  servers: Servers,
  memory: vscode.Memento,
  { uri }: vscode.WorkspaceFolder,
  wanted: Wanted,
): Promise<boolean> {
  // Who has set it has decided for all networks.
  if (machineSetting<unknown>(setting, undefined) !== undefined) return false;
  const ask = async (pool: readonly string[]): Promise<boolean> => {
    const { message, detail } = everyBoardNotice(wanted, pool);
    const options = { modal: true, detail };
    return (await vscode.window.showInformationMessage(message, options, accept, decline)) === accept;
  };
  return decideOnce(memory, uri.fsPath, wanted, () => look(servers, wanted), ask);
}

/** The machine's choice, never the repository's. */
export const answerEveryBoard = (servers: Servers): Promise<boolean> =>
  changeSettings(servers, { [setting]: "everyone" });

/** What cannot be told keeps no start. */
async function look(servers: Servers, wanted: Wanted): Promise<EveryBoard> {
  const where = formatList(wanted.addresses.map(quoted));
  const title = `Boot Servers: looking for another DHCP server on ${where}`;
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, async () => {
    try {
      return await (await servers.ask()).everyBoard(wanted);
    } catch {
      return { kind: "unasked" };
    }
  });
}
