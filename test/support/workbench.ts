/** VS Code's workbench as a person uses it: the palette, the views, the explorer. Waits for what is on the screen. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";

export interface Screen {
  /** The folder where pictures are kept. */
  readonly pictures: string;
  /** In CSS pixels; default 800. */
  readonly height?: number;
  /** Pixels of a picture for each CSS pixel, in each direction; default 1. */
  readonly deviceScaleFactor?: number;
}

/** Of every wait for something on the screen. */
const limitMs = 45_000;

export class Workbench {
  private constructor(
    readonly page: Page,
    private readonly pictures: string,
  ) {}

  /**
   * Opens a folder in the workbench of the server at a port of loopback.
   * @param screen the folder where the pictures of the run are kept, and how they are taken.
   */
  static async open(browser: Browser, port: number, folder: string, screen: Screen): Promise<Workbench> {
    const { pictures, height = 800, deviceScaleFactor = 1 } = screen;
    const page = await browser.newPage({ viewport: { width: 1280, height }, deviceScaleFactor });
    page.setDefaultTimeout(limitMs);
    await page.goto(`http://127.0.0.1:${port}/?${new URLSearchParams({ folder }).toString()}`);
    await page.locator(".explorer-folders-view .monaco-list-row").first().waitFor();
    const workbench = new Workbench(page, pictures);
    await workbench.widen(560);
    return workbench;
  }

  /** Draws the side bar to so many pixels, so that pictures show rows in full. */
  private async widen(width: number): Promise<void> {
    const bar = await this.page.locator(".part.sidebar").boundingBox();
    if (bar === null) return;
    const [edge, middle] = [bar.x + bar.width, bar.y + bar.height / 2];
    await this.page.mouse.move(edge, middle);
    await this.page.mouse.down();
    await this.page.mouse.move(bar.x + width, middle, { steps: 4 });
    await this.page.mouse.up();
  }

  /** Runs a command by its title in the palette. */
  async command(title: string): Promise<void> {
    const input = this.page.locator(".quick-input-widget input.input");
    const row = this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: title }).first();
    // The palette lists what made sense when it was opened: what is allowed a moment later needs it opened again.
    for (const deadline = Date.now() + limitMs; ;) {
      await this.page.keyboard.press("F1");
      await input.fill(`>${title}`);
      const there = await row.waitFor({ timeout: 2_000 }).then(
        () => true,
        () => false,
      );
      if (there) break;
      if (Date.now() > deadline) throw new Error(`the palette does not offer "${title}"`);
      await this.page.keyboard.press("Escape");
      await input.waitFor({ state: "hidden" });
    }
    await row.click();
    // The command may open a list of its own in the palette's place.
    while ((await input.isVisible()) && (await input.inputValue()).startsWith(">"));
  }

  /** Shows a container of the activity bar. */
  async show(container: string): Promise<void> {
    const tab = this.page.getByRole("tab", { name: container });
    // A click on the one that is shown would hide it.
    if ((await tab.getAttribute("aria-selected")) !== "true") await tab.click();
    // Its hover would stand in every picture.
    await this.page.mouse.move(900, 600);
  }

  /** A row of one of the views by a part of its text; waits until it is there. */
  async row(text: string | RegExp): Promise<Locator> {
    const row = this.page.locator('.pane-body .monaco-list-row[role="treeitem"]').filter({ hasText: text });
    await row.first().waitFor();
    return row.first();
  }

  /** A test of the Testing view by its words; `state` is how it ended. */
  async test(label: string, state?: "passed" | "failed"): Promise<Locator> {
    const rows = this.page.locator(".test-explorer .monaco-list-row").filter({ hasText: label });
    const icon = this.page.locator(`.codicon-testing-${state ?? "none"}-icon`);
    const row = (state === undefined ? rows : rows.filter({ has: icon })).first();
    await row.waitFor();
    return row;
  }

  /** Shows what is below a test. A click on its row would open what it stands at. */
  async unfoldTest(label: string): Promise<void> {
    await (await this.test(label)).locator(".monaco-tl-twistie").click();
  }

  /** Opens the menu of a file in the explorer. @param path in the folder, with `/`. */
  async openMenu(path: string): Promise<void> {
    await this.show("Explorer");
    const folders = path.split("/").slice(0, -1);
    for (const folder of folders) {
      const row = this.entry(folder);
      if ((await row.getAttribute("aria-expanded")) !== "true") await row.click();
    }
    await this.entry(path.slice(path.lastIndexOf("/") + 1)).click({ button: "right" });
    await this.page.locator(".monaco-menu .action-item").first().waitFor();
  }

  /** Chooses from the list that a command has opened. */
  async pick(label: string): Promise<void> {
    await this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: label }).first().click();
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  /** A file or folder in the explorer by its own name. */
  private entry(name: string): Locator {
    return this.page
      .locator(".explorer-folders-view .monaco-list-row")
      .filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Chooses from the context menu that is open. */
  async choose(action: string): Promise<void> {
    const menu = this.page.locator(".monaco-menu");
    const item = menu.locator(".action-item").filter({ hasText: action }).first();
    await item.waitFor();
    // A menu takes no click in its first moment, and nothing on the screen says when that is over: a click that was
    // lost is made again, until the menu is gone.
    for (const deadline = Date.now() + limitMs; await menu.first().isVisible();) {
      if (Date.now() > deadline) throw new Error(`the menu does not take "${action}"`);
      await item.click({ timeout: 2_000 }).catch(() => undefined);
      await menu
        .first()
        .waitFor({ state: "hidden", timeout: 1_000 })
        .catch(() => undefined);
    }
  }

  /** A line of the list that is open, by a part of its text; waits until it is there. */
  async line(text: string | RegExp): Promise<Locator> {
    const line = this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: text }).first();
    await line.waitFor();
    return line;
  }

  /** The question that stands in front of everything. */
  get question(): Locator {
    return this.page.locator(".monaco-dialog-box");
  }

  /** Answers it by a button. */
  async answer(button: string): Promise<void> {
    await this.question.getByRole("button", { name: button }).click();
    await this.question.waitFor({ state: "hidden" });
  }

  /** The notifications as they are on the screen. */
  get toasts(): Locator {
    return this.page.locator(".notification-toast");
  }

  /** The item of the status bar that says this. */
  status(text: string): Locator {
    return this.page.locator(".statusbar-item").filter({ hasText: text });
  }

  /**
   * Keeps what is on the screen.
   * @param shown no more than the rectangle around these; none: all of it.
   */
  async picture(name: string, ...shown: readonly Locator[]): Promise<void> {
    await mkdir(this.pictures, { recursive: true });
    const path = join(this.pictures, `${name}.png`);
    await this.page.screenshot(shown.length === 0 ? { path } : { path, clip: await this.around(shown) });
  }

  /** The smallest rectangle that holds all of these. */
  private async around(
    shown: readonly Locator[],
  ): Promise<{ x: number; y: number; width: number; height: number }> {
    const found = await Promise.all(shown.map((each) => each.first().boundingBox()));
    const boxes = found.filter((box) => box !== null);
    const x = Math.min(...boxes.map((box) => box.x));
    const y = Math.min(...boxes.map((box) => box.y));
    const right = Math.max(...boxes.map((box) => box.x + box.width));
    const bottom = Math.max(...boxes.map((box) => box.y + box.height));
    return { x, y, width: right - x, height: bottom - y };
  }
}
