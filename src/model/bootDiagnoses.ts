/**
 * What the packets of a boot most likely mean: one sentence each, by name. The servers see the one end of the wire, so
 * where more than one cause fits they are all named, the most frequent first.
 */

import type { Diagnosis } from "./events";

/** Beyond this a block does not fit into one frame of Ethernet: 1500 bytes less the headers of IP, UDP and DATA. */
export const largestUnfragmented = 1468;

const messages = {
  "bootp.repeated":
    "The same request again and again: our answer does not arrive. Often a firewall, or a switch port that is not open yet.",
  "bootp.startsOver":
    "It gets our answer and asks anew: often it wants a boot file or an option that the answer does not have.",
  "bootp.newXid": "Each has another xid, as U-Boot's retries have: it is one boot, and not several.",
  "bootp.noRequest":
    "No TFTP request after our answer: often a firewall, or siaddr is not reachable from the board.",
  "bootp.noFile": "Our answer names no boot file: the board has to know one itself, or stops here.",
  "tftp.repeated":
    "The same request again and again: our answer does not arrive. Often a firewall that lets port 69 through, but not the port of the transfer.",
  "tftp.noAnswer":
    "The board asked and then kept silent: our first DATA did not arrive. Often a firewall that lets port 69 through, but not the port of the transfer.",
  "tftp.oackIgnored":
    "Our OACK was never acknowledged: a firewall, or a board that asks for options and does not understand the answer.",
  "tftp.fragments":
    "Blocks this large travel in fragments, and their first one never arrived: many boards and switches drop fragments. Set tftp.maxBlksize to 1468.",
  "tftp.askedSize": "It asked for the size only, and broke off on purpose.",
  "tftp.optionRefused": "The board refused what our OACK granted.",
  "tftp.stalled":
    "The board stopped in the middle: often it was reset or lost its link, or its memory is full.",
  "tftp.lossy":
    "More than one packet in a hundred went out again: often a bad cable, a duplex mismatch, or a window that is larger than the board takes.",
  "tftp.asleep": "The board was silent between two blocks: it writes its flash, or its console blocks.",
  "tftp.silent":
    "The board was silent between two blocks, whatever was sent again: it writes its flash, or its console blocks, or the network lost packets for so long.",
  "boot.startedOver":
    "The board began anew in the middle of a file: a watchdog, a power cycle, or its own retry.",
  "boot.loops": "Its third boot within five minutes: a boot loop, unless somebody restarted it.",
  "ftp.activeBlocked":
    "No data connection from here to the board: it asked for active FTP, and a firewall or a router on its side stops that. Let it use passive FTP.",
  "ftp.passiveBlocked":
    "The board made no data connection: often a firewall here that lets port 21 through, but not the passive ports.",
  "ftp.stoodStill":
    "The data connection stood still: the board writes its flash, or its console blocks, or the network lost packets for so long.",
  "ftp.wrongPassword": "The FTP login was refused: user name or password are not those that are set.",
} as const;

export type DiagnosisCode = keyof typeof messages;

/** What it means that an FTP data connection could not be made. */
export const noDataConnection = (mode: "active" | "passive"): DiagnosisCode =>
  mode === "active" ? "ftp.activeBlocked" : "ftp.passiveBlocked";

export const diagnosis = (code: DiagnosisCode): Diagnosis => ({ code, message: messages[code] });
