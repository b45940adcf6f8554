/** Inject Faults…: what is to happen, to whom, and its end. Loaded when first used. */

import * as vscode from "vscode";
import { faultsOf, shownSeeds, type FaultProfile } from "../../model/faults/profile";
import { pickOne } from "../pick";
import type { Servers } from "../servers";
import { aboutBoard, boardItems, offeredProfiles, readProfile } from "./faultItems";

const title = "Inject Faults";

/** @param given a profile's text from a caller that knows, "" to stop; else the user is asked. */
export async function injectFaults(servers: Servers, given: unknown): Promise<void> {
  if (!servers.store.isServing()) return;
  const profile = typeof given === "string" ? known(given) : await askProfile(servers);
  if (profile === undefined) return;
  const drawn = Math.floor(Math.random() * shownSeeds);
  await servers.injectFaults(profile === "none" ? undefined : faultsOf([profile], drawn));
}

/** @throws Error for a text that is no profile. */
function known(text: string): FaultProfile | "none" {
  if (text === "") return "none";
  const profile = readProfile(text);
  if (typeof profile === "string") throw new Error(`"${text}" is no fault profile: ${profile}`);
  return profile;
}

async function askProfile(servers: Servers): Promise<FaultProfile | "none" | undefined> {
  const stop = { label: "$(debug-stop) Stop Injecting Faults", text: "" };
  const write = { label: "$(edit) Write One…", text: "" };
  const offered = offeredProfiles.map(({ label, text }) => ({ label, description: text, text }));
  const items = [...(servers.store.injectsFaults() ? [stop] : []), write, ...offered];
  const chosen = await pickOne(title, "How are the servers to misbehave?", items);
  if (chosen === undefined) return undefined;
  if (chosen === stop) return "none";
  const text = chosen === write ? await askText() : chosen.text;
  if (text === undefined) return undefined;
  const profile = readProfile(text);
  if (typeof profile === "string") return undefined;
  return profile.board === undefined ? askBoard(servers, profile) : profile;
}

function askText(): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title,
    prompt: "By rate: loss=5,delay=20-50,seed=7. By place: drop data 17 x2; stall data 100 20s; truncate.",
    placeHolder: "for bench-1: loss=5,delay=20-50; drop data 17 x2",
    validateInput: (text) => {
      const profile = readProfile(text);
      return typeof profile === "string" ? profile : undefined;
    },
  });
}

async function askBoard(servers: Servers, profile: FaultProfile): Promise<FaultProfile | undefined> {
  const boards = boardItems(servers.store.now.clients.values());
  if (boards.length === 0) return profile;
  const every = { label: "Every Board", description: "", board: undefined };
  const chosen = await pickOne(title, "Towards which board?", [every, ...boards]);
  if (chosen === undefined) return undefined;
  return chosen.board === undefined ? profile : aboutBoard(profile, chosen.board);
}
