import assert from "node:assert/strict";
import { sha256, unlikeBytes } from "../support/files";
import { tftpRead } from "../support/loopbackBoard";
import { comesTrue } from "../support/patience";
import { crawlingBoard, heldBoard, portOf } from "../support/uiBoard";
import { openUi } from "../support/uiServer";
import { uiTestMs } from "../support/workbench";

const large = unlikeBytes(8 * 2 ** 20);
const plan = ".vscode/boot-plan.json";

describe("what VS Code's user interface asks and says", function () {
  this.timeout(uiTestMs);
  // Each step goes on from where the one before left the screen.
  this.bail(true);
  const ui = openUi({
    make: async (fixture) => {
      await fixture.write("drop/images/etsw.b3", large);
      await fixture.write(`drop/${plan}`, `{ "root": "images" }`);
      return fixture.at("drop");
    },
    // Chosen already, so that nothing is asked at the first start.
    machineSettings: { "bootServers.address": ["127.0.0.1"] },
  });

  /** A board that stopped in the middle, and VS Code's question about it. */
  async function stopInTheMiddle(picture: string): Promise<ReturnType<typeof heldBoard>> {
    await ui.workbench.show("Boot Servers");
    await ui.workbench.command("Boot Servers: Start Boot Servers");
    const board = heldBoard(await portOf(ui.workbench, "TFTP"), "etsw.b3", large.length / 2);
    // Not a row: one that was cut in the middle says so too.
    await ui.workbench.status("1 transfer 50 %").waitFor();
    await ui.workbench.command("Boot Servers: Stop Boot Servers");
    await ui.workbench.question.getByText(/127\.0\.0\.1 is at \d\d % of etsw\.b3/).waitFor();
    await ui.workbench.picture(picture);
    return board;
  }

  const stopped = async (): Promise<void> => {
    await ui.workbench.status("Boot: stopped").waitFor();
    // The next test would take the ports in these for its own.
    await ui.workbench.noRow(/127\.0\.0\.1:\d+/);
  };

  it("Stop When Finished lets the board that loads have its file", async () => {
    const board = await stopInTheMiddle("stop with a running transfer");
    await ui.workbench.answer("Stop When Finished");
    await ui.workbench.status("Boot: stopping").waitFor();
    await ui.workbench.picture("stopping when finished");
    board.goOn();
    assert.equal(sha256(await board.reading), sha256(large));
    await stopped();
  });

  it("Stop Now cuts it, and its row says so", async () => {
    const board = await stopInTheMiddle("stop with a running transfer again");
    const cut = assert.rejects(board.reading, /server stopped/);
    await ui.workbench.answer("Stop Now");
    await ui.workbench.row(/etsw\.b3.*cancelled/);
    await stopped();
    await ui.workbench.picture("stopped now");
    board.goOn();
    await cut;
  });

  it("Cancel leaves the servers and the board as they are", async () => {
    const board = await stopInTheMiddle("stop with a running transfer once more");
    await ui.workbench.answer("Cancel");
    board.goOn();
    assert.equal(sha256(await board.reading), sha256(large));
    await portOf(ui.workbench, "TFTP");
    await ui.workbench.command("Boot Servers: Stop Boot Servers");
    await stopped();
  });

  it("a reload of the window lets 20 boards have their file from the process that serves them, and another serves at once (X20)", async () => {
    const serving = (): number =>
      ui.processes().filter(({ command }) => command.includes("serve --stdio")).length;
    const start = async (): Promise<number> => {
      await ui.workbench.show("Boot Servers");
      await ui.workbench.command("Boot Servers: Start Boot Servers");
      return portOf(ui.workbench, "TFTP");
    };
    const port = await start();
    const boards = Array.from({ length: 20 }, () => crawlingBoard(port, "etsw.b3", large.length / 2));
    const loaded = Promise.all(boards.map(({ reading }) => reading));
    loaded.catch(() => undefined); // Awaited below.
    await ui.workbench.status("20 transfers").waitFor();
    assert.equal(serving(), 1);
    await ui.workbench.page.reload();
    const next = await start();
    await ui.workbench.picture("served again after a reload");
    assert.equal(sha256(await tftpRead(next, "etsw.b3")), sha256(large));
    assert.equal(serving(), 2);
    for (const { hurry } of boards) hurry();
    for (const bytes of await loaded) assert.equal(sha256(bytes), sha256(large));
    assert.ok(await comesTrue(() => serving() === 1), "the first process ends with its last transfer");
    await ui.workbench.command("Boot Servers: Stop Boot Servers");
    await stopped();
  });

  it("a plan with a problem starts nothing, and the notification leads to it", async () => {
    await ui.fixture.write(`drop/${plan}`, `{\n  "root": "images",\n  "boot": 7\n}\n`);
    await ui.workbench.command("Boot Servers: Start Boot Servers");
    const toast = ui.workbench.toasts.filter({ hasText: "boot-plan.json, line 3" });
    await toast.waitFor();
    await ui.workbench.picture("plan with a problem");
    await ui.workbench.press(toast, "Open Boot Plan");
    await ui.workbench.page.getByRole("tab", { name: /boot-plan\.json/ }).waitFor();
    await ui.workbench.picture("plan with a problem opened");
  });
});
