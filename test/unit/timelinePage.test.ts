import assert from "node:assert/strict";
import { page } from "../../src/extension/timeline/page";
import { textOf, type Shape } from "../../src/extension/timeline/shape";
import type { Boot } from "../../src/extension/timeline/boot";
import { bootFile, bootOf, every, withClass } from "../support/boots";

const now = 1_100_000;

const lanes = (boots: readonly Boot[], choice = {}): Shape => page(boots, { compare: [], ...choice }, now);

/** All that the page may be made of; nothing of it runs, loads or leads away. */
const tags =
  "main section div h2 p span strong ul li button table thead tbody tr th td svg rect circle line text title defs pattern";

describe("the page of the timeline", () => {
  const wait = { fromMs: 200, ms: 600, sentAgain: 2 };
  const files = [
    bootFile("u-boot.bin", 100, 1000, { waits: [wait], retransmissions: 2, roundTripMs: 0.25 }),
    bootFile("etsw.b3", 3000, 2000, { protocol: "ftp" }),
  ];
  const boot = bootOf(files, { marks: [{ at: 0, ms: 0, text: "was told u-boot.bin" }] });

  it("says in words where the time went, for the eye and for a screen reader", () => {
    const drawn = lanes([boot]);
    const [where] = withClass(drawn, "where");
    assert.equal(
      textOf(where!),
      "Longest: etsw.b3, 2.0 s of 5.0 s  · TFTP 400 ms, FTP 2.0 s, waiting for the board 600 ms, between the files 2.0 s",
    );
    assert.deepEqual(
      withClass(drawn, "row").map(({ attributes }) => attributes["aria-label"]),
      [
        "BOOTP and DHCP, 1 question. 0 ms: was told u-boot.bin",
        "u-boot.bin to the board over TFTP. Asked for 100 ms after the boot began. 1.0 s, 1.0 KiB, 1.0 KiB/s, 2 packets sent again. blksize 1468. Round trip 0.25 ms, waited 600 ms in one stretch. 300 ms: nothing came from the board for 600 ms, 2 packets sent again",
        "etsw.b3 to the board over FTP. Asked for 3.0 s after the boot began. 2.0 s, 1.0 KiB, 512 B/s. blksize 1468",
        "No file was on its way: the board was busy with itself. 0 ms: 100 ms. 1.1 s: 1.9 s. Nothing more after 5.0 s",
      ],
    );
  });

  it("draws each file as a bar on the scale of what is open, with its waits in it", () => {
    const [bar] = withClass(lanes([boot]), "bar");
    const scale = 5000 * 1.02;
    const percent = (ms: number): string => `${Number(((100 * ms) / scale).toFixed(4))}%`;
    assert.deepEqual([bar?.attributes["x"], bar?.attributes["width"]], [percent(100), percent(1000)]);
    const [hatch] = withClass(lanes([boot]), "wait");
    assert.deepEqual([hatch?.attributes["x"], hatch?.attributes["width"]], [percent(300), percent(600)]);
  });

  it("what was asked for and not loaded is one row, however much it is", () => {
    const refused = Array.from({ length: 9 }, (_, each) =>
      bootFile(`pxelinux.cfg/${each}`, each, 0, { state: "refused", trouble: "there is no such file" }),
    );
    const rows = withClass(lanes([bootOf([...refused, ...files])]), "row");
    assert.equal(rows.length, 4);
    assert.match(
      rows[2]!.attributes["aria-label"]!,
      /^Asked for and not loaded, 9 requests\. 0 ms, pxelinux\.cfg\/0: there is/,
    );
  });

  it("the latest boot is open until the user chooses, and says how it differs from the board's boot before", () => {
    const before = bootOf([bootFile("u-boot.bin", 100, 1000)], { startedAt: 900_000 });
    const drawn = lanes([boot, before]);
    assert.deepEqual(
      withClass(drawn, "fold").map(({ attributes }) => attributes["aria-expanded"]),
      ["true", "false"],
    );
    assert.match(
      textOf(withClass(drawn, "versus")[0]!),
      /^3\.9 s slower than .*: etsw\.b3 over FTP \+2\.0 s$/,
    );
    assert.deepEqual(withClass(lanes([boot, before], { open: [] }), "row"), []);
  });

  it("two that were chosen stand side by side, the largest difference first", () => {
    const before = bootOf([bootFile("u-boot.bin", 100, 1000)], { startedAt: 900_000 });
    const [table] = withClass(lanes([boot, before], { compare: [boot.id, before.id] }), "comparison");
    const rows = every(table!).filter(({ tag }) => tag === "tr");
    assert.match(textOf(rows[1]!), /^etsw\.b3 over FTP – 2\.0 s \+2\.0 s/);
    const [same] = rows.filter((row) => textOf(row).startsWith("u-boot.bin"));
    assert.match(textOf(same!), /^u-boot\.bin over TFTP 1\.0 s 1\.0 s 0 ms/);
    assert.deepEqual(
      ["slower", "faster"].map((tone) => withClass(same!, tone)),
      [[], []],
    );
    assert.deepEqual(withClass(lanes([boot, before], { compare: [boot.id] }), "comparison"), []);
  });

  it("two boards that stand side by side are both named", () => {
    const other = bootOf([bootFile("u-boot.bin", 100, 1000)], {
      startedAt: 900_000,
      client: "x",
      name: "bench-2",
    });
    const [table] = withClass(lanes([boot, other], { compare: [boot.id, other.id] }), "comparison");
    assert.match(
      textOf(table!),
      /^bench-1, .* slower than bench-2, .*: .* bench-2, .* bench-1, .* difference/,
    );
  });

  it("the folder of a file stands before its name, which is seen longer", () => {
    const drawn = lanes([bootOf([bootFile("images/a/rootfs.ext4", 0, 100)])]);
    const [folder, name] = ["folder", "name"].map((part) => textOf(withClass(drawn, part)[0]!));
    assert.deepEqual([folder, name], ["images/a/", "rootfs.ext4"]);
  });

  it("where nothing was recorded it says how to begin", () => {
    assert.match(textOf(lanes([])), /No board has booted yet/);
  });

  it("a name that a peer chose is text and nothing else, and nothing of it steers a screen", () => {
    const evil = '"><img src=x onerror=alert(1)>\u202e\u0007</svg>';
    const named = bootOf(
      [
        bootFile(evil, 0, 100, { trouble: evil, state: "failed" }),
        bootFile(evil, 0, 0, { state: "refused", trouble: evil }),
      ],
      { name: evil, notes: [evil], marks: [{ at: 0, ms: 0, text: evil }] },
    );
    const drawn = lanes([named, { ...named, id: "other" }], {
      compare: [named.id, "other"],
      open: [named.id],
    });
    for (const { tag, attributes, children } of every(drawn)) {
      assert.ok(tags.split(" ").includes(tag), tag);
      for (const [name, value] of Object.entries(attributes)) {
        assert.match(name, /^(?!on|href|src|style)[a-zA-Z0-9-]+$/);
        // Ids go back to the extension as they are, and are seen nowhere.
        if (!/^data-(id|key)$/.test(name)) assert.doesNotMatch(value, /[\u202e\u0007]/, name);
      }
      for (const child of children)
        if (typeof child === "string") assert.doesNotMatch(child, /[\u202e\u0007]/);
    }
  });
});
