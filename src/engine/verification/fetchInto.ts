/** `fetch`: plays one board against a host and keeps what it gets, never over a file that is there (DESIGN §3). */

import { createHash } from "node:crypto";
import { access, constants, mkdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isIPv6 } from "node:net";
import type { ReportRow } from "../../model/events";
import { checkName } from "../../model/names";
import { formatSize } from "../../model/text";
import { emptyPlan, type Plan } from "../../model/plan";
import {
  judgeFile,
  judgeUnseen,
  type Comparison,
  type Expectation,
  type Judgement,
} from "../../model/verdict";
import { comparison, openIfThere, tooLarge } from "./compare";
import { Expectations } from "./expectations";
import { EngineError, whyNotWritten } from "../errors";
import { loadPlan } from "../planFile";
import type { Receiver, Reception } from "./reception";
import { openServedRoot, Refusal, type ServedRoot, type Upload } from "../servedRoot/servedRoot";
import {
  addressOf,
  chooseBoards,
  localAddressOf,
  playBoards,
  played,
  type BoardSettings,
  type RunEnvironment,
} from "./boards";

export interface FetchSettings extends BoardSettings {
  /** Address or name. */
  readonly target: string;
  /** Absolute path of the folder that receives the files; it is made where it is missing. */
  readonly into: string;
  /** The largest file that is taken, in bytes: a server may send without end. Default: 16 GiB. */
  readonly mostBytes?: number;
}

const defaultMostBytes = 16 * 2 ** 30;

/** Makes the folder that receives the files, and sees that it may be written. @throws EngineError `into.unwritable`. */
async function makeFolder(into: string): Promise<void> {
  try {
    await mkdir(into, { recursive: true });
    await access(into, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const message = `"${basename(into)}" of --into cannot be written: ${whyNotWritten(cause)}`;
    const remedy = "Name a folder that may be written; it is made where it is missing.";
    throw new EngineError({ code: "into.unwritable", message, remedy }, { cause });
  }
}

/** @throws PlanError, EngineError `client.unknown`, `target.unknown`, `address.missing`, `into.unwritable`. */
export async function fetchInto(settings: FetchSettings, environment: RunEnvironment): Promise<ReportRow> {
  const plan = await planOf(settings.planFile);
  const host = await addressOf(settings.target);
  const localAddress = await localAddressOf(settings.address, isIPv6(host));
  // One board: with neither --client nor --mac the one that stands for everybody, or the first that is answered.
  const [board] = chooseBoards(plan, settings);
  await makeFolder(settings.into);
  const root = await openServedRoot({
    folder: settings.into,
    root: ".",
    aliases: {},
    published: [],
    alsoServe: [],
    uploads: "new",
    uploadSize: Number.MAX_SAFE_INTEGER,
  });
  const facts = {
    own: false,
    host,
    ports: settings.ports,
    ...(localAddress !== undefined && { localAddress }),
    plan,
    settings,
  };
  const receiver = keepIn(settings.into, root, settings.mostBytes ?? defaultMostBytes);
  const report = await playBoards(
    board === undefined ? [] : [played(board, facts, environment, { compare: false, receiver })],
    environment,
    {
      subject: settings.target,
      ports: settings.ports,
      whole: false,
      purpose: "fetch",
      unusable: [],
    },
  );
  const notes = ["Nothing was compared with a workspace: fetch shows only that these files came."];
  if (settings.bootp === "skip") notes.push("BOOTP was turned off: the plan said what it would have said.");
  return { ...report, notes };
}

/** A plan in `.vscode` is that of the folder above. */
async function planOf(planFile: string | undefined): Promise<Plan> {
  if (planFile === undefined) return emptyPlan;
  const folder = dirname(planFile);
  return (await loadPlan(basename(folder) === ".vscode" ? dirname(folder) : folder, planFile)).plan;
}

/** Keeps what comes in a folder, at most so many bytes of each file. A file that is there already stays as it is: it is compared. */
function keepIn(into: string, root: ServedRoot, most: number): Receiver {
  const expectations = new Expectations();
  const written = new Set<string>();
  return {
    async receive(file) {
      const ofFile = (): readonly Expectation[] => expectations.of(file);
      const there = await openIfThere(root, file);
      if (there !== undefined) {
        const ours = written.has(there.name);
        return comparison(there, most, (compared) => judgeExisting(compared, ofFile(), ours));
      }
      await makeFolders(into, root, file);
      return writing(await root.create(file), most, ofFile, (kept) => written.add(kept));
    },
    expect: expectations.add,
    ownText: () => Promise.resolve(undefined),
  };
}

/** Makes the folders above a file, each only after the one above it was found inside. @throws Refusal */
async function makeFolders(into: string, root: ServedRoot, file: string): Promise<void> {
  const checked = checkName(file);
  if ("refused" in checked) throw new Refusal("forbidden", checked.refused);
  const components = checked.path.split("/").slice(0, -1);
  for (let depth = 1; depth <= components.length; depth += 1) {
    const folder = components.slice(0, depth).join("/");
    try {
      await root.describe(folder);
    } catch (error) {
      if (!(error instanceof Refusal) || error.kind !== "missing") throw error;
      await mkdir(join(into, folder));
    }
  }
}

/** A new file: nothing stands under its name before all of it came and is as expected. */
function writing(
  upload: Upload,
  most: number,
  expectations: () => readonly Expectation[],
  kept: (name: string) => void,
): Reception {
  const hash = createHash("sha256");
  let size = 0;
  return {
    sink: (chunk) => {
      size += chunk.length;
      if (size > most) {
        throw tooLarge(`more than ${formatSize(most)} came`, "Look at what the target has under this name.");
      }
      hash.update(chunk);
      return upload.write(chunk);
    },
    async finish() {
      const judged = judgeUnseen({ size, sha256: hash.digest("hex") }, expectations());
      if (judged.state !== "passed") {
        await upload.abort();
        return judged;
      }
      await upload.commit();
      kept(upload.name);
      return judged;
    },
    async abort() {
      await upload.abort();
      return { got: `${size} bytes, then it broke off; nothing was kept` };
    },
  };
}

/** What came beside the file that was there before. */
function judgeExisting(compared: Comparison, expectations: readonly Expectation[], ours: boolean): Judgement {
  const judged = judgeFile(compared, expectations);
  if (judged.state === "passed") {
    return ours ? judged : { ...judged, warnings: ["the same file was there already; it was left as it is"] };
  }
  if (compared.firstDifference === undefined) return judged;
  const message = ours
    ? "it differs from what came under this name before; the first one was kept"
    : "another file of this name is there; it was left as it is";
  return {
    ...judged,
    trouble: {
      code: ours ? "file.unsteady" : "file.exists",
      message,
      remedy: ours
        ? "Check what the target has under this name over each protocol."
        : "Fetch into an empty folder.",
    },
  };
}
