/** The DHCP server's side for listed clients: RFC 2131 §4.3, one function for each message type. */

import type { Notice } from "./clients";
import { leaseSeconds, type Conversation } from "./conversation";
import type { Link } from "./networks";
import { getOption, messageTypes } from "./options";
import { unspecified } from "./packet";

/** By message type; a type that is not here gets no answer. */
const answers: Readonly<Record<number, (conversation: Conversation) => void>> = {
  [messageTypes.DISCOVER]: discover,
  [messageTypes.REQUEST]: request,
  [messageTypes.DECLINE]: decline,
  [messageTypes.RELEASE]: release,
  [messageTypes.INFORM]: inform,
};

export const isAnsweredType = (type: number): boolean => type in answers;

/** Answers a DHCP message of a listed client. */
export function answerDhcp(conversation: Conversation, type: number): void {
  answers[type]?.(conversation);
}

const optionOf = (
  { arrival: { request } }: Conversation,
  name: "requestedAddress" | "serverIdentifier",
): string | undefined => request.options && getOption(request.options, name);

function noAddress({ client, listed, links }: Conversation): Notice {
  const where = links.map(({ subnet }) => subnet.address).join(", ");
  return {
    code: "client.noAddress",
    message:
      listed?.address === undefined
        ? `no OFFER: the plan has no address for this client, and no free one in a pool of the network of ${where}`
        : `no OFFER: its address ${listed.address} is not in the network of ${where}`,
    remedy: `Give ${listed?.name ?? client.mac} an "address" of that network in the plan, or the plan a "pool" there.`,
  };
}

/** An OFFER on each link where there is an address for the client (§4.3.1). */
function discover(conversation: Conversation): void {
  const { now, links } = conversation;
  const wanted = optionOf(conversation, "requestedAddress");
  const offers = links.flatMap((link) => {
    const yiaddr = conversation.addressOn(link, wanted);
    return yiaddr === undefined ? [] : [{ link, yiaddr }];
  });
  if (offers.length === 0) {
    conversation.refuse("refused", noAddress(conversation));
    return;
  }
  const { file } = conversation.askForFile();
  for (const { link, yiaddr } of offers) {
    conversation.lease((leases, key) => {
      leases.offer(key, yiaddr, now);
    });
    conversation.reply(link, { messageType: "OFFER", yiaddr, file, leaseSeconds });
  }
}

/** SELECTING, INIT-REBOOT, RENEWING and REBINDING (§4.3.2), told apart by option 54 and `ciaddr`. */
function request(conversation: Conversation): void {
  const { arrival, links, now } = conversation;
  const { ciaddr } = arrival.request;
  const wanted = optionOf(conversation, "requestedAddress");
  const named = optionOf(conversation, "serverIdentifier");
  // iPXE writes 0.0.0.0 when the offer was a plain BOOTP reply (facts/boards.md): that names nobody.
  const server = named === unspecified ? undefined : named;
  if (server !== undefined && conversation.situation.networks.every(({ address }) => address !== server)) {
    conversation.lease((leases, key) => {
      leases.forgetOffers(key, now);
    });
    conversation.warn({
      code: "dhcp.otherServer",
      message: `took the offer of the DHCP server ${server}`,
      remedy:
        "Serve beside that one (--answer proxy, setting bootServers.bootp.answer), or take it off this network.",
    });
    return;
  }
  const renewing = server === undefined && ciaddr !== unspecified;
  const asked = renewing ? ciaddr : (wanted ?? ciaddr);
  const chosen = links
    .filter((link) => server === undefined || link.server.address === server)
    .map((link) => ({ link, address: conversation.addressOn(link, asked) }));
  const right = chosen.find(({ address }) => address !== undefined && [address, unspecified].includes(asked));
  if (right?.address !== undefined) {
    acknowledge(conversation, right.link, right.address, renewing);
    return;
  }
  // Where this server has no address for the client it knows nothing of it, and is silent (§4.3.2). Strangers never
  // get a NAK (DESIGN §2.1): what they ask for may be another server's to give.
  for (const { link, address } of chosen) {
    if (address === undefined || conversation.listed === undefined) continue;
    const message = `${asked} is not this client's address here`;
    conversation.reply(link, { messageType: "NAK", yiaddr: unspecified, file: "", message });
    conversation.warn({
      code: "dhcp.nak",
      message: `asked for ${asked} and was told to ask anew: ${address} is its address here`,
    });
  }
  if (chosen.length > 0 && chosen.every(({ address }) => address === undefined))
    conversation.refuse("refused", noAddress(conversation));
}

function acknowledge(conversation: Conversation, link: Link, yiaddr: string, renewing: boolean): void {
  // A renewal comes from a running system: it is no round of the boot sequence.
  const file = renewing ? conversation.fileAsItStands() : conversation.askForFile().file;
  conversation.lease((leases, key) => {
    leases.forgetOffers(key, conversation.now);
    leases.bind(key, yiaddr, leaseSeconds * 1000, conversation.now);
  });
  conversation.reply(link, { messageType: "ACK", yiaddr, file, leaseSeconds });
}

/** Somebody else answered ARP for the address (§4.3.3). */
function decline(conversation: Conversation): void {
  const address = optionOf(conversation, "requestedAddress") ?? unspecified;
  conversation.lease((leases, key) => {
    leases.decline(key, address, conversation.now);
  });
  conversation.warn({
    code: "dhcp.declined",
    message: `found ${address} in use by another computer`,
    remedy: "Find that computer, or give this client another address.",
  });
}

/** The address is free again; no reply (§4.3.4). */
function release(conversation: Conversation): void {
  const { ciaddr } = conversation.arrival.request;
  conversation.lease((leases, key) => {
    leases.release(key, ciaddr, conversation.now);
  });
}

/** Everything but an address and its times (§4.3.5). */
function inform(conversation: Conversation): void {
  const link = conversation.links[0];
  if (link === undefined) return;
  const { file } = conversation.askForFile();
  conversation.reply(link, { messageType: "ACK", yiaddr: unspecified, file });
}
