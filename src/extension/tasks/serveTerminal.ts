/**
 * The terminal of a `serve` task: the window's own servers, started as the command starts them, with all that this
 * asks (DESIGN §6). Its lines are what the problem matcher `$boot-servers` waits for.
 */

import * as vscode from "vscode";
import type { Row, ServerRow } from "../../model/events";
import { RemoteError } from "../../rpc/remoteError";
import { boardNames } from "../views/boardNames";
import { describeTrouble, joined } from "../views/item";
import { listensOn } from "../views/serverItems";
import type { Servers } from "../servers";
import { transferItem } from "../views/transferItems";
import { escaped, quoted } from "../words";

/** As those of the program: declined, wrong use or a bad plan, no server runs. */
const exitCodes = { done: 0, declined: 1, wrongUse: 2, nothing: 3 } as const;

export class ServeTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  private readonly closed = new vscode.EventEmitter<number>();
  readonly onDidWrite = this.written.event;
  readonly onDidClose = this.closed.event;
  private readonly following: { dispose(): void }[] = [];
  /** Who started them ends them. */
  private starts = false;
  private over = false;
  /** The last line of each server, and of all transfers: the same twice is no news. */
  private readonly told = new Map<string, string>();

  constructor(
    private readonly servers: Servers,
    private readonly folder: vscode.WorkspaceFolder,
  ) {}

  open(): void {
    void this.run();
  }

  /** The task was ended: running transfers go on to their end (DESIGN §2.1). */
  close(): void {
    const { starts } = this;
    this.leave();
    if (starts) void this.servers.stop("whenFinished");
  }

  private async run(): Promise<void> {
    const { store } = this.servers;
    const name = quoted(this.folder.name);
    this.line(`Starting Boot Servers for ${name}`);
    const served = store.isServing() ? store.folder : undefined;
    if (served !== undefined && served.path !== this.folder.uri.fsPath) {
      this.refuse(`${quoted(served.name)} is being served. Stop Boot Servers first.`, exitCodes.wrongUse);
      return;
    }
    this.starts = served === undefined;
    this.following.push(
      this.servers.onDidEnd((how) => {
        this.line("Stopped.");
        this.end(how === "stopped" ? exitCodes.done : exitCodes.nothing);
      }),
    );
    try {
      // Another start ends what is injected. One that is still under way is waited for by one's own.
      const runs = served !== undefined && store.serverRows().every(({ state }) => state !== "starting");
      const started = runs || (await this.servers.start(this.folder));
      if (this.over) return;
      if (started) this.tellReady(name);
      else this.refuse("that was declined.", exitCodes.declined);
    } catch (error) {
      if (!this.over) this.describe(error);
    }
  }

  private tellReady(name: string): void {
    const { store } = this.servers;
    const rows = store.serverRows();
    for (const row of rows) this.tell(row);
    if (rows.every(({ state }) => state === "failed" || state === "stopped")) {
      const { starts } = this;
      this.refuse("no server runs.", exitCodes.nothing);
      // Not "now": boards that an earlier start serves may still load.
      if (starts) void this.servers.stop("whenFinished");
      return;
    }
    this.following.push(
      store.onChange((change) => {
        for (const row of change ?? []) this.tell(row);
      }),
    );
    this.line(
      `Serving ${name}. ${this.starts ? "Ending this task stops the servers." : "It was served before."}`,
    );
  }

  private tell(row: Row): void {
    if (row.type === "server") this.news(row.id, describeServer(row));
    if (row.type !== "transfer" || row.state === "running") return;
    const { clients } = this.servers.store.now;
    const { label, description = "" } = transferItem(row, boardNames(clients.values()), Date.now());
    this.news("transfer", `${row.protocol}  ${label} ${description}`);
  }

  private news(about: string, text: string): void {
    if (this.told.get(about) === text) return;
    this.told.set(about, text);
    this.line(text);
  }

  private describe(error: unknown): void {
    if (!(error instanceof RemoteError)) {
      this.refuse(error instanceof Error ? quoted(error.message) : String(error), exitCodes.nothing);
      return;
    }
    for (const { severity, file, line, column, message } of error.problems) {
      this.line(
        `  ${severity === "warning" ? "warning: " : ""}${quoted(file)}:${line}:${column} ${quoted(message)}`,
      );
    }
    const isPlan = error.problems.length > 0;
    this.refuse(
      isPlan ? "the plan cannot be used." : describeTrouble(error),
      isPlan ? exitCodes.wrongUse : exitCodes.nothing,
    );
  }

  private refuse(why: string, code: number): void {
    this.line(`Not served: ${why}`);
    this.end(code);
  }

  private end(code: number): void {
    this.leave();
    this.closed.fire(code);
  }

  private leave(): void {
    this.over = true;
    this.starts = false;
    for (const each of this.following.splice(0)) each.dispose();
  }

  private line(text: string): void {
    this.written.fire(`${escaped(text)}\r\n`);
  }
}

/** Where it listens, or why not; the time of its last packet is no news. */
function describeServer(row: ServerRow): string {
  const { protocol, state, trouble, warnings } = row;
  return joined(
    " ",
    protocol.toUpperCase(),
    state === "running" ? `listening on ${listensOn(row)}.` : `${state}.`,
    trouble && describeTrouble(trouble),
    ...warnings.map(describeTrouble),
  );
}
