/** What the servers' process is asked to verify: the folder with the machine's settings, only where it is trusted. */

import * as vscode from "vscode";
import type { StepRow } from "../../model/events";
import type { DropRequest, Outline, Verification, VerifyRequest } from "../../model/verification";
import { RemoteError } from "../../rpc/remoteError";
import type { Settings } from "../config";
import type { Servers } from "../servers";

/** What would be verified of a folder. @throws RemoteError */
export async function outlineOf(servers: Servers, folder: vscode.WorkspaceFolder): Promise<Outline> {
  const settings = await settingsOf(servers, folder);
  return (await servers.ask()).outline(dropRequest(settings));
}

/** Begins to verify a folder. @throws RemoteError where it may not be. */
export async function verify(
  servers: Servers,
  folder: vscode.WorkspaceFolder,
  { asked, ...rest }: Omit<VerifyRequest, keyof DropRequest>,
  onStep: (row: StepRow) => void,
): Promise<Verification> {
  const settings = await settingsOf(servers, folder);
  const { ftpUser, ftpPassword } = settings.wanted;
  const login = asked.kind === "running" && ftpPassword !== undefined && { ftpUser, ftpPassword };
  const verifier = await servers.ask();
  return verifier.verify({ ...dropRequest(settings), asked, ...login, ...rest }, onStep);
}

const dropRequest = ({ wanted: { folder, answer, alsoServe } }: Settings): DropRequest => ({
  folder,
  answer,
  alsoServe,
});

/** The menus hide what asks for it; a key binding or another extension may do it all the same (DESIGN §5). */
function settingsOf(servers: Servers, folder: vscode.WorkspaceFolder): Promise<Settings> {
  if (vscode.workspace.isTrusted && folder.uri.scheme === "file") return servers.read(folder);
  const trouble = vscode.workspace.isTrusted
    ? { code: "workspace.virtual", message: "only a folder on a real disk can be verified" }
    : {
        code: "workspace.untrusted",
        message: "a firmware drop is verified only where you trust the workspace",
        remedy: "Trust it with the command Manage Workspace Trust.",
      };
  throw new RemoteError({ trouble });
}
