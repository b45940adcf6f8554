import assert from "node:assert/strict";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { resolve } from "node:path";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import type { Node } from "../../../src/extension/views/nodes";
import { comesTrue } from "../../support/patience";
import { activated, report, start, stop, until } from "../editor";

const launch = (value: readonly string[] | undefined): Thenable<void> =>
  vscode.workspace.getConfiguration("bootServers").update("launch", value, vscode.ConfigurationTarget.Global);

/** Servers that tell so many rows in so many milliseconds. */
const flooding = (rows: number, ms: number): Thenable<void> =>
  launch([process.execPath, resolve(__dirname, "../../support/floodingChild.cjs"), `${rows}`, `${ms}`]);

describe("a flood of transfers", function () {
  this.timeout(60_000);
  let api: BootServersApi;
  const subscriptions: { dispose(): void }[] = [];

  before(async () => {
    api = await activated();
  });

  afterEach(async () => {
    for (const subscription of subscriptions.splice(0)) subscription.dispose();
    await stop(api);
    await launch(undefined);
    await vscode.commands.executeCommand("bootServers.clearFinishedTransfers");
  });

  /** Counts the rows that come, and how often the Transfers view is drawn. */
  function counting(): { rows: number; draws: number } {
    const counted = { rows: 0, draws: 0 };
    subscriptions.push(
      api.store.onChange((change) => {
        counted.rows += (change ?? []).filter(({ type }) => type === "transfer").length;
      }),
      api.views.transfers.onDidChangeTreeData(() => {
        counted.draws += 1;
      }),
    );
    return counted;
  }

  const allFinished = (count: number): Promise<unknown> =>
    until(
      api,
      ({ transfers }) =>
        transfers.size === count && [...transfers.values()].every(({ state }) => state === "finished"),
    );

  it("of 5,000 rows in ten seconds shows the last, keeps what is selected, and leaves the editor its loop", async () => {
    const { transfers } = api.views;
    await vscode.commands.executeCommand("bootServers.transfers.focus");
    while (!transfers.view.visible) await new Promise((seen) => transfers.view.onDidChangeVisibility(seen));
    const counted = counting();
    const began = performance.now();
    await flooding(5_000, 10_000);
    await start(api);
    await until(api, (snapshot) => snapshot.transfers.size === 50);
    // Just drawn: the window knows these rows, so that one of them can be selected there.
    await new Promise((drawn) => subscriptions.push(transfers.onDidChangeTreeData(drawn)));
    const chosen = transfers.getChildren()[7]!;
    const selections: (readonly Node[])[] = [];
    subscriptions.push(
      transfers.view.onDidChangeSelection(({ selection }) => {
        selections.push(selection);
      }),
    );
    await transfers.view.reveal(chosen, { select: true });
    const resolution = 5;
    const lag = monitorEventLoopDelay({ resolution });
    lag.enable();
    await allFinished(50);
    lag.disable();
    const ms = (nanoseconds: number): string => (nanoseconds / 1e6 - resolution).toFixed(1);
    report(
      `5,000 rows in 10 s: the loop was late by ${ms(lag.percentile(50))} ms (median), ${ms(lag.percentile(99))} ms (99 %), ${ms(lag.max)} ms (at most); ${counted.draws} draws`,
    );
    assert.equal(counted.rows, 5_000);
    // However long it took here: the later the rows, the fewer the draws. One more for the view's becoming visible.
    const seconds = (performance.now() - began) / 1000;
    assert.ok(counted.draws <= 5 * seconds + 1, `${counted.draws} draws in ${seconds.toFixed(1)} s`);
    const shown = transfers.shown();
    assert.equal(shown.length, 50);
    for (const { description } of shown) assert.match(description ?? "", /97\.7 KiB in /);
    // While the window fetches a view's rows anew, VS Code tells of no selection.
    await comesTrue(() => transfers.view.selection.length > 0);
    assert.deepEqual(transfers.view.selection, [chosen]);
    assert.deepEqual(selections, [[chosen]]);
  });

  it("costs a view that nobody sees nothing, and is drawn once one of its rows is revealed", async () => {
    await vscode.commands.executeCommand("bootServers.transfers.focus");
    await vscode.commands.executeCommand("workbench.view.explorer");
    while (api.views.transfers.view.visible) {
      await new Promise((seen) => api.views.transfers.view.onDidChangeVisibility(seen));
    }
    const counted = counting();
    await flooding(500, 1_000);
    await start(api);
    await allFinished(50);
    assert.deepEqual(counted, { rows: 500, draws: 0 });
    const [first = ""] = api.store.now.transfers.keys();
    // The tree may not have it yet at the first time.
    assert.ok(await comesTrue(() => api.views.transfers.reveal(first).then(undefined, () => false)));
    assert.ok(await comesTrue(() => counted.draws > 0));
  });
});
