/** A BOOTP server on loopback that answers what a test says, as often and as late as it says. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { BOOTREPLY, decodePacket, encodePacket, type BootpPacket } from "../../src/protocol/bootp/packet";
import type { Liar } from "./liars";

/** What goes back: these fields over those of the request. */
export type ScriptedReply = Partial<Pick<BootpPacket, "file" | "siaddr" | "xid">>;

/**
 * @param script what is sent for the n-th question (from 1; by its xid) when it is asked for the k-th time (from 1).
 */
export async function scriptedBootp(
  script: (question: number, time: number) => readonly ScriptedReply[],
): Promise<Liar> {
  const socket = createSocket("udp4");
  const times = new Map<number, number>();
  socket.on("message", (bytes, from) => {
    const request = decodePacket(bytes);
    const time = (times.get(request.xid) ?? 0) + 1;
    times.set(request.xid, time);
    const question = [...times.keys()].indexOf(request.xid) + 1;
    for (const reply of script(question, time)) {
      const { ciaddr } = request;
      const packet = { ...request, op: BOOTREPLY, yiaddr: ciaddr, siaddr: "127.0.0.1", file: "", ...reply };
      socket.send(encodePacket({ ...packet, options: new Map() }), from.port, from.address);
    }
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    port: socket.address().port,
    close: () =>
      new Promise((resolve) => {
        socket.close(() => {
          resolve();
        });
      }),
  };
}
