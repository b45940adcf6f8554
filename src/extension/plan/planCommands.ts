/** The commands that change the boot plan. The running servers follow the saved plan by themselves. */

import { createReadStream } from "node:fs";
import { networkInterfaces } from "node:os";
import { crc32 } from "node:zlib";
import type { Edit } from "jsonc-parser";
import * as vscode from "vscode";
import { freeAddress, type Network } from "../../model/freeAddress";
import { checkName } from "../../model/names";
import type { Plan } from "../../model/plan";
import { standardPorts } from "../../model/settings";
import { bootCommands } from "./bootCommands";
import { commandIds } from "../ids";
import { editPlan, holdsNow, planTexts, planValue, servedRootOf } from "./plan";
import { copyIntoRoot, nameForBoard, plannedFile, type PlannedFile } from "./plannedFile";
import {
  addAlias,
  addToBootSequence,
  listClient,
  listedClients,
  nameForMac,
  serveAsBootFile,
  serveToClient,
  type NewClient,
} from "./planText";
import { folderAt } from "../folders";
import type { Store } from "../store";
import { askedAddresses } from "../views/serverItems";
import { formatList, unadorned } from "../words";

export { openPlan } from "./plan";

/** The file of the editor in front: a binary one has a tab, and no text editor. */
function openFile(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const isFile = input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom;
  return isFile ? input.uri : vscode.window.activeTextEditor?.document.uri;
}

/** The file that a command is about: what was clicked, else what is open in front. */
function clickedFile(given: unknown): vscode.Uri | undefined {
  if (given instanceof vscode.Uri) return given;
  const uri = openFile();
  if (uri === undefined) void vscode.window.showInformationMessage("Choose a file in the Explorer first.");
  return uri;
}

/** Says what holds now; where nothing is served, how to begin. */
function tell(store: Store, message: string): void {
  if (store.isServing()) {
    vscode.window.setStatusBarMessage(unadorned(message), 5000);
    return;
  }
  const start = "Start Boot Servers";
  void vscode.window.showInformationMessage(unadorned(message), start).then((answer) => {
    if (answer === start) void vscode.commands.executeCommand(commandIds.start);
  });
}

/** Changes the plan, and says what holds now. @returns true when the plan says so, all in all. */
async function change(
  store: Store,
  folder: vscode.WorkspaceFolder,
  edits: (text: string) => Edit[],
  holds: (plan: Plan) => boolean,
  message: string,
): Promise<boolean> {
  if (!(await editPlan(folder, edits)) || !(await holdsNow(folder, holds))) return false;
  tell(store, message);
  return true;
}

/**
 * Every board gets the clicked file at its next request.
 * @param outside `copy`, from a caller that wants a file outside of the served root copied there; else the user is asked.
 */
export async function serveClicked(store: Store, given: unknown, outside?: unknown): Promise<boolean> {
  const uri = clickedFile(given);
  const again = (copy: vscode.Uri): Promise<boolean> => serveClicked(store, copy);
  if (uri !== undefined && outside === "copy") {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    const copy = folder && (await copyIntoRoot(folder, uri));
    return copy !== undefined && again(copy);
  }
  const file = uri && (await plannedFile(uri, again));
  if (file === undefined) return false;
  const { folder, name } = file;
  return change(
    store,
    folder,
    (text) => serveAsBootFile(text, name),
    ({ boot }) => boot === name,
    `Boards get ${name} at their next request.`,
  );
}

/** @param selected all that were selected with the clicked file. */
export async function addClicked(store: Store, given: unknown, selected?: unknown): Promise<void> {
  const several = Array.isArray(selected) ? selected.filter((each) => each instanceof vscode.Uri) : [];
  const added: PlannedFile[] = [];
  for (const uri of several.length > 0 ? several : [clickedFile(given)]) {
    const file = uri && (await plannedFile(uri, (copy) => addClicked(store, copy)));
    if (file === undefined) break;
    if (!(await editPlan(file.folder, (text) => addToBootSequence(text, file.name)))) break;
    added.push(file);
  }
  for (const folder of new Set(added.map((each) => each.folder))) {
    const names = added.filter((each) => each.folder === folder).map(({ name }) => name);
    const holds = await holdsNow(folder, ({ boot }) =>
      names.every((name) => typeof boot !== "string" && boot?.includes(name) === true),
    );
    if (holds) tell(store, `The boot sequence ends with ${formatList(names)} now.`);
  }
}

