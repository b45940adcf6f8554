/** What a PXE ROM is told beside its address and its file (RFC 4578; PXE 2.1 §2.2). */

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

function isPxe({ options }: BootpPacket): boolean {
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
