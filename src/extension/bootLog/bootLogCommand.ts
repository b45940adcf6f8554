/** Show Boot Log: which board's, and its document. Loaded when first used. */

import * as vscode from "vscode";
import { bootLogScheme } from "../ids";
import type { Store } from "../store";
import { quoted, unadorned } from "../words";

/**
 * Opens the boot log of a client.
 * @param given the id of its row, or of a transfer's; else the user is asked.
 */
export async function showBootLog(store: Store, given: string | undefined): Promise<void> {
  const client = given === undefined ? await chooseClient(store) : clientOf(store, given);
  if (client === undefined) return;
  const uri = vscode.Uri.from({
    scheme: bootLogScheme,
    path: `/${labelOf(store, client).replace(/[^\p{L}\p{N}._ -]/gu, "-")}.boot.log`,
    query: client,
  });
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { preview: false });
}

/** The client itself; of a transfer the one whose lines tell of it, else its address. */
function clientOf({ bootLogs, now }: Store, id: string): string {
  const transfer = now.transfers.get(id);
  if (transfer === undefined) return id;
  const told = bootLogs
    .clients()
    .find((client) => bootLogs.lines(client).some((line) => line.transfer === id));
  return told ?? transfer.address;
}

const labelOf = ({ now }: Store, client: string): string => now.clients.get(client)?.name ?? client;

async function chooseClient(store: Store): Promise<string | undefined> {
  const { bootLogs, now } = store;
  const items = [...bootLogs.clients()].reverse().map((client) => {
    const { mac, address } = now.clients.get(client) ?? {};
    const known = [mac, address].filter((part) => part !== undefined && part !== client);
    return {
      label: unadorned(quoted(labelOf(store, client))),
      description: unadorned(known.join(" · ")),
      client,
    };
  });
  if (items.length === 0) {
    void vscode.window.showInformationMessage(
      "No board has asked for anything yet. Start the servers, and switch a board on.",
    );
    return undefined;
  }
  const placeHolder = "Whose boot log?";
  return items.length === 1
    ? items[0]?.client
    : (await vscode.window.showQuickPick(items, { placeHolder }))?.client;
}