/**
 * One board gets the clicked file at its next request.
 * @param chosen its MAC, from a caller that knows it; else the user is asked.
 */
export async function serveToChosen(store: Store, given: unknown, chosen?: unknown): Promise<void> {
  const uri = clickedFile(given);
  const file = uri && (await plannedFile(uri, (copy) => serveToChosen(store, copy, chosen)));
  if (file === undefined) return;
  const known = new Map(
    [...store.now.clients.values()].flatMap(({ mac, name, verification }) =>
      mac === undefined || verification ? [] : [[mac, { mac, name: name ?? nameForMac(mac) }] as const],
    ),
  );
  for (const text of await planTexts(file.folder)) {
    for (const client of listedClients(text)) known.set(client.mac, client);
  }
  const client =
    typeof chosen === "string" ? known.get(chosen) : await chooseClient([...known.values()], file.name);
  const name = client && (await nameForBoard(file, client.mac));
  if (client === undefined || name === undefined) return;
  await change(
    store,
    file.folder,
    (text) => serveToClient(text, client, name),
    ({ clients }) => clients.some(({ mac, boot }) => mac === client.mac && boot === name),
    `${client.name} gets ${name} at its next request.`,
  );
}

async function chooseClient(clients: readonly NewClient[], file: string): Promise<NewClient | undefined> {
  if (clients.length === 0) {
    void vscode.window.showInformationMessage(
      "No board is known yet: the plan lists none, and none has asked. Start the servers and switch the board on.",
    );
    return undefined;
  }
  const items = clients.map((client) => ({
    label: unadorned(client.name),
    description: unadorned(client.mac),
    client,
  }));
  const title = `Serve ${unadorned(file)} to…`;
  return (await vscode.window.showQuickPick(items, { title }))?.client;
}

/**
 * Copies what is typed at a boot loader to load the clicked file.
 * @param chosen the loader, from a caller that knows it; else the user is asked.
 */
export async function copyBootCommands(store: Store, given: unknown, chosen?: unknown): Promise<void> {
  const uri = clickedFile(given);
  const file = uri && (await plannedFile(uri, (copy) => copyBootCommands(store, copy, chosen)));
  if (uri === undefined || file === undefined) return;
  const { tftp, ftp } = Object.fromEntries(store.serverRows().map((row) => [row.protocol, row]));
  const all = bootCommands({
    server: askedAddresses([tftp, ftp].flatMap((row) => row?.addresses ?? []))[0] ?? "127.0.0.1",
    tftpPort: tftp?.port ?? standardPorts.tftp,
    ftpPort: ftp?.port ?? standardPorts.ftp,
    file: file.name,
    crc32: await crc32Of(uri.fsPath),
  });
  const items = all.map(({ loader, lines, lack }) => ({
    label: loader,
    ...(lack !== undefined && { description: lack }),
    detail: unadorned(lines.join("; ")),
    lines,
  }));
  const item =
    typeof chosen === "string"
      ? items.find(({ label }) => label === chosen)
      : await vscode.window.showQuickPick(items, { title: `Load ${unadorned(file.name)} with…` });
  if (item === undefined) return;
  await vscode.env.clipboard.writeText(item.lines.join("\n"));
  vscode.window.setStatusBarMessage(unadorned(`Copied: ${item.lines[0] ?? ""}`), 5000);
}

/** Over the bytes of a file, as U-Boot's `crc32` prints it. */
async function crc32Of(path: string): Promise<string> {
  let sum = 0;
  for await (const chunk of createReadStream(path)) sum = crc32(chunk as Buffer, sum);
  return sum.toString(16).padStart(8, "0");
}

/**
 * Serves a file under the name that a board asked for: an alias in the plan.
 * @param given a file, from a caller that knows which; else the user is asked, the nearest names first.
 */
