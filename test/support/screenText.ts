/** What a person would read on VS Code's screen, as lines: what a failed test of the user interface tells with it. */

import type { Page } from "playwright-core";

/** What is looked for, the nearest to the user first. */
const parts = {
  dialog: ".monaco-dialog-box",
  menu: ".monaco-menu .action-item",
  list: ".quick-input-widget .monaco-list-row",
  toast: ".notification-toast",
  row: ".pane-body .monaco-list-row",
  test: ".test-explorer .monaco-list-row",
  tab: ".tabs-container .tab",
  status: ".statusbar-item",
} as const;

/** Of each part, so that all of them have room. */
const mostLines = 12;

const longestLine = 160;

/** What of the parts is visible, and where the keys go. A page that does not answer gives that sentence. */
export async function screenText(page: Page): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, 10_000, "the page does not answer");
  });
  try {
    return await Promise.race([read(page), late]);
  } catch (error) {
    return String(error);
  } finally {
    clearTimeout(timer);
  }
}

async function read(page: Page): Promise<string> {
  const lines: string[] = [];
  for (const [part, selector] of Object.entries(parts)) {
    const visible = await page.locator(selector).filter({ visible: true }).all();
    for (const each of visible.slice(0, mostLines)) {
      // Some say how they are in their label alone, such as whether a test has passed.
      const [text, label] = [await each.innerText(), await each.getAttribute("aria-label")];
      lines.push(`${part}: ${line(text)}${label === null || label === text ? "" : ` [${line(label)}]`}`);
    }
  }
  const typed = page.locator(".quick-input-widget input.input").first();
  if (await typed.isVisible()) lines.push(`typed: ${await typed.inputValue()}`);
  const at = await page.evaluate<string>(
    "`${document.activeElement?.tagName} ${document.activeElement?.className}`",
  );
  return [...lines, `the keys go to: ${line(at)}`].join("\n");
}

const line = (text: string): string => text.replace(/\s+/g, " ").trim().slice(0, longestLine);
