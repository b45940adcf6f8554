import assert from "node:assert/strict";
import { encodeText } from "../../src/protocol/bytes";
import { aRequest, Bench, boardMac, options, situation } from "../support/bootp";

const address = "192.168.7.10";
const files = ["u-boot.bin", "copy-files4.rc"] as const;
const plan = { boot: files, clients: [{ mac: boardMac, address }], restartSeconds: 60 };

describe("a board that is heard by TFTP or FTP, and not for its boot file (DESIGN §2.1, restartSeconds)", () => {
  it("goes on with its sequence: an upload, a command and a refused file are packets too", () => {
    const server = new Bench(situation(plan));
    server.files(aRequest({ xid: 1 }));
    server.fetches(address, files[0]);
    for (let times = 0; times < 6; times += 1) {
      server.now += 50_000;
      const [row] = server.heard(address);
      assert.deepEqual([row?.detail, row?.lastSeenAt], ["next: copy-files4.rc (2 of 2)", server.now]);
      server.now += 999;
      assert.deepEqual(server.heard(address), [], "its row says so once a second at most");
    }
    server.now += 59_999;
    assert.deepEqual(server.files(aRequest({ xid: 2 })), [files[1]]);
    server.now += 60_000;
    assert.equal(server.heard(address)[0]?.detail, "next: u-boot.bin (1 of 2)");
  });

  it("is no verification: that leaves no board behind at its address (DESIGN §2.3)", () => {
    const server = new Bench(situation(plan));
    const clientIdentifier = encodeText("boot-servers-verify-a");
    server.files(aRequest({ options: options({ clientIdentifier }) }), { address, port: 40_000 });
    assert.ok(server.machine.clientAt(address, server.now));
    server.now += 59_999;
    assert.deepEqual(server.heard(address), []);
    server.now += 1;
    assert.deepEqual(server.heard(address), []);
    assert.equal(server.machine.clientAt(address, server.now), undefined);
  });

  it("is nobody where no board asked BOOTP from that address, or was given it", () => {
    const server = new Bench(situation(plan));
    server.files(aRequest());
    assert.deepEqual(server.heard("192.168.7.200"), []);
  });
});
