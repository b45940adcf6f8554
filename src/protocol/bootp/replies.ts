/** The bytes of a reply: RFC 951 §7.3, RFC 1542 §5.4, RFC 2131 table 3, RFC 6842. Decides nothing. */

import { encodeText } from "../bytes";
import { broadcastAddress, type Network } from "../ipv4";
import { replyFlags } from "./networks";
import { getOption, messageTypes, option, optionTable, type OptionEntry } from "./options";
import {
  BOOTREPLY,
  encodePacket,
  longestMessage,
  shortestMessage,
  unspecified,
  type BootpPacket,
} from "./packet";
import { profileOptions, type ProfileName } from "./profiles";
import { pxeOptions } from "./pxe";

/** T1 and T2 are 0.5 and 0.875 of the lease (RFC 2131 §4.4.5). */
const renewalPart = 0.5;
const rebindingPart = 0.875;

export interface ReplyContent {
  readonly request: BootpPacket;
  /** Option 53; undefined: a plain BOOTP reply. */
  readonly messageType: "OFFER" | "ACK" | "NAK" | undefined;
  readonly yiaddr: string;
  /** The TFTP server. */
  readonly siaddr: string;
  /** The DHCP server: this host's address on the client's network. */
  readonly serverIdentifier: string;
  /** The client's network. */
  readonly subnet: Network;
  /** "" names no file. */
  readonly file: string;
  /** What the plan says beside these; of one code it is the plan's that counts. */
  readonly options: readonly OptionEntry[];
  readonly profile?: ProfileName | undefined;
  /** Undefined: no address was given (INFORM, NAK, BOOTP). */
  readonly leaseSeconds?: number | undefined;
  /** True: the network's own DHCP server gives addresses, and this reply gives none, whatever else stands here. */
  readonly proxy: boolean;
  /** Option 56, why a NAK was sent. */
  readonly message?: string | undefined;
}

/** The bytes that `sname` and `file` can hold, with the NUL behind them. */
const longestSname = 63;
const longestFile = 127;

/** True when the name does not fit into `file`; it goes as option 67 alone then. */
export const tooLongForFile = (file: string): boolean => encodeText(file).length > longestFile;

/** The reply as it goes on the wire. */
export function encodeReply(content: ReplyContent): Uint8Array {
  const { request, messageType } = content;
  const nak = messageType === "NAK";
  const dhcp = messageType !== undefined;
  return encodePacket(
    {
      op: BOOTREPLY,
      htype: request.htype,
      hlen: request.hlen,
      hops: 0,
      xid: request.xid,
      secs: dhcp ? 0 : request.secs,
      flags: replyFlags(request, nak),
      ciaddr: messageType === undefined || messageType === "ACK" ? request.ciaddr : unspecified,
      yiaddr: nak || content.proxy ? unspecified : content.yiaddr,
      siaddr: nak ? unspecified : content.siaddr,
      giaddr: request.giaddr,
      chaddr: request.chaddr,
      // In the header as well as in options 66 and 67: many boot loaders read the header alone (facts, D12).
      sname: nak ? "" : planned(content, "tftpServerName", longestSname),
      file:
        nak || tooLongForFile(content.file)
          ? ""
          : content.file || planned(content, "bootFileName", longestFile),
      // No cookie in, none out: that client reads no options (RFC 1497).
      options: request.options && new Map(dhcp ? dhcpOptions(content) : bootpOptions(content)),
    },
    longestReply(request, dhcp),
    dhcp,
  );
}

/** What the plan's options say of a field of the header; "": nothing, or more than it holds. */
function planned(
  { options }: ReplyContent,
  name: "tftpServerName" | "bootFileName",
  longest: number,
): string {
  const value = getOption(new Map(options), name) ?? "";
  return encodeText(value).length > longest ? "" : value;
}

const requestedCodes = (request: BootpPacket): readonly number[] => [
  ...((request.options && getOption(request.options, "parameterRequestList")) ?? []),
];

