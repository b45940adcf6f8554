/** The commands on the rows of the views, and what is asked before a transfer is cut. Loaded when first used. */

import { homedir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import type { TransferRow } from "../../model/events";
import { normalizeName } from "../../model/names";
import { nextServerLines } from "../../model/nextServer";
import { errorMessage } from "../../model/text";
import { boardNames } from "./boardNames";
import type { Item } from "./item";
import { folderAt } from "../folders";
import { servedRootOf } from "../plan/plan";
import { askedAddresses, listensOn } from "./serverItems";
import { ftpPasswordKey, type Servers } from "../servers";
import type { Store } from "../store";
import { count, percent, quoted, unadorned } from "../words";

const finish = "Stop When Finished";
const now = "Stop Now";

/** How to stop while boards load. undefined: not at all. */
export async function askHow(store: Store): Promise<"whenFinished" | "now" | undefined> {
  const running = store.runningTransfers();
  const detail =
    "Stop When Finished listens no more and lets these end, for ten minutes at most. Stop Now cuts them: a board that writes its flash may be left without a boot loader.";
  const answer = await vscode.window.showWarningMessage(
    describeRunning(running, boardNames(store.now.clients.values())),
    { modal: true, detail },
    finish,
    now,
  );
  return answer === finish ? "whenFinished" : answer === now ? "now" : undefined;
}

/** `bench-1 is at 80 % of etsw.b3`, a line for each, the first few. */
function describeRunning(running: readonly TransferRow[], nameOf: (address: string) => string): string {
  const told = running.slice(0, 3).map(({ address, file, bytes, size }) => {
    const far = percent(bytes, size);
    return unadorned(
      `${nameOf(address)} is ${far === undefined ? "in the middle" : `at ${far}`} of ${quoted(file)}`,
    );
  });
  const left = running.length - told.length;
  return [...told, ...(left > 0 ? [`and ${count(left, "more transfer")}`] : [])].join("\n");
}

/** One of those that run. */
export async function chooseTransfer(running: readonly TransferRow[]): Promise<string | undefined> {
  const items = running.map(({ id, file, address, bytes, size }) => ({
    label: unadorned(file),
    description: unadorned([address, percent(bytes, size)].filter((part) => part !== undefined).join(" · ")),
    id,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder: "Which transfer?" }))?.id;
}

/** Copies, and says what. */
async function copy(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(unadorned(`Copied: ${text}`), 5000);
}

/** The line of a row that mends a trouble. */
export async function copyLine({ line }: Item): Promise<void> {
  if (line !== undefined) await copy(line);
}

/** `127.0.0.1:69`, as a boot loader or a browser wants it. */
export async function copyAddress(store: Store, id: string | undefined): Promise<void> {
  const row = store
    .serverRows()
    .find((each) => (id === undefined ? each.state === "running" : each.id === id));
  const addresses = askedAddresses(row?.addresses ?? []).slice(0, 1);
  if (row === undefined || addresses.length === 0) return;
  await copy(listensOn({ ...row, addresses }));
}

/** Shows the file of a transfer in the Explorer: the one that was served, not the name that was asked for. */
export async function revealFile(store: Store, id: string | undefined): Promise<void> {
  const row = id === undefined ? undefined : store.now.transfers.get(id);
  const folder = row && folderAt(store.folderOf(row.id));
  if (row === undefined || folder === undefined) return;
  const name = normalizeName(row.servedFile ?? row.file);
  const uri = vscode.Uri.file(join(await servedRootOf(folder), row.root ?? "", name));
  try {
    await vscode.workspace.fs.stat(uri);
  } catch {
    void vscode.window.showInformationMessage(
      unadorned(`"${quoted(name)}" is not in the served root any more.`),
    );
    return;
  }
  await vscode.commands.executeCommand("revealInExplorer", uri);
}

/** Copies what a transfer's row has: the name that was asked for, or a sum of the bytes that went. */
export async function copyOf(
  store: Store,
  id: string | undefined,
  what: "name" | "sha256" | "crc32",
): Promise<void> {
  const row = id === undefined ? undefined : store.now.transfers.get(id);
  // What is pasted into a terminal must not end a line.
  const text = what === "name" ? row && quoted(row.file) : row?.[what];
  if (text !== undefined) await copy(text);
}

/**
 * Copies what another DHCP server has to say for a board to load its file from here.
 * @param given the program that it is: "dnsmasq"; else the user is asked.
 */
export async function copyNextServerLines(
  store: Store,
  id: string | undefined,
  given?: unknown,
): Promise<void> {
  const row = id === undefined ? undefined : store.now.clients.get(id);
  if (row?.mac === undefined || row.nextServer === undefined) return;
  const { mac, name = mac, nextServer } = row;
  const { servers, file } = nextServer;
  const items = servers.flatMap((server) =>
    nextServerLines({ name, mac, server, file }).map(({ program, lines }) => ({
      label: program,
      ...(servers.length > 1 && { description: `this computer as ${server}` }),
      detail: unadorned(lines.join(" ")),
      text: lines.join("\n"),
    })),
  );
  const title = `Lines for the DHCP Server That Gives ${unadorned(quoted(name))} Its Address`;
  const item =
    typeof given === "string"
      ? items.find(({ label }) => label === given)
      : await vscode.window.showQuickPick(items, { title });
  if (item === undefined) return;
  await vscode.env.clipboard.writeText(item.text);
  vscode.window.setStatusBarMessage(unadorned(`Copied for ${item.label}: next-server, ${file}`), 5000);
}

/**
 * Saves what is kept of a board's packets, for Wireshark.
 * @param given the file, from a caller that knows; else the user is asked.
 */
export async function savePackets(servers: Servers, id: string | undefined, given: unknown): Promise<void> {
  if (id === undefined) return;
  const { name, mac, address } = servers.store.now.clients.get(id) ?? {};
  const called = name ?? mac ?? address ?? id;
  const bytes = await servers.packets(id);
  if (bytes === undefined || bytes.length === 0) {
    const text =
      bytes === undefined
        ? "The servers do not run. Start them, and switch the board on."
        : `No packet of ${quoted(called)} is kept yet. From now on each of them is: switch the board on again.`;
    void vscode.window.showInformationMessage(unadorned(text));
    return;
  }
  const file =
    given instanceof vscode.Uri
      ? given
      : await vscode.window.showSaveDialog({
          title: `Save Packets of ${unadorned(quoted(called))}`,
          // Not in the folder: boards could fetch it from there.
          defaultUri: vscode.Uri.file(join(homedir(), `${called.replace(/[^\w.-]/g, "-")}.pcapng`)),
          filters: { "Captures for Wireshark": ["pcapng"] },
        });
  if (file === undefined) return;
  try {
    await vscode.workspace.fs.writeFile(file, bytes);
  } catch (error) {
    void vscode.window.showErrorMessage(
      unadorned(`The packets were not saved: ${errorMessage(error)}. Save them in another place.`),
    );
    return;
  }
  const saved = "Packets saved. From now on all packets of this board are kept, as far as there is room.";
  vscode.window.setStatusBarMessage(saved, 8000);
}

/** Kept in the secret storage; empty takes it away, and then anyone may log in and read. */
export async function setFtpPassword(secrets: vscode.SecretStorage, given: unknown): Promise<void> {
  const password =
    typeof given === "string"
      ? given
      : await vscode.window.showInputBox({
          title: "Set FTP Password",
          prompt: 'The user is "boot". Leave it empty to let anyone log in and read.',
          password: true,
        });
  if (password === undefined) return;
  if (password === "") await secrets.delete(ftpPasswordKey);
  else await secrets.store(ftpPasswordKey, password);
}
