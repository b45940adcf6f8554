import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { delimiter } from "node:path";
import * as vscode from "vscode";
import type { BootServersApi } from "../../../src/extension/extension";
import { eventually } from "../../support/patience";
import { activated, file, running, until } from "../editor";

const type = "boot-servers";
const folder = (): vscode.WorkspaceFolder => vscode.workspace.workspaceFolders![0]!;

/** Runs a task to its end. @returns its exit code. */
function run(task: vscode.Task): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const ended = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
      if (execution.task.name !== task.name) return;
      ended.dispose();
      resolve(exitCode);
    });
    vscode.tasks.executeTask(task).then(undefined, reject);
  });
}

/** Changes a file of the folder while `during` runs. */
async function withFile(path: string, content: string, during: () => Promise<void>): Promise<void> {
  const at = file(path).fsPath;
  const before = await readFile(at).catch(() => undefined);
  await writeFile(at, content);
  try {
    await during();
  } finally {
    await (before === undefined ? rm(at) : writeFile(at, before));
  }
}

/**
 * What runs a program in a terminal. The server of VS Code 1.96 comes without the native part of its terminals: there
 * these are no tests at all, and the tasks that need none are.
 */
const itInTerminal = (name: string, test: () => Promise<void>): void => {
  if (!vscode.version.startsWith("1.96.")) it(name, test);
};

