/** What a PXE ROM is told beside its address and its file (RFC 4578; PXE 2.1 §2.2, table 2-1). */

import { end, getOption, option, optionTable, type OptionEntry } from "./options";
import type { BootpPacket } from "./packet";

/** What option 60 of a PXE ROM begins with, and all of it in the answer. */
const pxeVendorClass = "PXEClient";

/**
 * Option 43 with PXE_DISCOVERY_CONTROL (6) = 8: no search for boot servers and no menu, the file of this answer is
 * the one to load. Without it some ROMs look for a boot server at port 4011 first.
 */
const loadThisFile = Uint8Array.of(6, 1, 8, end);
/** One byte of type and a GUID (RFC 4578 §2.3). */
const machineIdentifierLength = 17;

/** Options that a plan may have and that are about booting: the network's own server has the others to give. */
const bootOptions: readonly number[] = [
  ...(["bootFileSize", "rootPath", "vendorSpecific", "tftpServerName", "bootFileName"] as const),
  ...(["tftpServerAddresses", "pxelinuxMagic", "pxelinuxConfigFile"] as const),
  ...(["pxelinuxPathPrefix", "pxelinuxRebootTime"] as const),
].map((name) => optionTable[name].code);

/** Those of PXE ROMs' makers (RFC 4578 §2.4), and iPXE's own. */
const isMakers = (code: number): boolean => (code >= 128 && code <= 135) || code === 175;

/** What a proxyDHCP server may say of these options: a router or a name server is not its to give. */
export const aboutBooting = (options: readonly OptionEntry[]): OptionEntry[] =>
  options.filter(([code]) => bootOptions.includes(code) || isMakers(code));

/** True for a request whose vendor class is that of a PXE client (PXE 2.1, table 2-1). */
export function isPxe({ options }: BootpPacket): boolean {
  return (options && getOption(options, "vendorClassIdentifier"))?.startsWith(pxeVendorClass) === true;
}

/** @param file "": none is named, and a ROM that is told "PXEClient" all the same would wait for one. */
export function pxeOptions(request: BootpPacket, file: string): OptionEntry[] {
  const entries: OptionEntry[] = [];
  if (isPxe(request) && file !== "") {
    entries.push(option("vendorClassIdentifier", pxeVendorClass), option("vendorSpecific", loadThisFile));
  }
  // RFC 4578 §2.3: the GUID comes back as it was sent; one of another length is none.
  const machine = request.options?.get(optionTable.clientMachineIdentifier.code);
  if (machine?.length === machineIdentifierLength) {
    entries.push(option("clientMachineIdentifier", machine));
  }
  return entries;
}
