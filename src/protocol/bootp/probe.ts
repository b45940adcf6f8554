/** The question for other DHCP servers: a DISCOVER of this computer, whose OFFER nobody takes. */

import { encodeText } from "../bytes";
import { messageTypes, option, optionTable } from "./options";
import { BOOTREQUEST, broadcastFlag, encodePacket, ethernet, unspecified } from "./packet";

/** Option 61 of our own questions begins with this; so no lease of this computer's own is touched. */
export const probePrefix = "boot-servers-probe-";

export interface Question {
  /** A text that nobody else who asks has. */
  readonly id: string;
  readonly xid: number;
  /** The hardware address of the interface: a switch may let no other through. */
  readonly chaddr: Uint8Array;
  /** Asked as a relay agent with this address, and answered at its port 67; absent: at port 68, by broadcast. */
  readonly relay?: string | undefined;
}

export function encodeProbe({ id, xid, chaddr, relay }: Question): Uint8Array {
  return encodePacket({
    op: BOOTREQUEST,
    htype: ethernet,
    hlen: 6,
    hops: relay === undefined ? 0 : 1,
    xid,
    secs: 0,
    flags: broadcastFlag,
    ciaddr: unspecified,
    yiaddr: unspecified,
    siaddr: unspecified,
    giaddr: relay ?? unspecified,
    chaddr,
    sname: "",
    file: "",
    options: new Map([
      option("messageType", messageTypes.DISCOVER),
      option("clientIdentifier", encodeText(`${probePrefix}${id}`)),
      option("parameterRequestList", Uint8Array.of(optionTable.subnetMask.code, optionTable.router.code)),
    ]),
  });
}
