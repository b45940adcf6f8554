/** Verification: which boards are played against what, and the report of it (DESIGN §2.3). */

import { isIPv6 } from "node:net";
import type { Board } from "../../model/drop";
import type { ReportRow } from "../../model/events";
import { defaultWanted } from "../../model/settings";
import {
  addressOf,
  localAddressOf,
  playBoards,
  played,
  type BoardSettings,
  type HostFacts,
  type RunEnvironment,
  type TargetFacts,
} from "./boards";
import { compareWith } from "./compare";
import { EngineError } from "../errors";
import { leftOutOf, outlineBoards } from "./outline";
import { describeProblem } from "../planFile";
import { prepare, viewOf, type FolderSettings, type Prepared } from "./prepared";

export interface VerifySettings extends BoardSettings, FolderSettings {
  /** Address or name; absent: own servers on loopback. */
  readonly target?: string;
  /** True: the target is our servers that run already: the files come from it, whatever the answers say. */
  readonly running?: boolean;
  /** Ids of boards and steps; what leads to them runs as well. Absent: everything. */
  readonly only?: readonly string[];
}

const loopback = "127.0.0.1";

/**
 * Verifies a folder against a target, or against servers of its own.
 * @throws PlanError, EngineError `client.unknown`, `target.unknown`, `address.missing`, `server.failed`.
 * A cancelled run is no error: its report says so.
 */
export async function verifyFolder(
  settings: VerifySettings,
  environment: RunEnvironment,
): Promise<ReportRow> {
  const prepared = await prepare(settings);
  const { loaded, whole } = prepared;
  const { plan, problems } = loaded;
  const target = await openTarget(settings, environment);
  try {
    const facts: TargetFacts = { ...target, plan, settings };
    const { boards, left } = await selected(prepared, settings, facts);
    const report = await playBoards(
      boards.map((board) => {
        const { root, hashes } = viewOf(prepared, board.drop);
        // One for each: what the manifest of one board says of a file, no other board goes by.
        const receiver = compareWith(root, hashes);
        return played(board, facts, environment, { compare: true, receiver });
      }),
      environment,
      {
        subject: target.name,
        ports: target.ports,
        whole: whole !== undefined,
        purpose: "verify",
        unusable: prepared.problems.filter(({ severity }) => severity === "error"),
        left,
      },
    );
    const warnings = [...problems, ...prepared.problems].filter(({ severity }) => severity === "warning");
    const notes = [
      ...warnings.map(describeProblem),
      ...(left.size === 0
        ? []
        : [
            `${left.size} ${left.size === 1 ? "step was" : "steps were"} left out: only some were asked for.`,
          ]),
      ...notesOf(facts, prepared.boards),
      ...(whole?.notes ?? []),
    ];
    return { ...report, notes, refused: whole?.refused ?? {} };
  } finally {
    await target.close();
  }
}

/** The boards that are played, and which of their steps are left out. */
async function selected(
  prepared: Prepared,
  { only, bootp }: VerifySettings,
  { filesFrom, plan }: TargetFacts,
): Promise<{ boards: readonly Board[]; left: ReadonlySet<string> }> {
  if (only === undefined) return { boards: prepared.boards, left: new Set() };
  const outlined = await outlineBoards(prepared);
  const hostByBootp = filesFrom === undefined && plan.server === undefined && bootp !== "skip";
  const left = leftOutOf(prepared, outlined, only, hostByBootp);
  const names = new Set(
    outlined.filter(({ steps }) => steps.some(({ id }) => !left.has(id))).map(({ name }) => name),
  );
  return { boards: prepared.boards.filter(({ name }) => names.has(name)), left };
}

/** What is asked: a target, or servers of its own. */
interface Target extends HostFacts {
  readonly name: string;
  close(): Promise<void>;
}

async function openTarget(settings: VerifySettings, environment: RunEnvironment): Promise<Target> {
  if (settings.target === undefined) return startOwnServers(settings, environment);
  const host = await addressOf(settings.target);
  const localAddress = await localAddressOf(settings.address, isIPv6(host));
  return {
    name: settings.target,
    own: false,
    host,
    ...(settings.running === true && { filesFrom: host }),
    ports: settings.ports,
    ...(localAddress !== undefined && { localAddress }),
    close: () => Promise.resolve(),
  };
}

async function startOwnServers(settings: VerifySettings, environment: RunEnvironment): Promise<Target> {
  const engine = environment.createEngine();
  try {
    await engine.configure({
      ...defaultWanted,
      folder: settings.folder,
      ...(settings.planFile !== undefined && { planFile: settings.planFile }),
      ports: settings.ports,
      ...(settings.alsoServe !== undefined && { alsoServe: settings.alsoServe }),
      ...(settings.ftpUser !== undefined && { ftpUser: settings.ftpUser }),
      ...(settings.ftpPassword !== undefined && { ftpPassword: settings.ftpPassword }),
    });
    const { servers } = engine.snapshot();
    const portOf = (protocol: string): number => {
      const row = servers.get(protocol);
      if (row?.state === "running") return row.port;
      throw new EngineError(
        row?.trouble ?? {
          code: "server.failed",
          message: `the ${protocol} server did not start`,
          remedy: "See the log, and run again.",
        },
      );
    };
    const ports = { bootp: portOf("bootp"), tftp: portOf("tftp"), ftp: portOf("ftp") };
    const name = `its own servers on ${loopback}`;
    return { name, own: true, host: loopback, filesFrom: loopback, ports, close: () => engine.stopNow() };
  } catch (error) {
    await engine.stopNow();
    throw error;
  }
}

/** What the run does not show, and what was turned off. */
function notesOf({ own, filesFrom, plan, settings }: TargetFacts, boards: readonly Board[]): string[] {
  const notes: string[] = [];
  if (own) {
    notes.push(
      plan.server === undefined
        ? "The servers were started for this folder: this does not show that another server hands out the same (a verification of a target does)."
        : `${plan.server} was not asked: the files came from servers that were started for this folder on ${loopback} (a verification of a target asks another).`,
    );
  }
  if (!own && filesFrom !== undefined) {
    notes.push(
      plan.server === undefined
        ? "The servers that run here were asked: this does not show that another server hands out the same."
        : `${plan.server} was not asked: the files came from the servers that run here.`,
    );
  }
  if (settings.bootp === "skip") {
    notes.push("BOOTP was turned off: the plan said what it would have said.");
    const own = boards.filter(({ drop }) => drop.root !== undefined).map(({ name }) => name);
    if (own.length > 0) {
      notes.push(
        `${own.join(", ")}: no question told the servers which board was played, and by its address alone they may not know its root.`,
      );
    }
  }
  const others = plan.clients.length - boards.filter(({ client }) => client !== undefined).length;
  if (settings.client === undefined && settings.mac === undefined && others > 0) {
    const clients = others === 1 ? "1 listed client gets" : `${others} listed clients get`;
    notes.push(`${clients} the same drop as a board that was played.`);
  }
  return notes;
}
