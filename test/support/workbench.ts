/**
 * VS Code's workbench as a person uses it: the palette, the views, the explorer. Waits for what is on the screen, and
 * takes each step until its effect is seen there: a busy workbench loses clicks and keys.
 */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { attemptMs, comesTrue, doUntil } from "./patience";

export interface Screen {
  /** The folder where pictures are kept. */
  readonly pictures: string;
  /** In CSS pixels; default 800. */
  readonly height?: number;
  /** Pixels of a picture for each CSS pixel, in each direction; default 1. */
  readonly deviceScaleFactor?: number;
}

/** A context menu that is open. */
export interface Menu {
  /** Chooses from it; opens it again where it went away before that. */
  choose(action: string): Promise<void>;
}

/** Of every wait for something on the screen. */
const limitMs = 90_000;

/** Of a test of the user interface: several waits, on a machine that does something else as well. */
export const uiTestMs = 180_000;

const attempt = { timeout: attemptMs };

const until = (what: string, step: () => Promise<unknown>, effect: () => Promise<boolean>): Promise<void> =>
  doUntil(what, step, effect, limitMs);

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

  private get typed(): Locator {
    return this.page.locator(".quick-input-widget input.input");
  }

  /** The lines of the list that is open. */
  private get lines(): Locator {
    return this.page.locator(".quick-input-list .monaco-list-row");
  }

  /** Runs a command by its title in the palette. */
  async command(title: string): Promise<void> {
    // A command may open a list of its own in the palette's place.
    await this.typeAndEnter(`run "${title}"`, "F1", ">", title);
  }

  /** Opens a file of the folder by its name. */
  async openFile(name: string): Promise<void> {
    await this.typeAndEnter(`open ${name}`, "Control+P", "", name);
    await this.page.getByRole("tab", { name }).first().waitFor();
  }

  /** Opens a list by a key, and takes the line that typing the text makes its first. */
  private async typeAndEnter(what: string, key: string, prefix: string, text: string): Promise<void> {
    const open = async (): Promise<boolean> =>
      (await this.typed.isVisible()) && (await this.typed.inputValue(attempt)).startsWith(prefix);
    const first = this.lines.and(this.page.locator(".focused")).filter({ hasText: text });
    let entered = false;
    await until(
      what,
      async () => {
        entered = false;
        if (!(await open())) await this.page.keyboard.press(key);
        if (!(await comesTrue(open, attemptMs))) throw new Error(`${key} opened nothing`);
        await this.typed.fill(prefix + text, attempt);
        entered = await comesTrue(() => first.isVisible(), attemptMs);
        // Not a click: it would hit whatever the list shows in that place a moment later.
        await this.typed.press(entered ? "Enter" : "Escape", attempt);
        // The list has what made sense when it was opened: what is allowed a moment later needs it opened again.
        if (!entered) throw new Error("the list does not offer it");
      },
      async () => entered && !(await open()),
    );
  }

  /** Shows a container of the activity bar. */
  async show(container: string): Promise<void> {
    const tab = this.page.getByRole("tab", { name: container });
    // A click on the one that is shown would hide it.
    const shown = async (): Promise<boolean> => (await tab.getAttribute("aria-selected")) === "true";
    await until(`show ${container}`, async () => (await shown()) || tab.click(attempt), shown);
    // Its hover would stand in every picture.
    await this.page.mouse.move(900, 600);
  }

  /** A row of one of the views by a part of its text; waits until it is there. */
  async row(text: string | RegExp): Promise<Locator> {
    const row = this.rowWith(text);
    await row.waitFor();
    return row;
  }

  /** Waits until no row has this in its text. */
  noRow(text: string | RegExp): Promise<void> {
    return this.rowWith(text).waitFor({ state: "hidden" });
  }

  private rowWith(text: string | RegExp): Locator {
    return this.page
      .locator('.pane-body .monaco-list-row[role="treeitem"]')
      .filter({ hasText: text })
      .first();
  }

  private testRows(label: string): Locator {
    return this.page.locator(".test-explorer .monaco-list-row").filter({ hasText: label });
  }

  /** A test of the Testing view by its words; `state` is how it ended. */
  async test(label: string, state?: "passed" | "failed"): Promise<Locator> {
    const rows = this.testRows(label);
    const icon = this.page.locator(`.codicon-testing-${state ?? "none"}-icon`);
    const row = (state === undefined ? rows : rows.filter({ has: icon })).first();
    await row.waitFor();
    return row;
  }

  /** Shows what is below a test. A click on its row would open what it stands at. */
  async unfoldTest(label: string): Promise<void> {
    await this.test(label);
    await this.unfold(this.testRows(label).first(), ".monaco-tl-twistie");
  }

  /** Shows what is below a row. @param at what of it is clicked. */
  private async unfold(row: Locator, at: string): Promise<void> {
    const unfolded = async (): Promise<boolean> => (await row.getAttribute("aria-expanded")) === "true";
    await until("unfold a row", async () => (await unfolded()) || row.locator(at).click(attempt), unfolded);
  }

  /** Opens the menu of a file in the explorer. @param path in the folder, with `/`. */
  async openMenu(path: string): Promise<Menu> {
    await this.show("Explorer");
    for (const folder of path.split("/").slice(0, -1)) {
      await this.unfold(this.entry(folder), ".monaco-tl-contents");
    }
    return this.menuOf(this.entry(path.slice(path.lastIndexOf("/") + 1)));
  }

  /** Opens the menu of something. @param position in it; default: its middle. */
  async menuOf(what: Locator, position?: { readonly x: number; readonly y: number }): Promise<Menu> {
    const items = this.page.locator(".monaco-menu .action-item");
    const isOpen = (): Promise<boolean> => items.first().isVisible();
    const options = { button: "right", ...attempt, ...(position !== undefined && { position }) } as const;
    const open = (): Promise<void> =>
      until("open a menu", async () => (await isOpen()) || what.click(options), isOpen);
    await open();
    return {
      choose: async (action) => {
        let clicked = false;
        await until(
          `choose "${action}" from a menu`,
          async () => {
            clicked = false;
            await open();
            // A menu takes no click in its first moment, and nothing on the screen says when that is over.
            await items.filter({ hasText: action }).first().click(attempt);
            clicked = true;
          },
          async () => clicked && !(await isOpen()),
        );
      },
    };
  }

  /** Chooses from the list that a command opens. */
  async pick(label: string | RegExp): Promise<void> {
    const line = await this.line(label);
    await until(
      `pick ${String(label)}`,
      () => line.click(attempt),
      async () => !(await line.isVisible()),
    );
  }

  /** A file or folder in the explorer by its own name. */
  private entry(name: string): Locator {
    return this.page
      .locator(".explorer-folders-view .monaco-list-row")
      .filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** A line of the list that is open, by a part of its text; waits until it is there. */
  async line(text: string | RegExp): Promise<Locator> {
    const line = this.lines.filter({ hasText: text }).first();
    await line.waitFor();
    return line;
  }

  /** The question that stands in front of everything. */
  get question(): Locator {
    return this.page.locator(".monaco-dialog-box");
  }

  /** Answers it by a button. */
  async answer(button: string): Promise<void> {
    await this.press(this.question, button);
  }

  /** Presses a button of something that goes away by that. */
  async press(of: Locator, name: string): Promise<void> {
    const button = of.getByRole("button", { name });
    await button.first().waitFor();
    await until(
      `press "${name}"`,
      () => button.first().click(attempt),
      async () => !(await button.first().isVisible()),
    );
  }

  /** Takes a step until something is there that it brings. @param step has its own, short limits. */
  async toSee(effect: Locator, step: () => Promise<unknown>): Promise<void> {
    await until("see what a step brings", step, () => effect.first().isVisible());
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
