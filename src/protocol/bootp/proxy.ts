/**
 * proxyDHCP (PXE 2.1 §2.2): beside the network's own DHCP server, which gives addresses, PXE clients are told their
 * boot file and where it is. Nobody else gets a packet, listed or not: two servers on one network confuse boards.
 */

import type { Notice } from "./clients";
import type { Conversation } from "./conversation";
import { getOption, messageTypes } from "./options";
import { unspecified } from "./packet";
import { isPxe } from "./pxe";
import { inNetwork } from "../ipv4";
import { noNetwork, unlisted } from "./refusals";

/** Answers a PXE client, or says why nobody is answered. @param type undefined: plain BOOTP. */
export function answerAsProxy(conversation: Conversation, type: number | undefined): void {
  const { arrival, client, listed, links, situation } = conversation;
  const { request, toBootServer } = arrival;
  const chosen = type === messageTypes.REQUEST && !toBootServer ? chosenAddress(conversation) : undefined;
  if (chosen !== undefined) conversation.hasAddress(chosen);
  if (listed === undefined && situation.answer === "listed") {
    conversation.refuse("seen", unlisted(client.mac, false));
  } else if (links.length === 0) {
    conversation.refuse("refused", noNetwork);
  } else if (type === undefined || !isPxe(request)) {
    conversation.refuse("seen", leftToOther(type), serversFor(conversation));
  } else if (toBootServer) {
    // The question that follows the address, a REQUEST to port 4011 (step 5).
    if (type === messageTypes.REQUEST) tell(conversation, "ACK");
  } else if (type === messageTypes.DISCOVER) {
    tell(conversation, "OFFER");
  }
  // All else is said to the server whose address the client takes.
}

/** The boot file and its server on each link, without an address (steps 2 and 6). */
function tell(conversation: Conversation, messageType: "OFFER" | "ACK"): void {
  // Whoever was offered a file asks for the same one at port 4011: that is no round of the boot sequence.
  const asked = messageType === "ACK" && conversation.client.cursor.named;
  const { file, silent } = asked
    ? { file: conversation.fileAsItStands(), silent: false }
    : conversation.askForFile();
  if (file === "" && conversation.takesBootFile) {
    if (!silent) conversation.refuse("seen", nothingToLoad);
    return;
  }
  for (const link of conversation.links) {
    conversation.reply(link, { messageType, yiaddr: unspecified, file });
  }
}

/** What a client that took another server's offer asks that server for; its transfers will come from there. */
function chosenAddress({ arrival: { request } }: Conversation): string | undefined {
  const address = (request.options && getOption(request.options, "requestedAddress")) ?? request.ciaddr;
  return address === unspecified ? undefined : address;
}

/** The addresses of this host that the other server may name: on the board's network, where that is known. */
function serversFor({ arrival: { request }, links, situation: { plan } }: Conversation): readonly string[] {
  if (plan.server !== undefined) return [plan.server];
  const named = request.options && getOption(request.options, "serverIdentifier");
  const near = links.filter(({ subnet }) => named !== undefined && inNetwork(subnet, named));
  return (near.length > 0 ? near : links).map(({ server }) => server.address);
}

const leftToOther = (type: number | undefined): Notice => ({
  code: "proxy.notPxe",
  message: `it ${type === undefined ? "asks by plain BOOTP" : "is no PXE client"}, so its boot file is the network's own DHCP server's to name`,
});

const nothingToLoad: Notice = {
  code: "boot.none",
  message: "the plan has no boot file for it, so there is nothing to tell it",
  remedy: 'Name one under "boot", or in a rule under "match".',
};
