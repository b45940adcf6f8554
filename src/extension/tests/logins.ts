/** The FTP passwords of targets: asked for once, and kept in the secret storage. */

import * as vscode from "vscode";
import type { ReportRow } from "../../model/events";
import type { Subject } from "./subject";

export class Logins {
  constructor(private readonly secrets: vscode.SecretStorage) {}

  /** Who logs in where; nothing: anonymous, or as our own servers want it. */
  async of({ asked, ftpUser }: Subject): Promise<{ ftpUser?: string; ftpPassword?: string }> {
    if (asked.kind !== "target" || ftpUser === undefined) return {};
    const key = keyOf(asked.host, ftpUser);
    const kept = await this.secrets.get(key);
    if (kept !== undefined) return { ftpUser, ftpPassword: kept };
    const password = await vscode.window.showInputBox({
      title: `FTP password of ${ftpUser} on ${asked.host}`,
      prompt: "It is kept in VS Code's secret storage.",
      password: true,
    });
    if (password === undefined) return { ftpUser };
    await this.secrets.store(key, password);
    return { ftpUser, ftpPassword: password };
  }

  /** A password that was not taken is asked for again the next time. */
  async judge({ asked, ftpUser }: Subject, { steps }: ReportRow): Promise<void> {
    if (asked.kind !== "target" || ftpUser === undefined) return;
    if (steps.some(({ trouble }) => trouble?.code === "ftp.login")) {
      await this.secrets.delete(keyOf(asked.host, ftpUser));
    }
  }
}

const keyOf = (host: string, user: string): string => `ftpPassword ${user}@${host}`;
