/** The boot timeline in VS Code's user interface: its page lies in two frames. */

import type { FrameLocator } from "playwright-core";
import type { Workbench } from "./workbench";

export const timelinePage = ({ page }: Workbench): FrameLocator =>
  page
    .frameLocator('iframe.webview.ready[src*="extensionId=boot-servers.boot-servers"]')
    .frameLocator("iframe#active-frame");

/** Opens it; its boots are there. */
export async function openTimeline(workbench: Workbench): Promise<FrameLocator> {
  await workbench.command("Boot Servers: Show Boot Timeline");
  const page = timelinePage(workbench);
  await page.locator(".fold").first().waitFor();
  return page;
}

/** Compares the two latest boots, once both are there. */
export async function compareTwo(page: FrameLocator): Promise<void> {
  for (const lane of [1, 0]) await page.locator(".compare").nth(lane).click();
}
