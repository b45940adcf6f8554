import assert from "node:assert/strict";
import { rename, rm, utimes } from "node:fs/promises";
import { basename } from "node:path";
import { setImmediate } from "node:timers/promises";
import { loadPlan, PlanError, watchPlan } from "../../src/engine/planFile";
import { emptyPlan } from "../../src/model/plan";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";
import { VirtualClock } from "../support/virtualClock";

const planPath = ".vscode/boot-plan.json";
const localPath = ".vscode/boot-plan.local.json";

let folder: TemporaryFolder;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

/** Writes files, then loads the plan of the folder. */
async function load(files: Record<string, string>, planFile?: string): ReturnType<typeof loadPlan> {
  for (const [name, content] of Object.entries(files)) await folder.write(name, content);
  return loadPlan(folder.path, planFile);
}

/** Writes files, and expects that the plan of the folder has an error. */
async function failure(files: Record<string, string>, planFile?: string): Promise<PlanError> {
  try {
    await load(files, planFile);
  } catch (error) {
    assert.ok(error instanceof PlanError, String(error));
    return error;
  }
  assert.fail("the plan was accepted");
}

describe("the plan of a folder (DESIGN §2.4)", () => {
  it("without a plan the whole folder is served", async () => {
    assert.deepEqual(await load({ "u-boot.bin": "x" }), {
      plan: emptyPlan,
      problems: [],
      planned: false,
      files: [],
      absent: [],
    });
  });

  it("is read with the local one over it, and tells which files to follow", async () => {
    const loaded = await load({
      [planPath]: '{ "root": "images", "boot": "asked", "aliases": { "asked": "a.bin" }, "tftp": ["b"] }',
      [localPath]: '{ "clients": [{ "mac": "5254.0000.0001", "boot": "c" }] }',
      "images/a.bin": "",
      "images/b": "",
      "images/c": "",
    });
    assert.equal(loaded.planned, true);
    assert.deepEqual(loaded.problems, []);
    assert.deepEqual(loaded.plan, {
      ...emptyPlan,
      root: "images",
      boot: "asked",
      aliases: { asked: "a.bin" },
      tftp: ["b"],
      clients: [{ mac: "52:54:00:00:00:01", boot: "c" }],
    });
    assert.deepEqual(
      loaded.files,
      ["images", "images/a.bin", "images/b", "images/c"].map((name) => folder.at(name)),
    );
  });

  it("a local plan alone is a plan", async () => {
    const { plan, planned } = await load({ [localPath]: '{ "silentSeconds": 20 }' });
    assert.equal(planned, true);
    assert.equal(plan.silentSeconds, 20);
  });

  it("a file that is not built yet is a warning at its place, and the plan is used", async () => {
    const { plan, problems } = await load({
      [planPath]: '{ "root": "out",\n  "boot": ["there", "not/yet"],\n  "manifest": "m" }',
      "out/there": "",
    });
    assert.deepEqual(plan.boot, ["there", "not/yet"]);
    assert.deepEqual(problems, [
      {
        severity: "warning",
        file: planPath,
        line: 2,
        column: 21,
        end: { line: 2, column: 30 },
        message: '"not/yet" is not there yet; it will be served as soon as it is built',
      },
      {
        severity: "warning",
        file: planPath,
        line: 3,
        column: 15,
        end: { line: 3, column: 18 },
        message: '"m" is not there yet; it will be served as soon as it is built',
      },
    ]);
  });

  it("a file that is there in another case, or with another hyphen, is named in the warning", async () => {
    const { problems } = await load({
      [planPath]: '{ "root": "out", "boot": ["sub/U-Boot.bin", "uboot.img", "fw-2.bin"] }',
      "out/sub/u-boot.bin": "",
      "out/u-boot.img": "",
      "out/fw-1.bin": "",
    });
    assert.deepEqual(
      problems.map(({ message }) => /built(?:; "(.*)" is there)?/.exec(message)?.[1]),
      ["u-boot.bin", "u-boot.img", undefined],
    );
  });

  it("a root that is not built yet is one warning, not one for each file in it", async () => {
    const { problems } = await load({ [planPath]: '{ "root": "out", "boot": "a", "tftp": ["b"] }' });
    assert.deepEqual(
      problems.map(({ severity, column, message }) => [severity, column, message]),
      [["warning", 11, 'the folder "out" is not there yet; it will be served as soon as it is']],
    );
  });

  it("a root that is a file, and a file that is a folder, are errors at their place", async () => {
    const root = await failure({ [planPath]: '{ "root": "x" }', x: "" });
    assert.equal(root.message, `${planPath}:1:11 "x" is a file; "root" is a folder`);
    const file = await failure({ [planPath]: '{ "boot": "d" }', "d/x": "" });
    assert.equal(file.message, `${planPath}:1:11 "d" is a folder; name a file`);
  });

  it("a plan with errors starts nothing: each problem in a line of its own, warnings too", async () => {
    const error = await failure({
      [planPath]: '{ "tftp": ["a", "a"],\n  "bot": 1 }',
      [localPath]: '{ "answer": "listed" }',
    });
    assert.equal(error.code, "plan.invalid");
    assert.deepEqual(error.message.split("\n"), [
      `${planPath}:1:17 "a" stands twice in "tftp"`,
      `${planPath}:2:3 unknown key "bot"; did you mean "boot"?`,
      `${localPath}:1:13 "answer" is "listed" and "clients" lists nobody; list a client, or answer "boards"`,
    ]);
    assert.deepEqual(
      error.problems.map(({ severity }) => severity),
      ["warning", "error", "error"],
    );
    assert.match(error.remedy ?? "", /save it/);
  });

  it("a plan that cannot be read is told, and is not taken for none", async () => {
    const error = await failure({ [`${planPath}/x`]: "" });
    assert.equal(error.message, `${planPath}:1:1 it is a folder; name a file`);
    await rm(folder.at(planPath), { recursive: true });
    const large = await failure({ [planPath]: " ".repeat(2 ** 20 + 1) });
    assert.match(large.message, /larger than 1 MiB/);
  });
});

