import assert from "node:assert/strict";
import { choose, traitsOf, type MatchRule } from "../../src/protocol/bootp/choice";
import { encodeText } from "../../src/protocol/bytes";
import { getOption, option } from "../../src/protocol/bootp/options";
import { aRequest, Bench, boardMac, dhcp, options, otherMac, situation } from "../support/bootp";

const listed = { name: "bench-1", mac: boardMac, address: "192.168.7.10" };
const asks = (vendorClassIdentifier: string, xid = 1): ReturnType<typeof aRequest> =>
  aRequest({ xid, options: options({ vendorClassIdentifier }) });

/** The file that a board with these traits is given by these rules, and why. */
function given(match: readonly MatchRule[], values: Parameters<typeof options>[0], mac = boardMac): unknown {
  const { boot, why } = choose({ boot: "any.bin", match, clients: [] }, traitsOf(mac, options(values)));
  return [boot.files[0], why];
}

describe("a rule of the plan", () => {
  it("holds by a MAC with any bytes", () => {
    const rule = [{ mac: "52:54:*:12:*:*", boot: "a" }];
    assert.deepEqual(given(rule, {}), ["a", "its MAC is 52:54:*:12:*:*"]);
    assert.deepEqual(given(rule, {}, "52:54:00:13:34:56"), ["any.bin", undefined]);
    assert.deepEqual(given([{ mac: "*:*:*:*:*:*", boot: "a" }], {}, otherMac), [
      "a",
      "its MAC is *:*:*:*:*:*",
    ]);
  });

  it("holds by what the vendor class begins with, and with * by all of it", () => {
    const by = (vendorClass: string, said: string | undefined): unknown =>
      (
        given(
          [{ vendorClass, boot: "a" }],
          said === undefined ? {} : { vendorClassIdentifier: said },
        ) as string[]
      )[0];
    const x64 = "PXEClient:Arch:00007:UNDI:003016";
    for (const [pattern, said] of [
      ["PXEClient", x64],
      ["PXEClient:*:003016", x64],
      ["*", ""],
      ["*UNDI*", x64],
      ["PXE*Arch:*7:*16", x64],
      ["a*a", "aa"],
    ] as const) {
      assert.equal(by(pattern, said), "a", `${pattern} ${said}`);
    }
    for (const [pattern, said] of [
      ["pxeclient", x64],
      ["PXEClient:*:003015", x64],
      ["UNDI", x64],
      ["a*a", "a"],
      ["PXEClient", undefined],
      ["*", undefined],
    ] as const) {
      assert.equal(by(pattern, said), "any.bin", `${pattern} ${said}`);
    }
  });

  it("is judged in no time, whatever a peer's vendor class is", () => {
    const vendorClass = `${"a*".repeat(500)}b`;
    const before = process.hrtime.bigint();
    assert.deepEqual(given([{ vendorClass, boot: "x" }], { vendorClassIdentifier: "a".repeat(1400) }), [
      "any.bin",
      undefined,
    ]);
    assert.ok(process.hrtime.bigint() - before < 1_000_000_000n);
  });

  it("holds by one architecture of several on either side", () => {
    const rule = [{ architecture: [7, 9], boot: "a" }];
    assert.deepEqual(given(rule, { clientArchitecture: [0, 9] }), ["a", "its architecture is uefi-x64"]);
    assert.deepEqual(given(rule, { clientArchitecture: [0] }), ["any.bin", undefined]);
    assert.deepEqual(given(rule, {}), ["any.bin", undefined]);
    assert.deepEqual(given([{ architecture: [99], boot: "a" }], { clientArchitecture: [99] }), [
      "a",
      "its architecture is 99",
    ]);
  });

  it("holds by a user class, as RFC 3004 writes it and bare as iPXE does", () => {
    const rule = [{ userClass: "iPXE", boot: "menu.ipxe" }];
    const bare = encodeText("iPXE");
    const several = Uint8Array.of(3, 97, 98, 99, 4, ...bare);
    for (const userClass of [bare, several]) {
      assert.deepEqual(given(rule, { userClass }), ["menu.ipxe", "its user class is iPXE"]);
    }
    for (const userClass of [
      Uint8Array.of(),
      Uint8Array.of(0),
      Uint8Array.of(9, 105, 80),
      encodeText("gPXE"),
    ]) {
      assert.deepEqual(given(rule, { userClass }), ["any.bin", undefined]);
    }
  });

  it("holds when all that it says does, and the first that holds counts", () => {
    const rules = [
      { vendorClass: "PXEClient", userClass: "iPXE", boot: "menu.ipxe" },
      { vendorClass: "PXEClient", architecture: [0], boot: "undionly.kpxe" },
      { vendorClass: "PXEClient", boot: "ipxe.efi" },
    ];
    const vendorClassIdentifier = "PXEClient:Arch:00000";
    assert.deepEqual(
      given(rules, { vendorClassIdentifier, clientArchitecture: [0], userClass: encodeText("iPXE") }),
      ["menu.ipxe", "its vendor class is PXEClient and its user class is iPXE"],
    );
    assert.equal(
      (given(rules, { vendorClassIdentifier, clientArchitecture: [0] }) as string[])[0],
      "undionly.kpxe",
    );
    assert.equal(
      (given(rules, { vendorClassIdentifier, clientArchitecture: [7] }) as string[])[0],
      "ipxe.efi",
    );
  });

  it("stands between the client's own entry and everybody's, for files and for each option", () => {
    const text = (value: string): ReturnType<typeof option> => option("hostName", value);
    const plan = {
      boot: "any.bin",
      options: [text("any"), option("domainName", "lab")],
      match: [{ mac: "52:54:00:*:*:*", boot: "rule.bin", options: [text("rule"), option("rootPath", "/r")] }],
      clients: [
        { mac: boardMac, name: "bench-1", boot: "own.bin", options: [text("own")] },
        { mac: otherMac },
      ],
    };
    const own = choose(plan, traitsOf(boardMac, undefined));
    assert.deepEqual([own.boot.files, own.why], [["own.bin"], "it is bench-1"]);
    const read = ({ options: entries }: typeof own): unknown => {
      const all = new Map(entries);
      return [getOption(all, "hostName"), getOption(all, "rootPath"), getOption(all, "domainName")];
    };
    assert.deepEqual(read(own), ["own", "/r", "lab"]);
    const other = choose(plan, traitsOf(otherMac, undefined));
    assert.deepEqual([other.boot.files, read(other)], [["rule.bin"], ["rule", "/r", "lab"]]);
    const stranger = choose(plan, traitsOf("02:00:00:00:00:09", undefined));
    assert.deepEqual(
      [stranger.boot.files, stranger.why, read(stranger)],
      [["any.bin"], undefined, ["any", undefined, "lab"]],
    );
  });

  it("lists nobody: a DHCP client that matches one is answered only when it would be without", () => {
    const bench1 = new Bench(
      situation({
        match: [{ mac: "52:54:00:*:*:*", boot: "a" }],
        pool: [{ first: "192.168.7.100", last: "192.168.7.110" }],
      }),
    );
    assert.deepEqual(bench1.ask(dhcp("DISCOVER")), []);
    assert.deepEqual([bench1.view.stage, bench1.view.why], ["seen", undefined]);
    assert.equal(bench1.reply(aRequest()).packet.file, "a");
    assert.equal(bench1.view.why, "its MAC is 52:54:00:*:*:*");
  });
});

