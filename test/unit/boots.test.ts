import assert from "node:assert/strict";
import { durationOf, mostBoots, mostFiles } from "../../src/extension/timeline/boot";
import { Boots } from "../../src/extension/timeline/boots";
import type { BootLineRow, Row } from "../../src/model/events";
import { bootClient, bootLine, bootTransfer } from "../support/boots";

const at = 1_000_000;

function made(...rows: readonly Row[]): Boots {
  const boots = new Boots();
  for (const row of rows) boots.take(row, at + 500);
  return boots;
}

/** The files of each boot that these rows make. */
const bootsOf = (...rows: readonly Row[]): readonly (readonly string[])[] =>
  made(...rows).all.map(({ files }) => files.map(({ file }) => file));

/** A transfer from loopback, and the line that says whose it is. */
function asked(file: string, from: number, more: Partial<BootLineRow> = {}): Row[] {
  const transfer = bootTransfer(file, from, { address: "127.0.0.1" });
  const line = bootLine(from, { protocol: "tftp", event: "request", transfer: transfer.id, ...more });
  return [transfer, { ...line, id: `1/boot-${file}-${from}` }];
}

describe("the boots that rows tell of", () => {
  it("have the questions, the files and the diagnoses of the boot lines, under the client's name", () => {
    const note = { code: "bootp.repeated", message: "Our answer does not arrive." };
    const [boot, ...others] = made(
      bootClient(at),
      bootLine(at, { times: 2, until: at + 15, diagnosis: note }),
      ...asked("u-boot.bin", at + 20),
    ).all;
    assert.deepEqual(others, []);
    assert.deepEqual(
      [boot?.client, boot?.name, boot?.startedAt, boot?.notes],
      ["52:54:00:12:34:56", "bench-1", at, ["Our answer does not arrive."]],
    );
    assert.deepEqual(boot?.marks, [
      { at: 0, ms: 15, text: "BOOTP xid 1 → 192.168.7.10 file u-boot.bin, sent 2×, 15 ms" },
    ]);
    assert.deepEqual(
      boot.files.map(({ file, at: from, ms }) => [file, from, ms]),
      [["u-boot.bin", 20, 500]],
    );
    assert.equal(durationOf(boot), 520);
  });

  it("end where the lines count the next one, and another run of the servers counts anew", () => {
    assert.deepEqual(
      bootsOf(
        bootClient(at),
        bootLine(at),
        ...asked("u-boot.bin", at + 100),
        ...asked("Image", at + 1000),
        bootLine(at + 3000, { boot: 2 }),
        ...asked("u-boot.bin", at + 3100, { boot: 2 }),
        bootLine(at + 9000, { id: "2/boot-1" }),
      ),
      [["u-boot.bin", "Image"], ["u-boot.bin"], []],
    );
  });

  it("a transfer without a line belongs to the latest boot at its address, and after a minute of silence begins one", () => {
    assert.deepEqual(
      bootsOf(
        bootClient(at),
        bootLine(at),
        ...asked("u-boot.bin", at + 100),
        bootTransfer("etsw.b3", at + 2000, { protocol: "ftp", address: "127.0.0.1" }),
        bootTransfer("list", at + 3000, { protocol: "ftp" }),
        bootTransfer("late", at + 120_000, { protocol: "ftp", address: "127.0.0.1" }),
      ),
      [["u-boot.bin", "etsw.b3", "list"], ["late"]],
    );
  });

  it("a line that turns out to be another client's takes its file along", () => {
    const [transfer, line] = asked("u-boot.bin", at + 100, { client: "127.0.0.1" });
    const boots = made(bootClient(at), transfer!, line!);
    assert.deepEqual(
      boots.all.map(({ client }) => client),
      ["127.0.0.1"],
    );
    boots.take({ ...(line as BootLineRow), client: "52:54:00:12:34:56" }, at);
    assert.deepEqual(
      boots.all.map(({ client, files }) => [client, files.length]),
      [["52:54:00:12:34:56", 1]],
    );
  });

  it("a row that comes again replaces the one before", () => {
    const { endedAt, ...running } = bootTransfer("Image", at, { state: "running" });
    assert.ok(endedAt !== undefined);
    const boots = made(running);
    boots.take(running, at + 300);
    assert.deepEqual(
      boots.all.map(({ files }) => files.map(({ state, ms }) => [state, ms])),
      [[["running", 300]]],
    );
  });

  it("who asks for an address alone does not boot from here", () => {
    assert.deepEqual(bootsOf(bootClient(at, { stage: "seen" }), bootLine(at)), []);
    assert.deepEqual(bootsOf(bootClient(at), bootLine(at)), [[]]);
  });

  it("are bounded, in number and each in itself, and so are the rows that they are made of", () => {
    const boots = new Boots();
    for (let each = 0; each < mostFiles + 10; each += 1) boots.take(bootTransfer(`f${each}`, at + each), at);
    assert.equal(boots.all[0]?.files.length, mostFiles);
    for (let each = 0; each < 20_000; each += 1)
      boots.take(
        bootTransfer("f", at + 1_000_000 + each, { address: `10.0.${each >> 8}.${each & 255}` }),
        at,
      );
    assert.equal(boots.all.length, mostBoots);
    assert.equal(boots.knows(bootTransfer("f0", at).id), false);
  });
});
