/** The command that shows the timeline, and what keeps its page over a reload. What it draws is loaded when first used. */

import * as vscode from "vscode";
import { timelineViewType } from "../ids";
import type { Actions, Timeline } from "./panel";
import type { BootRecorder } from "./recorder";

const load = () => import(/* webpackChunkName: "timeline" */ "./panel");

export class TimelineBundle implements vscode.Disposable {
  private loaded: Promise<Timeline> | undefined;
  private readonly serializer: vscode.Disposable;

  constructor(
    private readonly recorder: BootRecorder,
    private readonly context: Pick<vscode.ExtensionContext, "extensionUri" | "workspaceState">,
    private readonly actions: Actions,
  ) {
    this.serializer = vscode.window.registerWebviewPanelSerializer(timelineViewType, {
      deserializeWebviewPanel: async (panel) => {
        (await this.timeline()).restore(panel);
      },
    });
  }

  dispose(): void {
    this.serializer.dispose();
  }

  timeline(): Promise<Timeline> {
    const { recorder, context, actions } = this;
    return (this.loaded ??= load().then(({ Timeline }) => new Timeline(recorder, context, actions)));
  }
}
