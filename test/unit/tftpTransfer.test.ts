import assert from "node:assert/strict";
import { BootLog } from "../../src/engine/bootLog/bootLog";
import { Journal } from "../../src/engine/journal";
import type { ServerContext, Situation } from "../../src/engine/server";
import { ServedTransfer, type TransferHome } from "../../src/engine/tftpServer/transfer";
import type { UdpSocket } from "../../src/engine/udp";
import { emptyPlan } from "../../src/model/plan";
import { defaultLimits } from "../../src/model/settings";
import { decodePacket, type Packet, type Request } from "../../src/protocol/tftp/packet";
import { VirtualClock } from "../support/virtualClock";

describe("TFTP transfer of the server", () => {
  it("without a descriptor left for its port the client is told by the listening port, and a row says why (X11)", async () => {
    const clock = new VirtualClock();
    const journal = new Journal(clock);
    const told: Packet[] = [];
    let concluded = 0;
    const home: TransferHome = {
      context: {
        clock,
        journal,
        bootLog: new BootLog(journal),
        situation: () =>
          ({
            wanted: { limits: defaultLimits },
            plan: emptyPlan,
            rootOf: () => ({}),
          }) as unknown as Situation,
        changed: () => undefined,
        heard: () => undefined,
        boards: {},
        departed: () => assert.fail("nothing departs"),
      } satisfies ServerContext,
      openPort: () =>
        Promise.reject(
          new Error("cannot listen", { cause: Object.assign(new Error("x"), { code: "EMFILE" }) }),
        ),
      foreign: () => assert.fail("nobody is there"),
      answered: () => assert.fail("nobody answers"),
      concluded: () => (concluded += 1),
      chunkSize: () => 65536,
      inThread: () => undefined,
    };
    const listener: UdpSocket = {
      local: { address: "127.0.0.1", port: 69 },
      send: (packet) => told.push(decodePacket(packet)),
      close: () => Promise.resolve(),
    };
    const request: Request = { op: "RRQ", file: "fw.bin", mode: "octet", options: new Map() };
    const peer = { address: "127.0.0.1", port: 2070 };
    const transfer = new ServedTransfer(home, new Uint8Array(2), request, peer, "127.0.0.1", listener);
    await transfer.closed;
    assert.deepEqual(told, [
      { op: "ERROR", code: 0, message: "no port for the transfer can be had (EMFILE)" },
    ]);
    const [row] = [...journal.snapshot().transfers.values()];
    assert.deepEqual([row?.state, row?.trouble?.code, concluded], ["refused", "tftp.noPort", 1]);
  });
});
