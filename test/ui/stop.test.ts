import assert from "node:assert/strict";
import { sha256, unlikeBytes } from "../support/files";
import { heldBoard, portOf } from "../support/uiBoard";
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
    // Nor are there rows any more, whose ports the next test would take for its own.
    await ui.workbench.page.getByRole("button", { name: "Start Boot Servers" }).first().waitFor();
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
