/** The settings that are this machine's: what they hold, and how a person changes them. */

import * as vscode from "vscode";
import { section } from "../ids";
import type { Servers } from "../servers";
import { errorMessage } from "../../model/text";

/** What the machine's setting says, never the folder's. */
export function machineSetting<T>(name: string, otherwise: T): T {
  const { globalValue } = vscode.workspace.getConfiguration(section).inspect<T>(name) ?? {};
  return globalValue ?? otherwise;
}

/**
 * Sets settings of this machine, after the question that the change needs where servers run.
 * @param values by the names behind `bootServers.`, in the order in which they are to be set.
 * @returns false where the user declined, or they could not be changed; the user was told.
 */
export async function changeSettings(
  servers: Servers,
  values: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  if (!(await servers.mayChange(values))) return false;
  const configuration = vscode.workspace.getConfiguration(section);
  try {
    for (const [name, value] of Object.entries(values)) {
      await configuration.update(name, value, vscode.ConfigurationTarget.Global);
    }
    return true;
  } catch (error) {
    // Where settings.json is no JSON, or has changes that are not saved.
    const reason = errorMessage(error);
    void servers.sayTrouble(`The settings of Boot Servers were not changed. ${reason}`);
    return false;
  }
}
