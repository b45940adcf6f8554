/** A BOOTP or DHCP request and what became of it, as the boot log tells it. */

import type { ClientView } from "../../protocol/bootp/clients";
import { describePacket, fileOf } from "../../protocol/bootp/describe";
import { getOption, messageTypes } from "../../protocol/bootp/options";
import { decodePacket, unspecified, type BootpPacket } from "../../protocol/bootp/packet";
import type { Reaction } from "../../protocol/bootp/server";
import type { Question } from "../bootLog/clientLog";

/** @param isOurs true for an address whose TFTP requests are seen here. */
export function questionOf(
  request: BootpPacket,
  { replies }: Reaction,
  client: ClientView,
  isOurs: (address: string) => boolean,
): Question {
  const sent = replies.map(({ packet }) => decodePacket(packet));
  const { type, about } = describePacket(request);
  const [first] = sent;
  return {
    type,
    xid: request.xid,
    about,
    answer: sent.length > 0 ? sent.map(describeReply).join(" and ") : whyNot(type, client),
    answered: sent.length > 0,
    begins: type === "BOOTREQUEST" || type === "DISCOVER",
    subject: `${client.vendorClass ?? ""}\0${first === undefined ? "" : fileOf(first)}`,
    next: first === undefined || client.verification ? undefined : nextOf(request, first, isOurs),
  };
}

function describeReply(packet: BootpPacket): string {
  const { type, about } = describePacket(packet);
  return `${type} ${about}`;
}

/** Messages that are told and not asked (RFC 2131 §4.3.3, §4.3.4). */
const told = ["DECLINE", "RELEASE"];

function whyNot(type: string, { stage, notice }: ClientView): string | undefined {
  if (notice !== undefined) return `no answer: ${notice.message}`;
  if (told.includes(type)) return undefined;
  return stage === "silent" ? "no answer: silent after the last file" : "no answer";
}

/** An OFFER is followed by a REQUEST; only then a board loads its file. */
function nextOf(
  request: BootpPacket,
  reply: BootpPacket,
  isOurs: (address: string) => boolean,
): Question["next"] {
  const type = reply.options && getOption(reply.options, "messageType");
  if (type !== undefined && type !== messageTypes.ACK) return undefined;
  if (fileOf(reply) !== "") return isOurs(reply.siaddr) ? "request" : undefined;
  // A renewal, and a system that wants an address alone, need no file.
  return type === undefined && request.ciaddr === unspecified ? "noFile" : undefined;
}
