/** BOOTP by hand: requests of a board, networks, and a server machine with a clock that the test moves. */

import { emptyPlan, type Plan } from "../../src/model/plan";
import type { Network } from "../../src/protocol/ipv4";
import type { BootpSituation, ClientView } from "../../src/protocol/bootp/clients";
import type { Leases } from "../../src/protocol/bootp/leases";
import type { Endpoint } from "../../src/protocol/endpoint";
import { messageTypes, option, type OptionName, type OptionValue } from "../../src/protocol/bootp/options";
import { decodePacket, encodePacket, parseMac, type BootpPacket } from "../../src/protocol/bootp/packet";
import { BootpMachine, type Datagram, type Reaction } from "../../src/protocol/bootp/server";
import type { TransferStage } from "../../src/protocol/bootp/sequence";

export const boardMac = "52:54:00:12:34:56";
export const otherMac = "52:54:00:12:34:57";

export const network = (address: string, netmask = "255.255.255.0"): Network => ({
  address,
  netmask,
  interfaceName: "eth1",
});
export const bench = network("192.168.7.1");
export const lab = network("10.78.0.1");

export const aPlan = (plan: Partial<Plan>): Plan => ({ ...emptyPlan, ...plan });

export function situation(plan: Partial<Plan>, rest: Partial<BootpSituation> = {}): BootpSituation {
  return {
    plan: aPlan(plan),
    answer: "boards",
    proxy: false,
    obstacle: () => undefined,
    networks: [bench],
    allows: () => true,
    allowsPlanned: true,
    sightings: 100,
    directedBroadcast: false,
    ...rest,
  };
}

type OptionValues = { readonly [Name in OptionName]?: OptionValue<Name> };

export const options = (values: OptionValues): Map<number, Uint8Array> =>
  new Map(Object.entries(values).map(([name, value]) => option(name as OptionName, value)));

/** A request as a board without an address sends it. `options` undefined: no cookie. */
export function aRequest(fields: Partial<BootpPacket> & { readonly mac?: string } = {}): BootpPacket {
  const { mac = boardMac, ...rest } = fields;
  return {
    op: 1,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid: 0x12345678,
    secs: 0,
    flags: 0,
    ciaddr: "0.0.0.0",
    yiaddr: "0.0.0.0",
    siaddr: "0.0.0.0",
    giaddr: "0.0.0.0",
    chaddr: parseMac(mac)!,
    sname: "",
    file: "",
    options: new Map(),
    ...rest,
  };
}

export const dhcp = (
  type: keyof typeof messageTypes,
  values: OptionValues = {},
  fields: Parameters<typeof aRequest>[0] = {},
): BootpPacket => aRequest({ ...fields, options: options({ messageType: messageTypes[type], ...values }) });

export const broadcaster: Endpoint = { address: "0.0.0.0", port: 68 };

/** A reply as a board reads it. */
export interface ReadReply {
  readonly packet: BootpPacket;
  readonly bytes: Uint8Array;
  readonly via: string;
  readonly to: string;
}

const bytesOf = (request: BootpPacket | Uint8Array): Uint8Array =>
  request instanceof Uint8Array ? request : encodePacket(request);

/** The server's machine, asked in words. Each packet goes through the codec on both ways. */
export class Bench {
  readonly machine: BootpMachine;
  now = 1_000;
  last: Reaction | undefined;

  constructor(
    public situation: BootpSituation,
    leases?: Leases,
  ) {
    this.machine = new BootpMachine(leases);
  }

  ask(request: BootpPacket | Uint8Array, from = broadcaster, on?: string): readonly ReadReply[] {
    return this.receive({ packet: bytesOf(request), from, on });
  }

  /** At port 4011 of the first served address, from where a board with that address asks. */
  askBootServer(request: BootpPacket | Uint8Array, from: Endpoint): readonly ReadReply[] {
    const on = this.situation.networks[0]!.address;
    return this.receive({ packet: bytesOf(request), from, on, toBootServer: true });
  }

  private receive(datagram: Datagram): readonly ReadReply[] {
    this.last = this.machine.receive(datagram, this.situation, this.now);
    return this.last.replies.map(({ packet: bytes, via, to }) => ({
      packet: decodePacket(bytes),
      bytes,
      via,
      to: `${to.address}:${to.port}`,
    }));
  }

  /** The only reply. */
  reply(request: BootpPacket | Uint8Array, from = broadcaster, on?: string): ReadReply {
    const replies = this.ask(request, from, on);
    if (replies.length !== 1) throw new Error(`${replies.length} replies: ${JSON.stringify(this.last)}`);
    return replies[0]!;
  }

  /** The file of each reply; [] is silence. */
  files(request: BootpPacket, from = broadcaster): readonly string[] {
    return this.ask(request, from).map(({ packet }) => packet.file);
  }

  /** The row after the last request. */
  get view(): ClientView {
    return this.last!.clients[0]!;
  }

  transfer(address: string, file: string, ...stages: readonly TransferStage[]): readonly ClientView[] {
    return stages.flatMap((stage) =>
      this.machine.departed({ protocol: "tftp", address, file, stage }, this.situation, this.now),
    );
  }

  /** Whatever else a board does at that address. */
  heard(address: string): readonly ClientView[] {
    return this.machine.heard(address, this.situation, this.now);
  }

  /** A whole transfer that arrived. */
  fetches(address: string, file: string): readonly ClientView[] {
    return this.transfer(address, file, "started", "sent", "fetched", "ended");
  }
}
