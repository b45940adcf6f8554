/** BOOTP and DHCP: servers that answer whom each of the modes allows, a board that asks, and the look-out for other servers. */

import assert from "node:assert/strict";
import { BootpQuestion } from "../../src/protocol/bootp/client";
import type { BootpSituation } from "../../src/protocol/bootp/clients";
import type { Endpoint } from "../../src/protocol/endpoint";
import { decodePacket, parseMac } from "../../src/protocol/bootp/packet";
import { RivalWatch } from "../../src/protocol/bootp/rivals";
import { BootpMachine } from "../../src/protocol/bootp/server";
import { MalformedPacket } from "../../src/protocol/errors";
import { defaultLimits } from "../../src/model/settings";
import { bench, boardMac, lab, situation } from "../support/bootp";
import { captured } from "../support/captured";
import { corpus } from "./corpus";
import type { Target } from "./fuzz";
import { oneOf } from "./mutations";

const plan = {
  boot: ["u-boot.bin", "copy-files4.rc"],
  clients: [{ mac: boardMac, name: "bench-1", address: "192.168.7.10", boot: "bench1.bin" }],
  match: [{ vendorClass: "PXEClient", boot: "pxe.bin" }],
  pool: [{ first: "192.168.7.100", last: "192.168.7.150" }],
};
const places: readonly Endpoint[] = [
  { address: "0.0.0.0", port: 68 },
  { address: "192.168.7.10", port: 68 },
  { address: "192.168.7.200", port: 1067 },
  { address: "10.78.0.9", port: 67 },
  { address: "127.0.0.1", port: 40_000 },
];

function newQuestion(speech: "bootp" | "dhcp"): BootpQuestion {
  const question = new BootpQuestion({
    board: { chaddr: parseMac(boardMac)!, options: new Map() },
    envelope: { ciaddr: "0.0.0.0", giaddr: "0.0.0.0", flags: 0 },
    speech,
    xid: 0x12345678,
    serverPort: 67,
    tries: 3,
    tryMs: 2_000,
  });
  question.start(0);
  return question;
}

export function bootpTarget(): Target {
  const answers = ["listed", "boards", "everyone"] as const;
  const servers = answers.map((answer) => {
    const told: BootpSituation = situation(plan, {
      answer,
      networks: [bench, lab],
      sightings: defaultLimits.sightings,
    });
    return { machine: new BootpMachine(), told };
  });
  const rivals = new RivalWatch({ id: "1", xid: () => 1, chaddrOf: () => parseMac(boardMac)! });
  rivals.follow([bench, lab], 0);
  let now = 0;
  return {
    name: "bootp",
    inputs: [...corpus("bootp"), ...Object.values(captured)],
    words: [
      "c\u0082Sc",
      "5\u0001\u0001",
      "5\u0001\u0003",
      "=\u0007",
      "PXEClient",
      "R\u0004",
      "\u00ff",
      "\0\0\0\0",
    ],
    run(input, random) {
      now += random() * 1_000;
      const from = oneOf(random, places);
      const { machine, told } = oneOf(random, servers);
      const { replies, clients, dropped } = machine.receive(
        { packet: input, from, on: undefined },
        told,
        now,
      );
      assert.ok(replies.length <= told.networks.length);
      for (const { packet } of replies) {
        decodePacket(packet);
        // Nobody is hit with more than a frame, and no board's buffer with more than it told (S7).
        assert.ok(packet.length <= 1500);
      }
      const [client] = clients;
      if (client?.file !== undefined) {
        const { address } = from;
        machine.departed({ protocol: "tftp", address, file: client.file, stage: "fetched" }, told, now);
      }
      const speech = oneOf(random, ["bootp", "dhcp"] as const);
      const answered = newQuestion(speech).receive(input, { address: "192.168.7.1", port: 67 }, 1).done;
      try {
        rivals.heard(decodePacket(input), now);
        rivals.timeout(now);
      } catch (error) {
        assert.ok(error instanceof MalformedPacket);
      }
      return [
        dropped ?? "",
        replies.length,
        client?.stage,
        client?.notice?.code,
        answered === undefined,
      ].join(" ");
    },
  };
}
