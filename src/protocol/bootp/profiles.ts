/**
 * Boards whose boot ROM wants more than an address and a file name: what each is told, which folder it asks for
 * first, and what of it looks like a failure and is none. A table: one more kind of board is one more entry.
 */

import { encodeText } from "../bytes";
import { end, getOption, option, type OptionEntry } from "./options";
import type { BootpPacket } from "./packet";

export interface Profile {
  /** What a person calls such a board. */
  readonly title: string;
  /** Option 60 of its boot ROM begins with this; the system that it boots asks in other words, and gets no more. */
  readonly vendorClass: string;
  /** Option 43 for the boot ROM. */
  readonly vendorSpecific: Uint8Array;
  /** False: it knows itself which files it loads, and everybody's boot file is none for it. */
  readonly takesBootFile: boolean;
  /** Leading folders that it asks for first, in the words of a plan's `stripPrefix`. */
  readonly prefixes: readonly string[];
  /** The last part of names that it asks for and does without. */
  readonly optional: RegExp;
  /** Its ERROR for a file of which it wanted to know only that it is there, and so did not load. */
  readonly farewell: RegExp;
}

const menu = 9;
const menuPrompt = 10;
const discoveryControl = 6;

/** One sub-option of option 43 (PXE 2.1 §2.2.1). */
const part = (code: number, ...bytes: readonly number[]): number[] => [code, bytes.length, ...bytes];

/**
 * The boot ROM looks for this one entry of a PXE boot menu, of type 0 "load from this server", and stays silent
 * without it. The Raspberry Pi 2 and 3 miscount its length, for which three blanks are added; the others do not
 * mind (Raspberry Pi documentation, "Network booting", known problems; raspberrypi/documentation #1686).
 */
const menuEntry = encodeText("Raspberry Pi Boot   ");

const raspberryPi: Profile = {
  title: "Raspberry Pi",
  vendorClass: "PXEClient",
  vendorSpecific: Uint8Array.of(
    // Neither broadcast nor multicast for boot servers.
    ...part(discoveryControl, 3),
    ...part(menuPrompt, 0, ...encodeText("PXE")),
    ...part(menu, 0, 0, menuEntry.length, ...menuEntry),
    end,
  ),
  takesBootFile: false,
  // TFTP_PREFIX 0 and 2 of its bootloader.
  prefixes: ["<serial>", "<mac>"],
  // What the ROM, bootcode.bin and start*.elf of a 3, 4 and 5 were seen to look for; kernel.img is the last that they try.
  optional:
    /^((auto|try)boot\.txt|boot(sig\.bin|cfg\.txt|\.img|\.sig)|dt-blob\.bin|recover(y|y?4|y[78]l?)\.(elf|img)|(pieeprom|vl805)\.(sig|upd|bin)|armstub[\w-]*\.bin|kernel(7l?|8|_2712)\.img|rpi-[\w-]+\.dtbo|(overlay|hat)_map\.dtb)$/i,
  farewell: /^early terminat/i,
};

/** By the name that a plan gives it. */
export const profiles = { "raspberry-pi": raspberryPi } as const satisfies Readonly<Record<string, Profile>>;

export type ProfileName = keyof typeof profiles;

export const profileNames = Object.keys(profiles) as readonly ProfileName[];

/** What the boot ROM of such a board is told beside its address. @param server the TFTP server. */
export function profileOptions(name: ProfileName, { options }: BootpPacket, server: string): OptionEntry[] {
  const { vendorClass, vendorSpecific }: Profile = profiles[name];
  const asks = options && getOption(options, "vendorClassIdentifier");
  if (asks?.startsWith(vendorClass) !== true) return [];
  return [
    option("vendorClassIdentifier", vendorClass),
    option("vendorSpecific", vendorSpecific),
    // Old ROMs read the server's address here alone (raspberrypi/firmware #801).
    option("tftpServerName", server),
  ];
}

/** True for a file that such a board asks for and does without. */
export function isOptional(name: ProfileName, file: string): boolean {
  const { optional }: Profile = profiles[name];
  return optional.test(file.replace(/^.*[\\/]/, ""));
}