describe("--plan FILE (DESIGN §3)", () => {
  it("stands in the place of the folder's own plan; the local one is merged over it", async () => {
    const { plan } = await load(
      {
        "other/plan.json": '{ "silentSeconds": 30 }',
        [planPath]: '{ "silentSeconds": 20, "restartSeconds": 50 }',
        [localPath]: '{ "restartSeconds": 60 }',
      },
      folder.at("other/plan.json"),
    );
    assert.deepEqual([plan.silentSeconds, plan.restartSeconds], [30, 60]);
  });

  it("must be there", async () => {
    const error = await failure({ [planPath]: "{}" }, folder.at("other.json"));
    assert.equal(error.message, "other.json:1:1 there is no such file; check its name");
  });

  it("outside the folder is told by its name alone: no path of this host", async () => {
    const elsewhere = await temporaryFolder({ "bench.json": "{ 1" });
    try {
      const error = await failure({}, elsewhere.at("bench.json"));
      assert.match(error.message, /^bench\.json:1:3 /);
      assert.ok(!error.message.includes(basename(elsewhere.path)));
    } finally {
      await elsewhere.remove();
    }
  });
});

/** Lets the clock reach the next look and waits until it is over. */
async function look(clock: VirtualClock): Promise<void> {
  clock.advance(400);
  while (clock.next() === undefined) await setImmediate();
}

describe("following a plan", () => {
  /** Counts the changes that are told of the folder's plan and the given files, in virtual time. */
  function follow(files: string[] = []): { clock: VirtualClock; changes: () => number; stop: () => void } {
    const clock = new VirtualClock();
    let count = 0;
    const stop = watchPlan(folder.path, undefined, files, () => (count += 1), clock);
    return { clock, changes: () => count, stop };
  }

  it("tells each of: written, replaced by rename, removed — of both files", async () => {
    const { clock, changes, stop } = follow();
    let expected = 0;
    const step = async (change: () => Promise<unknown>): Promise<void> => {
      await change();
      await look(clock);
      expected += 1;
      assert.equal(changes(), expected);
      await look(clock);
      assert.equal(changes(), expected, "nothing changed since");
    };
    for (const path of [planPath, localPath]) {
      await step(() => folder.write(path, "{}"));
      await step(() => folder.write(path, "{ }"));
      await step(async () => rename(await folder.write("new", "{ }"), folder.at(path)));
      await step(() => utimes(folder.at(path), 1, 1));
      await step(() => rm(folder.at(path)));
    }
    stop();
  });

  it("tells when a named file comes or goes, and not when it grows", async () => {
    const { clock, changes, stop } = follow([folder.at("out/a.bin"), folder.at("out/b.bin")]);
    await look(clock);
    assert.equal(changes(), 0);
    await folder.write("out/a.bin", "1");
    await look(clock);
    assert.equal(changes(), 1);
    await folder.write("out/a.bin", "more");
    await look(clock);
    assert.equal(changes(), 1);
    await rm(folder.at("out"), { recursive: true });
    await look(clock);
    assert.equal(changes(), 2);
    stop();
  });

  it("what changes right after the call is told", async () => {
    await folder.write(planPath, "{}");
    const { clock, changes, stop } = follow();
    await folder.write(planPath, "{ }");
    await look(clock);
    assert.equal(changes(), 1);
    stop();
  });

  it("ends at once: no timer is left, and a look that is under way tells nothing", async () => {
    const { clock, changes, stop } = follow();
    await folder.write(planPath, "{}");
    clock.advance(400);
    stop();
    await loadPlan(folder.path); // Longer on its way than the look's own stat.
    assert.equal(clock.next(), undefined);
    assert.equal(changes(), 0);
  });

  it("tells no emptiness that lasts for one look: an editor empties a file before it writes it", async () => {
    await folder.write(planPath, "{}");
    const { clock, changes, stop } = follow();
    for (const [content, expected] of [
      ["", 0],
      ["{ }", 1],
      ["", 1],
    ] as const) {
      await folder.write(planPath, content);
      await look(clock);
      assert.equal(changes(), expected);
    }
    await look(clock);
    assert.equal(changes(), 2, "it stays empty");
    await look(clock);
    assert.equal(changes(), 2);
    stop();
  });

  it("goes by the computer's own clock as well", async function () {
    const started = performance.now();
    await new Promise<void>((resolve, reject) => {
      const stop = watchPlan(folder.path, undefined, [], () => {
        stop();
        resolve();
      });
      folder.write(planPath, "{}").catch(reject);
    });
    this.test!.title += ` [told after ${(performance.now() - started).toFixed(0)} ms]`;
  });
});
