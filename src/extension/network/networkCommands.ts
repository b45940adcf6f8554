/** Networks and uploads: what a person decides for this machine, asked by commands and by a start. The servers follow. */

import * as vscode from "vscode";
import type { NetworkInterface } from "../../model/networks";
import { defaultWanted, type UploadPolicy } from "../../model/settings";
import { RemoteError } from "../../rpc/remoteError";
import { addressList, uploadPolicies } from "../config";
import { commandIds } from "../ids";
import { Agreements } from "./agreements";
import { sayFailures } from "./failures";
import { changeSettings, machineSetting } from "./machineSettings";
import { interfaceItems, networkItems, type NetworkItem } from "./networkItems";
import { uploadSentences } from "./networkNotice";
import { pickOne } from "../pick";
import type { Dialogs, Servers } from "../servers";
import { formatList, unadorned } from "../words";

export { allowThisNetwork, checkThisMachine } from "./checkMachine";

const title = "Choose Network";

/** @param given addresses and names of interfaces, from a caller that knows; else the user is asked. */
export async function chooseNetwork(servers: Servers, given: unknown): Promise<void> {
  const addresses = addressList(given) ?? (await askNetwork(servers, "Which network are the boards on?"));
  if (addresses === undefined || !(await changeSettings(servers, { address: addresses }))) return;
  if (servers.store.isWanted()) return;
  const start = "Start Boot Servers";
  const where = addresses.includes("127.0.0.1") ? "this computer only" : formatList(addresses);
  const message = unadorned(`Boards are served on ${where} once the servers are started.`);
  void vscode.window.showInformationMessage(message, start).then((answer) => {
    if (answer === start) void vscode.commands.executeCommand(commandIds.start);
  });
}

/** @param memory what the user has agreed to is kept there. */
export function dialogsOf(servers: Servers, memory: vscode.Memento): Dialogs {
  const agreements = new Agreements(memory, servers);
  return {
    mayServe: (folder, wanted, why) => agreements.mayServe(folder, wanted, why),
    offerNetworks: () => offerNetworks(servers),
    sayFailures: (failed) => sayFailures(servers, failed),
  };
}

/** Asks at the first start, while the servers run on loopback. @returns false where there is nothing to choose. */
async function offerNetworks(servers: Servers): Promise<boolean> {
  // Where they are not known, Choose Network… says why.
  const networks = await servers.networks().catch(() => []);
  if (networks.every(({ kind }) => kind === "loopback")) return false;
  void askNetwork(servers, "Only this computer can ask. Which network are the boards on?").then(
    (addresses) => {
      if (addresses !== undefined) void changeSettings(servers, { address: addresses });
    },
  );
  return true;
}

async function askNetwork(servers: Servers, placeholder: string): Promise<readonly string[] | undefined> {
  const networks = await knownNetworks(servers);
  if (networks === undefined) return undefined;
  const chosen = machineSetting<readonly string[]>("address", defaultWanted.addresses);
  const items = networkItems(networks, chosen).map(marked);
  const item = await pickOne(
    title,
    placeholder,
    items,
    items.find((each) => each.chosen),
  );
  if (item === undefined) return undefined;
  if (item.addresses === undefined) return askSeveral(interfaceItems(networks, chosen));
  return (await mayLack(item)) ? item.addresses : undefined;
}

/** @returns undefined where the servers' process cannot tell; the user was told. */
async function knownNetworks(servers: Servers): Promise<readonly NetworkInterface[] | undefined> {
  try {
    return await servers.networks();
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    void servers.sayTrouble(`The networks of this computer are not known: ${error.message}.`);
    return undefined;
  }
}

async function askSeveral(items: readonly NetworkItem[]): Promise<readonly string[] | undefined> {
  const placeHolder = "Which networks are the boards on?";
  const picked = items.map((item) => ({ ...item, picked: item.chosen }));
  const options = { title, placeHolder, canPickMany: true } as const;
  const several = await vscode.window.showQuickPick(picked, options);
  if (several === undefined || several.length === 0) return undefined;
  for (const item of several) if (!(await mayLack(item))) return undefined;
  return several.flatMap(({ addresses = [] }) => addresses);
}

const marked = (item: NetworkItem): NetworkItem =>
  item.chosen ? { ...item, description: `${item.description} · chosen` } : item;

/** Where boards cannot ask yet: offers the line that changes that. @returns false when the user thinks again. */
async function mayLack({ lack }: NetworkItem): Promise<boolean> {
  if (lack === undefined) return true;
  const { name, why, then, fix } = lack;
  const serve = { label: `$(watch) Serve ${name}`, detail: then };
  const copy = fix && {
    label: `$(copy) Copy the Command and Serve ${name}`,
    description: unadorned(fix.line),
    detail: unadorned(fix.what),
  };
  const answer = await pickOne(title, why, copy === undefined ? [serve] : [copy, serve]);
  if (answer !== undefined && answer === copy) await vscode.env.clipboard.writeText(fix?.line ?? "");
  return answer !== undefined;
}

const policyNames: Readonly<Record<UploadPolicy, string>> = {
  deny: "Deny",
  new: "New Names Only",
  keep: "Keep the Old File",
  overwrite: "Overwrite",
};

/** @param given the policy, from a caller that knows; else the user is asked. */
export async function allowUploads(servers: Servers, given: unknown): Promise<void> {
  const known = uploadPolicies.find((policy) => policy === given);
  const policy = known ?? (await askPolicy(machineSetting<UploadPolicy>("uploads", defaultWanted.uploads)));
  if (policy !== undefined) await changeSettings(servers, { uploads: policy });
}

async function askPolicy(current: UploadPolicy): Promise<UploadPolicy | undefined> {
  const items = uploadPolicies.map((policy) => ({
    label: policyNames[policy],
    description: policy === current ? `${policy} · chosen` : policy,
    detail: uploadSentences[policy],
    policy,
  }));
  const answer = await pickOne(
    "Allow Uploads",
    "May boards write files? Over FTP they may only where a password is set.",
    items,
    items.find(({ policy }) => policy === current),
  );
  return answer?.policy;
}
