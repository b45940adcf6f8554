/** What the user has agreed to serve on networks: kept on this machine, for each folder (DESIGN §6). */

import * as vscode from "vscode";
import type { NetworkInterface } from "../../model/networks";
import type { Wanted } from "../../model/settings";
import { answerEveryBoard, offerEveryBoard } from "./everyBoardOffer";
import { agreementOf, networkNotice } from "./networkNotice";
import { servedRootOf } from "../plan/plan";
import type { Servers } from "../servers";

/** Path of the workspace folder -> what was agreed to for it. */
const agreedKey = "agreedNetworks";
type Agreed = Readonly<Record<string, readonly string[]>>;

const serve = "Serve This Network";

export class Agreements {
  /** Declined while the servers followed a setting: not asked again until the user starts, or sets something else. */
  private declined: string | undefined;

  constructor(
    private readonly memory: vscode.Memento,
    private readonly servers: Servers,
  ) {}

  /**
   * Asks before the first start on a network, and there whether every board is to be answered.
   * @param why a start by the user asks again what was declined.
   */
  async mayServe(folder: vscode.WorkspaceFolder, wanted: Wanted, why: "start" | "follow"): Promise<boolean> {
    if (!(await this.agreesTo(folder, wanted, why))) return false;
    if (why === "start" && (await offerEveryBoard(this.servers, this.memory, folder, wanted))) {
      // Who is answered is part of what was agreed to.
      await this.keep(folder, { ...wanted, answer: "everyone" });
      await answerEveryBoard(this.servers);
    }
    return true;
  }

  private async agreesTo(
    folder: vscode.WorkspaceFolder,
    wanted: Wanted,
    why: "start" | "follow",
  ): Promise<boolean> {
    const path = folder.uri.fsPath;
    const agreement = agreementOf(wanted);
    if (this.agreed(path).includes(agreement)) return true;
    if (why === "follow" && this.declined === agreement) return false;
    const { message, detail } = networkNotice(wanted, await nameOfRoot(folder), await this.known());
    const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, serve);
    this.declined = answer === serve ? undefined : agreement;
    if (answer !== serve) return false;
    await this.keep(folder, wanted);
    return true;
  }

  private async keep({ uri }: vscode.WorkspaceFolder, wanted: Wanted): Promise<void> {
    const path = uri.fsPath;
    const all = this.memory.get<Agreed>(agreedKey, {});
    await this.memory.update(agreedKey, { ...all, [path]: [...this.agreed(path), agreementOf(wanted)] });
  }

  private agreed(path: string): readonly string[] {
    return this.memory.get<Agreed>(agreedKey, {})[path] ?? [];
  }

  /** The question is asked without the addresses as well. */
  private known(): Promise<readonly NetworkInterface[]> {
    return this.servers.networks().catch(() => []);
  }
}

/** `firmware-drop/images`. */
async function nameOfRoot(folder: vscode.WorkspaceFolder): Promise<string> {
  const root = vscode.Uri.file(await servedRootOf(folder));
  const name = vscode.workspace.asRelativePath(root, false);
  return root.fsPath === folder.uri.fsPath ? folder.name : `${folder.name}/${name}`;
}
