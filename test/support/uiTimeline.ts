/** The boot timeline in VS Code's user interface: its page lies in two frames. */

import type { FrameLocator } from "playwright-core";
import { attemptMs } from "./patience";
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

/** Compares the two latest boots, once there are so many. */
export async function compareTwo(workbench: Workbench, boots: number): Promise<void> {
  const page = timelinePage(workbench);
  await page
    .locator(".fold")
    .nth(boots - 1)
    .waitFor();
  for (const lane of [1, 0]) {
    const button = page.locator(".compare").nth(lane);
    // A page that is drawn anew under the pointer takes no click; one that was taken is not to be taken back.
    await workbench.toSee(button.and(page.locator('[aria-pressed="true"]')), async () => {
      const pressed = await button.getAttribute("aria-pressed", { timeout: attemptMs });
      if (pressed !== "true") await button.click({ timeout: attemptMs });
    });
  }
}
