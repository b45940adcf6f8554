/** What Inject Faults… offers, as data: profiles to begin with, and whom they may be about. */

import type { ClientRow } from "../../model/events";
import { describeMistake, parseProfile } from "../../model/faults/parser";
import type { FaultProfile } from "../../model/faults/profile";
import { unadorned } from "../words";

/** A profile that is offered. */
interface OfferedProfile {
  readonly label: string;
  readonly text: string;
}

export const offeredProfiles: readonly OfferedProfile[] = [
  { label: "A Bad Cable", text: "loss=5,delay=20-50" },
  { label: "A Very Bad Cable", text: "loss=20,duplicate=5,reorder=5,delay=20-100" },
  { label: "A Block Is Lost Twice", text: "drop data 17 x2" },
  { label: "The Last ACK Is Lost", text: "drop last-ack" },
  { label: "A Stall of 20 s", text: "stall data 100 20s" },
  { label: "A Packet From Another Port", text: "wrong-tid" },
  { label: "A Corrupt Block", text: "corrupt data 3" },
  { label: "A File That Ends Early", text: "truncate data 3" },
  { label: "BOOTP Answers Twice Too Late", text: "drop answer x2" },
  { label: "FTP Has No Data Connection", text: "ftp 425" },
  { label: "FTP Is Cut After 1 MB", text: "cut-data 1MB" },
];

/** The profile that a text is. @returns a sentence where it is none. */
export function readProfile(text: string): FaultProfile | string {
  const parsed = parseProfile(text);
  return "profile" in parsed ? parsed.profile : describeMistake(parsed.mistake);
}

/** The same profile, about one board. */
export const aboutBoard = (profile: FaultProfile, board: string): FaultProfile => ({ ...profile, board });

/** The boards that a profile may be about, by what it calls them. */
export function boardItems(
  clients: Iterable<ClientRow>,
): readonly { readonly label: string; readonly description: string; readonly board: string }[] {
  return [...clients].flatMap(({ name, mac, address, verification }) => {
    const board = mac ?? address;
    if (board === undefined || verification) return [];
    return [
      { label: unadorned(name ?? board), description: unadorned(name === undefined ? "" : board), board },
    ];
  });
}
