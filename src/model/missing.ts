/** Names that are normal to miss: what a loader tries on its way to the one that is there. */

import { isOptional, profileNames, profiles } from "./profiles";

interface Habit {
  readonly pattern: RegExp;
  readonly word: string;
}

const habits: readonly Habit[] = [
  {
    pattern: /^[0-9A-F]{8}\.img$/i,
    word: "U-Boot got no boot file name and made one of its address; name a boot file in the plan.",
  },
  {
    pattern: /(^|\/)pxelinux\.cfg\/(?!default$)/i,
    word: "Normal: a boot loader tries names from its MAC and address first, and pxelinux.cfg/default last.",
  },
  {
    pattern: /(^|\/)pxelinux\.cfg\/default$/i,
    word: "The last name that a PXE boot loader tries: without it there is no menu.",
  },
  {
    pattern: /(^|\/)(network-confg|cisconet\.cfg|router-confg|router\.cfg|ciscortr\.cfg|[\w.-]+-confg)$/i,
    word: "Normal: the automatic installation of a switch or router looks for a configuration.",
  },
  {
    pattern: /(^|\/)boot\.scr(\.uimg)?$/i,
    word: "Normal: U-Boot tries a script before it goes on with the next way to boot.",
  },
  {
    pattern:
      /^[0-9a-f]{8}\/(start[\w]*\.elf|config\.txt|autoboot\.txt|pieeprom\.\w+|recovery\.elf|bootcode\.bin)$/i,
    word: "Normal: a Raspberry Pi looks in a folder of its serial number first.",
  },
  {
    pattern: /(^|\/)(grub\.cfg-|autoexec\.ipxe$)/i,
    word: "Normal: the loader tries this before the next name.",
  },
];

/** The word on a missing name, where there is one. */
export function wordOnMissing(file: string): string | undefined {
  const name = file.replaceAll("\\", "/").replace(/^\/+/, "");
  const word = habits.find(({ pattern }) => pattern.test(name))?.word;
  const kind = profileNames.find((profile) => isOptional(profile, name));
  if (word !== undefined || kind === undefined) return word;
  return `Normal for a ${profiles[kind].title}, which asks for this and does without.`;
}
