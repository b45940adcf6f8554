/** Every BOOTP and DHCP packet that goes through a host's `eth0`, as another program sees it there. */

import type { Host } from "./namespace";
import type { Running } from "./processes";

export interface SeenPacket {
  /** `10.77.0.1:67`; a board without an address is 0.0.0.0. */
  readonly from: string;
  readonly op: "request" | "reply";
  readonly xid: string;
  /** Whose question it is, or is the answer to. Lower case with colons. */
  readonly mac: string;
  readonly yiaddr: string;
  /** "PXEClient" stands in it. */
  readonly pxe: boolean;
}

const program = `
import json, socket
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind(("eth0", 0))
print("watching", flush=True)
while True:
    ip = wire.recv(2000)[14:]
    if len(ip) < 270 or ip[0] != 0x45 or ip[9] != socket.IPPROTO_UDP: continue
    ports = [int.from_bytes(ip[at:at + 2], "big") for at in (20, 22)]
    if not {67, 68, 4011}.intersection(ports): continue
    bootp = ip[28:]
    print(json.dumps({
        "from": "%s:%d" % (socket.inet_ntoa(ip[12:16]), ports[0]),
        "op": "request" if bootp[0] == 1 else "reply",
        "xid": bootp[4:8].hex(),
        "mac": bootp[28:34].hex(":"),
        "yiaddr": socket.inet_ntoa(bootp[16:20]),
        "pxe": b"PXEClient" in bootp,
    }), flush=True)
`;

export interface BootpWatch {
  readonly running: Running;
  /** What was seen so far, in its order. */
  seen(): SeenPacket[];
  /** Resolves with the first one, past or to come. */
  packet(what: string, wanted: (packet: SeenPacket) => boolean): Promise<SeenPacket>;
}

/** Resolves when it watches; to be killed at the end. */
export async function watchBootp(host: Host): Promise<BootpWatch> {
  const running = host.start("python3", ["-c", program]);
  await running.waitFor("watching", (output) => (output.startsWith("watching\n") ? true : undefined));
  const seen = (): SeenPacket[] =>
    running.stdout
      .split("\n")
      .slice(1, -1)
      .map((line) => JSON.parse(line) as SeenPacket);
  return { running, seen, packet: (what, wanted) => running.waitFor(what, () => seen().find(wanted)) };
}