/**
 * Options of both kinds of reply. No router and no name server unless the plan names them: a lab's boards are not to
 * leave it (security §4.2).
 */
function commonOptions({ request, subnet, siaddr, file, proxy }: ReplyContent): OptionEntry[] {
  const asked = requestedCodes(request);
  const options = proxy
    ? []
    : [option("subnetMask", subnet.netmask), option("broadcastAddress", broadcastAddress(subnet))];
  if (asked.includes(optionTable.tftpServerName.code)) options.push(option("tftpServerName", siaddr));
  const wantsFile = asked.includes(optionTable.bootFileName.code) || tooLongForFile(file);
  if (file !== "" && wantsFile) options.push(option("bootFileName", file));
  return options;
}

/** The plan's options are sent whether they were asked for or not: who names them wants them. */
const withPlanned = (own: readonly OptionEntry[], { request, options }: ReplyContent): OptionEntry[] =>
  inOrder([...new Map([...own, ...options])], requestedCodes(request));

/**
 * What a relay agent added comes back unchanged in all replies (RFC 3046 §2.2), those of BOOTP and those to a switch
 * that adds it without a `giaddr` of its own: some drop a reply without.
 */
function relayOptions({ options }: BootpPacket): OptionEntry[] {
  const { code } = optionTable.relayAgentInformation;
  const bytes = options?.get(code);
  return bytes === undefined ? [] : [[code, bytes]];
}

function bootpOptions(content: ReplyContent): OptionEntry[] {
  return [...relayOptions(content.request), ...withPlanned(commonOptions(content), content)];
}

function dhcpOptions(content: ReplyContent): OptionEntry[] {
  const { request, messageType, profile, leaseSeconds } = content;
  const options = [
    option("messageType", messageTypes[messageType ?? "ACK"]),
    option("serverIdentifier", content.serverIdentifier),
  ];
  if (messageType === "NAK") options.push(option("message", content.message ?? "address not available"));
  if (leaseSeconds !== undefined) options.push(option("leaseTime", leaseSeconds));
  // RFC 6842 §3: the client identifier comes back exactly as it was sent.
  const identifier = request.options?.get(optionTable.clientIdentifier.code);
  if (identifier !== undefined) options.push([optionTable.clientIdentifier.code, identifier]);
  // Before what may find no room.
  options.push(...relayOptions(request));
  if (messageType !== "NAK") {
    const rest = [...commonOptions(content), ...pxeOptions(request, content.file)];
    if (profile !== undefined) rest.push(...profileOptions(profile, request, content.siaddr));
    if (leaseSeconds !== undefined) {
      rest.push(option("renewalTime", Math.floor(leaseSeconds * renewalPart)));
      rest.push(option("rebindingTime", Math.floor(leaseSeconds * rebindingPart)));
    }
    options.push(...withPlanned(rest, content));
  }
  return options;
}

/** The options in the order that the client asked for (option 55, RFC 2132 §9.8); the others behind them. */
function inOrder(options: readonly OptionEntry[], asked: readonly number[]): OptionEntry[] {
  const { subnetMask, router } = optionTable;
  const rank = (code: number): number => {
    const place = asked.includes(code) ? asked.indexOf(code) : asked.length;
    // RFC 2132 §3.3: the mask must come before the router.
    return code === subnetMask.code ? Math.min(place, rank(router.code)) : place;
  };
  return [...options].sort(([a], [b]) => rank(a) - rank(b));
}

/** IP and UDP headers, which option 57 counts. */
const headers = 28;

/**
 * The bytes that the client takes. DHCP: option 57, at least 576 with IP and UDP headers (RFC 2131 §2);
 * plain BOOTP: 300, a vendor area of 64 bytes (RFC 1497), unless option 57 says more.
 */
function longestReply({ options }: BootpPacket, dhcp: boolean): number {
  const maximum = options && getOption(options, "maximumMessageSize");
  if (maximum === undefined && !dhcp) return shortestMessage;
  return Math.min(Math.max(maximum ?? 0, 576), longestMessage) - headers;
}