export async function serveFileAs(store: Store, id: string | undefined, given?: unknown): Promise<void> {
  const transfer = id === undefined ? undefined : store.now.transfers.get(id);
  const folder = transfer && folderAt(store.folderOf(transfer.id));
  if (transfer === undefined || folder === undefined) return;
  const asked = checkName(transfer.file);
  if ("refused" in asked) return;
  const again = (copy: vscode.Uri): Promise<void> => serveFileAs(store, id, copy);
  const file =
    given instanceof vscode.Uri
      ? (await plannedFile(given, again))?.name
      : await chooseFile(folder, asked.path, transfer.nearest ?? [], again);
  if (file === undefined) return;
  await change(
    store,
    folder,
    (text) => addAlias(text, asked.path, file),
    ({ aliases }) => aliases[asked.path] === file,
    `Who asks for ${asked.path} gets ${file}.`,
  );
}

async function chooseFile(
  folder: vscode.WorkspaceFolder,
  asked: string,
  nearest: readonly string[],
  again: (copy: vscode.Uri) => Promise<void>,
): Promise<string | undefined> {
  const another = "Choose a File…";
  const items = [
    ...nearest.map((name) => ({ label: unadorned(name), name })),
    { label: another, name: undefined },
  ];
  const title = `Serve a File as '${unadorned(asked)}'`;
  const chosen = await vscode.window.showQuickPick(items, { title });
  if (chosen === undefined || chosen.name !== undefined) return chosen?.name;
  const defaultUri = vscode.Uri.file(await servedRootOf(folder));
  const [uri] =
    (await vscode.window.showOpenDialog({ defaultUri, title, openLabel: `Serve as '${asked}'` })) ?? [];
  return uri && (await plannedFile(uri, again))?.name;
}

/**
 * Lists a board that is seen and not answered: a name, its MAC, a free address of its network.
 * @param given its name, from a caller that knows it; else the user is asked.
 */
export async function answerBoard(store: Store, id: string | undefined, given?: unknown): Promise<void> {
  const client = id === undefined ? undefined : store.now.clients.get(id);
  const folder = folderAt(store.folder);
  if (client?.mac === undefined || folder === undefined) return;
  const { mac } = client;
  const others = (await planTexts(folder)).flatMap(listedClients).filter((each) => each.mac !== mac);
  const name =
    typeof given === "string"
      ? given
      : await vscode.window.showInputBox({
          title: "Answer This Board",
          prompt: `What is the board with the MAC ${mac} called?`,
          value: client.name ?? nameForMac(mac),
          validateInput: (text) => {
            if (text.trim() === "") return "A name is wanted.";
            const other = others.find((each) => each.name === text.trim());
            return other && `The board with the MAC ${other.mac} is called so. Choose another name.`;
          },
        });
  if (name === undefined) return;
  const place = await addressFor(store, folder);
  if (place === undefined) return;
  const listed = { name: name.trim(), mac, ...place };
  await change(
    store,
    folder,
    (text) => listClient(text, listed),
    ({ clients }) =>
      clients.some((client) => client.mac === mac && (!place.address || client.address === place.address)),
    `${listed.name} is answered at its next request.`,
  );
}

/** A free address of the network that is served, none where the plan has a pool. undefined: the user gave up. */
async function addressFor(
  store: Store,
  folder: vscode.WorkspaceFolder,
): Promise<{ readonly address?: string } | undefined> {
  if ((await planValue(folder, "pool")) !== undefined) return {};
  const texts = await planTexts(folder);
  const planned = texts.flatMap((text) => text.match(/\d{1,3}(?:\.\d{1,3}){3}/g) ?? []);
  const seen = [...store.now.clients.values()].flatMap(({ address }) => address ?? []);
  const choices = servedNetworks(store).flatMap((network) => {
    const address = freeAddress(network, [...planned, ...seen]);
    return address === undefined
      ? []
      : [{ label: address, description: `on ${network.interfaceName}`, address }];
  });
  const [only, another] = choices;
  if (another === undefined) return only === undefined ? {} : { address: only.address };
  const placeHolder = "Which network is the board on?";
  const chosen = await vscode.window.showQuickPick(choices, { placeHolder });
  return chosen && { address: chosen.address };
}

/** The networks that BOOTP serves, loopback left out: no board has an address there. */
function servedNetworks(store: Store): Network[] {
  const served = store.now.servers.get("bootp")?.addresses ?? [];
  return Object.entries(networkInterfaces()).flatMap(([interfaceName, addresses = []]) =>
    addresses
      .filter(({ address, family, internal }) => family === "IPv4" && !internal && served.includes(address))
      .map(({ address, netmask }) => ({ address, netmask, interfaceName })),
  );
}