describe("tasks of the type boot-servers", function () {
  this.timeout(60_000);
  let api: BootServersApi;
  before(async () => {
    api = await activated();
  });
  afterEach(async () => {
    for (const execution of vscode.tasks.taskExecutions) execution.terminate();
    await until(api, () => api.childPid() === undefined);
  });

  const offered = async (command: string): Promise<vscode.Task> => {
    const tasks = await vscode.tasks.fetchTasks({ type });
    const found = tasks.find(({ definition }) => definition["command"] === command);
    assert.ok(found, command);
    return found;
  };
  /** Our own task with these properties, as VS Code resolves it from tasks.json. */
  const fromTasksJson = async (
    tasks: readonly object[],
    label: string,
    during: (task: vscode.Task) => Promise<void>,
  ): Promise<void> => {
    await withFile(".vscode/tasks.json", JSON.stringify({ version: "2.0.0", tasks }), async () => {
      const task = await eventually(`task ${label}`, async () =>
        (await vscode.tasks.fetchTasks()).find(({ name }) => name.endsWith(label)),
      );
      await during(task);
    });
  };

  it("are offered for each folder: verify, and serve in the background", async () => {
    const tasks = await vscode.tasks.fetchTasks({ type });
    assert.deepEqual(
      tasks.map(({ name, source, isBackground, problemMatchers, scope }) => ({
        name,
        source,
        isBackground,
        problemMatchers,
        folder: (scope as vscode.WorkspaceFolder).name,
      })),
      [false, true].map((isBackground) => ({
        name: isBackground ? "serve" : "verify",
        source: type,
        isBackground,
        problemMatchers: ["$boot-servers"],
        folder: folder().name,
      })),
    );
  });

  itInTerminal("verify ends with 0 for the sample, and the editor's own Node runs it", async () => {
    const verify = await offered("verify");
    assert.ok(verify.execution instanceof vscode.ProcessExecution);
    assert.equal(verify.execution.process, process.execPath);
    assert.equal(await run(verify), 0);
  });

  itInTerminal(
    "verify of tasks.json takes its properties, and ends with 1 where a file is not what its manifest says",
    async () => {
      const task = { type, label: "quickly", command: "verify", bootp: "skip", junit: "report.xml" };
      await fromTasksJson([task], "quickly", async (found) => {
        await withFile("images/config/first-boot.flag", "not empty", async () => {
          assert.equal(await run(found), 1);
          const problem = await eventually("problem", () =>
            vscode.languages
              .getDiagnostics(file("images/copy-files4.rc"))
              // The manifest's own language says the same of the file in other words.
              .find(({ message }) => message.includes("expects another size")),
          );
          assert.equal(problem.range.start.line, 6);
        });
        const xml = await readFile(file("report.xml").fsPath, "utf8");
        await rm(file("report.xml").fsPath);
        assert.match(xml, /name="ftp config\/first-boot\.flag" time="[\d.]+">\n<failure /);
        assert.doesNotMatch(xml, /name="bootp /);
      });
    },
  );

  itInTerminal("verify ends with 2 where the plan is bad, and each problem stands at its line", async () => {
    await withFile(".vscode/boot-plan.json", `{\n  "boot": 7\n}`, async () => {
      assert.equal(await run(await offered("verify")), 2);
      const problem = await eventually("problem", () =>
        vscode.languages
          .getDiagnostics(file(".vscode/boot-plan.json"))
          .find(({ source }) => source === "Boot Servers"),
      );
      assert.equal(problem.range.start.line, 1);
      assert.equal(problem.severity, vscode.DiagnosticSeverity.Error);
    });
  });

  /** Runs a serve task, and resolves once another one that waits for it has run: it is ready. */
  async function whenReady(during: (serve: vscode.TaskExecution) => Promise<void>): Promise<void> {
    const problemMatcher = "$boot-servers";
    const serve = { type, label: "the bench", command: "serve", isBackground: true, problemMatcher };
    const waits = { dependsOn: [serve.label], problemMatcher: [] };
    const after = { type: "process", label: "after", command: "true", ...waits };
    await fromTasksJson([serve, after], after.label, async (task) => {
      assert.equal(await run(task), 0);
      const { taskExecutions } = vscode.tasks;
      const execution = taskExecutions.find(({ task: { name } }) => name.endsWith(serve.label));
      assert.ok(execution, "it goes on");
      await during(execution);
    });
  }

  itInTerminal(
    "serve is ready once the servers listen, so that another task may wait for it, and stops them at its end",
    async () => {
      await whenReady(async (serve) => {
        await running(api);
        assert.equal(api.store.folder?.path, folder().uri.fsPath);
        serve.terminate();
        await until(api, () => !api.store.isServing());
      });
    },
  );

  it("serve ends when the servers are stopped by their command", async () => {
    const ended = run(await offered("serve"));
    await running(api);
    await vscode.commands.executeCommand("bootServers.stop", "whenFinished");
    assert.equal(await ended, 0);
  });

  itInTerminal("serve leaves servers alone that ran before it, and what is injected into them", async () => {
    await vscode.commands.executeCommand("bootServers.start");
    await running(api);
    await vscode.commands.executeCommand("bootServers.injectFaults", "loss=0,seed=7");
    await until(api, () => api.store.injectsFaults());
    await whenReady(async (serve) => {
      const ended = new Promise<void>((resolve) => {
        vscode.tasks.onDidEndTask(({ execution }) => {
          if (execution.task.name === serve.task.name) resolve();
        });
      });
      serve.terminate();
      await ended;
    });
    assert.ok(api.store.isServing() && api.store.injectsFaults());
    await vscode.commands.executeCommand("bootServers.stop", "now");
  });

  it("serve of a bad plan ends with 2, and each problem stands at its line", async () => {
    await withFile(".vscode/boot-plan.json", `{\n\n  "boot": 7\n}`, async () => {
      assert.equal(await run(await offered("serve")), 2);
      const problem = await eventually("problem", () =>
        vscode.languages
          .getDiagnostics(file(".vscode/boot-plan.json"))
          .find(({ source, range }) => source === "Boot Servers" && range.start.line === 2),
      );
      assert.match(problem.message, /boot/);
    });
  });
});

describe("the integrated terminal", () => {
  itInTerminal("knows boot-servers, in front of whatever else is in PATH", async () => {
    await activated();
    const said = file("said.txt").fsPath;
    const terminal = vscode.window.createTerminal({ cwd: folder().uri, shellPath: "/bin/sh" });
    try {
      terminal.sendText(
        `boot-servers --version > said.tmp && echo "$PATH" >> said.tmp && mv said.tmp said.txt`,
      );
      const [version, path = ""] = await eventually("word of the terminal", async () =>
        (await readFile(said, "utf8").catch(() => undefined))?.split("\n"),
      );
      const { version: ours } = vscode.extensions.getExtension("boot-servers.boot-servers")!.packageJSON as {
        version: string;
      };
      assert.equal(version, ours);
      assert.match(path.split(delimiter)[0] ?? "", /media\/bin$/);
    } finally {
      terminal.dispose();
      await rm(said, { force: true });
    }
  });
});
