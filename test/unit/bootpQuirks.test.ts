import assert from "node:assert/strict";
import { DelayedAnswers } from "../../src/engine/bootpServer/delayedAnswers";
import type { Quirks } from "../../src/protocol/quirks";
import { verificationPrefix } from "../../src/protocol/bootp/clients";
import { encodeText } from "../../src/protocol/bytes";
import { aRequest, Bench, boardMac, dhcp, options, otherMac, situation } from "../support/bootp";
import { VirtualClock } from "../support/virtualClock";

const bench = (quirks: Quirks, rest = {}): Bench =>
  new Bench(
    situation({
      boot: "u-boot.bin",
      clients: [{ name: "bench-1", mac: boardMac, address: "192.168.7.10", quirks }],
      pool: [{ first: "192.168.7.100", last: "192.168.7.150" }],
      ...rest,
    }),
  );

describe("alwaysBroadcast", () => {
  const at = { address: "192.168.7.10", port: 68 };

  it("broadcasts what else would go to the address that a board says it has (RFC 1542 §4.1.2)", () => {
    const request = aRequest({ ciaddr: "192.168.7.10" });
    assert.equal(bench({}).reply(request, at).to, "192.168.7.10:68");
    assert.equal(bench({ alwaysBroadcast: true }).reply(request, at).to, "255.255.255.255:68");
    const renewal = dhcp("REQUEST", {}, { ciaddr: "192.168.7.10" });
    assert.equal(bench({}).reply(renewal, at).to, "192.168.7.10:68");
    assert.equal(bench({ alwaysBroadcast: true }).reply(renewal, at).to, "255.255.255.255:68");
  });

  it("is that board's alone", () => {
    const request = aRequest({ mac: otherMac, ciaddr: "192.168.7.11" });
    const { to } = bench({ alwaysBroadcast: true }).reply(request, { address: "192.168.7.11", port: 68 });
    assert.equal(to, "192.168.7.11:68");
  });

  it("goes to the subnet's broadcast address where no socket of the served address can be had", () => {
    const one = bench({ alwaysBroadcast: true });
    one.situation = { ...one.situation, directedBroadcast: true };
    assert.equal(one.reply(aRequest({ ciaddr: "192.168.7.10" }), at).to, "192.168.7.255:68");
  });

  it("leaves alone what a relay agent sends, and what comes from a port of its own: a rehearsal", () => {
    const quirks = { alwaysBroadcast: true };
    assert.equal(bench(quirks).reply(aRequest({ giaddr: "192.168.7.254" })).to, "192.168.7.254:67");
    const asker = { address: "192.168.7.10", port: 40_000 };
    assert.equal(bench(quirks).reply(aRequest({ ciaddr: "192.168.7.10" }), asker).to, "192.168.7.10:40000");
  });
});

describe("answerDelayMs", () => {
  it("is said with each answer of that board, and of no other, nor of a verification that plays it", () => {
    const one = bench({ answerDelayMs: 1500 });
    one.ask(aRequest());
    assert.equal(one.last!.delayMs, 1500);
    one.ask(dhcp("DISCOVER"));
    assert.equal(one.last!.delayMs, 1500);
    one.ask(aRequest({ mac: otherMac }));
    assert.equal(one.last!.delayMs, 0);
    const clientIdentifier = encodeText(`${verificationPrefix}x`);
    one.ask(aRequest({ options: options({ clientIdentifier }) }));
    assert.equal(one.last!.delayMs, 0);
  });

  it("lets an answer wait, and what is asked meanwhile is answered in its place, not later", () => {
    const clock = new VirtualClock();
    const answers = new DelayedAnswers(clock);
    const sent: string[] = [];
    const start = clock.now();
    const send = (client: string, ms: number, text: string): void => {
      answers.send(client, ms, () => sent.push(`${clock.now() - start} ${text}`));
    };
    send("a", 1000, "a1");
    send("b", 0, "b1");
    // U-Boot asks again after 0.25, 0.5 and 1 s.
    clock.advance(250);
    send("a", 1000, "a2");
    clock.advance(500);
    send("a", 1000, "a3");
    clock.advance(5000);
    send("a", 1000, "a4");
    clock.advance(5000);
    assert.deepEqual(sent, ["0 b1", "1000 a3", "6750 a4"]);
  });

  it("is not kept for more clients than a flood may have, and nothing is sent after the end", () => {
    const clock = new VirtualClock();
    const answers = new DelayedAnswers(clock);
    let sent = 0;
    for (let n = 0; n < 2000; n += 1) answers.send(`${n}`, 1000, () => (sent += 1));
    assert.equal(sent, 2000 - 1024);
    answers.close();
    clock.advance(10_000);
    assert.equal(sent, 2000 - 1024);
  });
});

describe("the row of a board with quirks", () => {
  it("has them as the plan's places add up, and a board without has none", () => {
    const one = bench({ noOptions: true, rollover: 0 }, { quirks: { rollover: 1, maxBlksize: 1024 } });
    one.ask(aRequest());
    assert.deepEqual(one.view.quirks, { maxBlksize: 1024, noOptions: true });
    const none = bench({});
    none.ask(aRequest());
    assert.equal(none.view.quirks, undefined);
  });
});
