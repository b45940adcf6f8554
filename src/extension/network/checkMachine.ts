/** Check This Machine, and Allow This Network: why boards are not heard. Loaded when first used. */

import * as vscode from "vscode";
import manifest from "../../../package.json";
import type { Check } from "../../model/checks";
import { allowAlso, networkAround, outsiderOf } from "../../model/outside";
import { RemoteError } from "../../rpc/remoteError";
import { allowList } from "../config";
import { checkText } from "./checkText";
import { folderAt } from "../folders";
import { changeSettings, machineSetting } from "./machineSettings";
import type { Servers } from "../servers";
import { formatList, quoted } from "../words";

/** Looks at the computer that the servers run on, and shows what it found. */
export async function checkThisMachine(servers: Servers): Promise<readonly Check[] | undefined> {
  const served = folderAt(servers.store.folder);
  const folder = served ?? vscode.workspace.workspaceFolders?.[0];
  // The palette hides it there; a key binding does not.
  if (folder === undefined || !vscode.workspace.isTrusted) return undefined;
  const { wanted, command } = await servers.read(folder);
  const checks = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: "Boot Servers: checking this machine" },
    () => lookAt(servers, async () => (await servers.ask()).check(wanted)),
  );
  if (checks === undefined) return undefined;
  const facts = { folder: folder.name, addresses: wanted.addresses, version: manifest.version };
  // Only a running process has been started with the launch command of the settings.
  const launch = servers.store.isServing() ? [] : command.launch;
  const content = checkText(checks, { ...facts, launch });
  const document = await vscode.workspace.openTextDocument({ language: "markdown", content });
  await vscode.window.showTextDocument(document, { preview: false });
  return checks;
}

/** @returns undefined where the servers' process cannot tell; the user was told. */
async function lookAt<T>(servers: Servers, question: () => Promise<T>): Promise<T | undefined> {
  try {
    return await question();
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    void servers.sayTrouble(`This machine was not checked: ${error.message}.`);
    return undefined;
  }
}

const allowNetwork = "Allow This Network";
const allowAddress = "Only This Address";

/**
 * Lets a refused board ask, with its network or alone.
 * @param row the id of its row, among boards or transfers.
 * @param given `network` or `address`, from a caller that knows; else the user is asked.
 */
export async function allowThisNetwork(
  servers: Servers,
  row: string | undefined,
  given: unknown,
): Promise<void> {
  if (row === undefined) return;
  const { clients, transfers } = servers.store.now;
  const address = outsiderOf((clients.get(row) ?? transfers.get(row))?.trouble);
  if (address === undefined) return;
  const networks = await servers.networks().catch(() => []);
  const served = servers.store.serverRows().flatMap(({ addresses }) => addresses);
  const now = allowList(machineSetting<unknown>("allow", [])) ?? [];
  const around = networkAround(address, networks);
  const alone = `${address}/${address.includes(":") ? 128 : 32}`;
  const known = given === "network" ? around : given === "address" ? alone : undefined;
  const network =
    known ?? (await askNetwork(address, around, alone, allowAlso(around, now, served, networks)));
  if (network === undefined) return;
  await changeSettings(servers, { allow: allowAlso(network, now, served, networks) });
}

async function askNetwork(
  address: string,
  around: string,
  alone: string,
  all: readonly string[],
): Promise<string | undefined> {
  const detail = [
    `${quoted(address)} was refused. Allowed, everyone in ${quoted(around)} may read what is served.`,
    `From then on the setting bootServers.allow says who may ask: ${formatList(all.map(quoted))}.`,
  ].join("\n\n");
  const message = `Allow ${quoted(around)} to ask?`;
  const choices = around === alone ? [allowNetwork] : [allowNetwork, allowAddress];
  const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, ...choices);
  return answer === allowNetwork ? around : answer === allowAddress ? alone : undefined;
}