describe("a board that boots in stages", () => {
  const match = [
    { vendorClass: "AM335x ROM", boot: "MLO" },
    { vendorClass: "AM335x U-Boot SPL", boot: "u-boot.img" },
  ];
  const [rom, spl, uBoot] = ["AM335x ROM", "AM335x U-Boot SPL", "U-Boot.armv7"];
  const staged = (plan: Parameters<typeof situation>[0] = {}): Bench =>
    new Bench(situation({ boot: ["Image", "copy-files4.rc"], match, clients: [listed], ...plan }));
  const file = (bench1: Bench, vendorClass: string): string | undefined => bench1.files(asks(vendorClass))[0];
  /** From the reset to the last file that it is told, each fetched. */
  const boots = (bench1: Bench): (string | undefined)[] =>
    [rom, spl, uBoot].map((vendorClass) => {
      const named = file(bench1, vendorClass);
      if (named !== undefined) bench1.fetches(listed.address, named);
      bench1.now += 1000;
      return named;
    });

  it("gets the file of each, and the row says why", () => {
    const bench1 = staged();
    assert.equal(file(bench1, rom), "MLO");
    assert.equal(bench1.view.why, "its vendor class is AM335x ROM");
    assert.equal(file(bench1, spl), "u-boot.img");
    assert.equal(file(bench1, uBoot), "Image");
    assert.equal(bench1.view.why, undefined);
  });

  it("goes on in its sequence from reset to reset, is silent after the last, and starts again", () => {
    const bench1 = staged();
    assert.deepEqual(boots(bench1), ["MLO", "u-boot.img", "Image"]);
    assert.deepEqual(boots(bench1), ["MLO", "u-boot.img", "copy-files4.rc"]);
    assert.deepEqual(boots(bench1), ["MLO", "u-boot.img", undefined]);
    bench1.now += 10_000;
    assert.deepEqual(boots(bench1), ["MLO", "u-boot.img", "Image"]);
  });

  it("does not lose its place by the stages' retries, nor by a lost last ACK", () => {
    const bench1 = staged();
    assert.deepEqual(
      [rom, rom, spl, uBoot, uBoot].map((stage) => file(bench1, stage)),
      ["MLO", "MLO", "u-boot.img", "Image", "Image"],
    );
    bench1.transfer(listed.address, "Image", "started", "sent", "ended");
    assert.deepEqual(
      [rom, spl, uBoot].map((stage) => file(bench1, stage)),
      ["MLO", "u-boot.img", "copy-files4.rc"],
    );
  });

  it("starts its sequence anew after a long pause, in whichever stage that is noticed", () => {
    const bench1 = staged();
    boots(bench1);
    bench1.now += 300_000;
    assert.deepEqual(boots(bench1), ["MLO", "u-boot.img", "Image"]);
  });

  it("starts its sequence anew by Restart Sequence, pressed while the ROM loads", () => {
    const bench1 = staged();
    boots(bench1);
    assert.equal(file(bench1, rom), "MLO");
    bench1.machine.restart(boardMac, bench1.situation, bench1.now);
    assert.deepEqual(
      [spl, uBoot].map((stage) => file(bench1, stage)),
      ["u-boot.img", "Image"],
    );
  });

  it("has a sequence to start anew where one of its stages has a list, and none where none has", () => {
    const bench1 = staged();
    boots(bench1);
    assert.deepEqual([file(bench1, rom), bench1.view.sequence], ["MLO", true]);
    const without = staged({ boot: "Image" });
    boots(without);
    assert.equal(without.view.sequence, undefined);
  });

  it("is loading as long as its transfer runs, whatever it asks as meanwhile", () => {
    const bench1 = staged();
    file(bench1, uBoot);
    bench1.transfer(listed.address, "Image", "started");
    file(bench1, rom);
    assert.equal(bench1.view.stage, "loading");
    assert.equal(bench1.transfer(listed.address, "Image", "ended").at(-1)?.stage, "answered");
  });

  it("follows a changed rule at the next request", () => {
    const bench1 = staged();
    assert.equal(file(bench1, rom), "MLO");
    bench1.situation = situation({
      boot: "Image",
      match: [{ vendorClass: "AM335x ROM", boot: "SPL" }],
      clients: [listed],
    });
    bench1.machine.planChanged(bench1.situation, bench1.now);
    assert.deepEqual(
      [rom, spl].map((stage) => file(bench1, stage)),
      ["SPL", "Image"],
    );
  });

  it("gets iPXE from its ROM's request and the script from iPXE's, by DHCP as well", () => {
    const rules = [
      { userClass: "iPXE", boot: "menu.ipxe" },
      { vendorClass: "PXEClient", boot: "undionly.kpxe" },
    ];
    const bench1 = new Bench(situation({ match: rules, clients: [listed] }));
    const vendorClassIdentifier = "PXEClient:Arch:00000:UNDI:002001";
    const fromRom = bench1.reply(dhcp("DISCOVER", { vendorClassIdentifier }));
    const fromIpxe = bench1.reply(dhcp("DISCOVER", { vendorClassIdentifier, userClass: encodeText("iPXE") }));
    assert.deepEqual([fromRom.packet.file, fromIpxe.packet.file], ["undionly.kpxe", "menu.ipxe"]);
    assert.equal(bench1.view.why, "its user class is iPXE");
  });
});
