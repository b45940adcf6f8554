import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { commandIds } from "../../src/extension/ids";
import { clientItems } from "../../src/extension/views/clientItems";
import type { Item } from "../../src/extension/views/item";
import { wordOnMissing } from "../../src/model/missing";
import { Nodes } from "../../src/extension/views/nodes";
import { askedAddresses, serverItems } from "../../src/extension/views/serverItems";
import { statusText } from "../../src/extension/views/statusText";
import { transferItems } from "../../src/extension/views/transferItems";
import { unadorned } from "../../src/extension/words";
import type { ClientRow, ServerRow, TransferRow } from "../../src/model/events";
import { client, ended, missing, now, server, transfer } from "../support/viewRows";

/** The row as it is where something is not known. */
const without = (row: ClientRow, key: "name" | "address"): ClientRow =>
  Object.fromEntries(Object.entries(row).filter(([name]) => name !== key)) as unknown as ClientRow;

const same = (address: string): string => address;

/** The rows as a person reads them, those below a row indented. */
const lines = (items: readonly Item[], indent = ""): string[] =>
  items.flatMap(({ label, description, children = [] }) => [
    `${indent}${label}${description === undefined ? "" : ` | ${description}`}`,
    ...lines(children, `${indent}  `),
  ]);

const everything = (items: readonly Item[]): Item[] =>
  items.flatMap((item) => [item, ...everything(item.children ?? [])]);

describe("the Servers view (DESIGN §2.1, §5)", () => {
  const shown = (rows: ServerRow[], since = now): string[] =>
    lines(serverItems(rows, new Map(rows.map(({ id }) => [id, since])), now));

  it('says what "running" means: where it listens, and whether anything was heard', () => {
    assert.deepEqual(shown([server()]), ["TFTP | 192.168.7.1:69, nothing received yet"]);
    assert.deepEqual(shown([server({ lastPacketAt: now - 34_000, addresses: ["10.0.0.1", "::1"] })]), [
      "TFTP | 10.0.0.1:69 and [::1]:69, last packet 30 s ago",
    ]);
  });

  it("asks what keeps boards from being heard after a minute of silence, not before, and not once they were", () => {
    assert.equal(shown([server()], now - 59_999).length, 1);
    assert.match(shown([server()], now - 60_000)[1] ?? "", /Nothing Arrives\? \| .*UDP port 69/);
    assert.match(shown([server({ addresses: ["127.0.0.1"] })], now - 60_000)[1] ?? "", /Only this computer/);
    assert.equal(shown([server({ lastPacketAt: now - 3_600_000 })], now - 4_000_000).length, 1);
  });

  it("tells why one failed and what to do, and what is odd about one that runs", () => {
    const trouble = { code: "port.inUse", message: "port 69 is taken by in.tftpd", remedy: "Stop it." };
    const warning = { code: "port.high", message: "port 21 needs rights; it listens on 2121" };
    assert.deepEqual(
      shown([
        server({ state: "failed", trouble }),
        server({ id: "ftp", protocol: "ftp", port: 2121, warnings: [warning] }),
      ]),
      [
        "TFTP | failed",
        "  Port 69 is taken by in.tftpd. Stop it.",
        "FTP | 192.168.7.1:2121, nothing received yet",
        "  Port 21 needs rights; it listens on 2121.",
      ],
    );
  });

  it("is empty while all are stopped: the welcome text says how to start", () => {
    assert.deepEqual(shown([]), []);
    assert.deepEqual(shown([server({ state: "stopped" })]), []);
    assert.equal(shown([server({ state: "stopped" }), server({ id: "ftp", protocol: "ftp" })]).length, 2);
  });
});

describe("the Transfers view (DESIGN §5)", () => {
  const shown = (...rows: TransferRow[]): string[] => lines(transferItems(rows, same, now));

  it("says which quirk an option is due to", () => {
    const options = { mode: "octet", blksize: 512 };
    const [item] = transferItems([transfer({ options, quirks: { noOptions: true } })], same, now);
    assert.match(item!.tooltip ?? "", /\nmode octet, blksize 512 \(quirk noOptions\)/);
  });

  it("shows what runs first, in the order in which it began, then what has ended, the latest on top", () => {
    assert.deepEqual(
      shown(
        ended({ id: "a", file: "first", endedAt: now - 20, startedAt: now - 1020 }),
        transfer({ id: "b" }),
        ended({ id: "c", file: "second", endedAt: now - 10, startedAt: now - 1010 }),
        transfer({ id: "d", direction: "write", file: "core.dump", size: 0, bytes: 0 }),
        transfer({ id: "e", file: "unknown-size" }),
      ),
      [
        "u-boot.bin | → 192.168.7.10 · 45 % · 2.0 KiB/s",
        "core.dump | ← 192.168.7.10 · 100 % · 2.0 KiB/s",
        "unknown-size | → 192.168.7.10 · 45 % · 2.0 KiB/s",
        "second | → 192.168.7.10 · 1000 B in 1.0 s · 2.0 KiB/s",
        "first | → 192.168.7.10 · 1000 B in 1.0 s · 2.0 KiB/s",
      ],
    );
  });

  it("says how long a board is waited for, and how far a broken transfer came", () => {
    const trouble = { code: "tftp.timeout", message: "nothing came from the board for 60 s" };
    assert.deepEqual(
      shown(
        transfer({ waitingSince: now - 18_000 }),
        transfer({ id: "x", state: "failed", endedAt: now, trouble }),
      ),
      [
        "u-boot.bin | → 192.168.7.10 · 45 % · waiting for the board, 18 s",
        "u-boot.bin | → 192.168.7.10 · failed at 45 % · nothing came from the board for 60 s",
      ],
    );
  });

  it("says once how far a broken transfer came", () => {
    const trouble = {
      code: "tftp.timeout",
      message: "the client stopped at 45 %: nothing came from it for 60 s",
    };
    assert.deepEqual(shown(transfer({ state: "failed", endedAt: now, trouble })), [
      "u-boot.bin | → 192.168.7.10 · failed · the client stopped at 45 %: nothing came from it for 60 s",
    ]);
  });

  it("has the hashes of a finished one, what was negotiated, and how much went in which time", () => {
    const [item] = transferItems(
      [ended({ sha256: "ab", crc32: "cd", options: { blksize: 1428 } })],
      same,
      now,
    );
    assert.equal(
      item?.tooltip,
      "u-boot.bin to 192.168.7.10 over TFTP\nblksize 1428\n1000 B in 1.0 s · 2.0 KiB/s\nSHA-256 ab\nCRC32 cd",
    );
  });

  it("a missing file is a row with the nearest names, the word on it, and the action", () => {
    const [item] = transferItems(
      [missing("a", "C0A8070A.img", { nearest: ["u-boot.bin", "Image"] })],
      same,
      now,
    );
    assert.equal(item?.description, "→ 192.168.7.10 · not found · nearest: u-boot.bin and Image");
    // Who hears the row has no tooltip.
    for (const text of [item.tooltip, item.spoken]) assert.match(text ?? "", /U-Boot got no boot file name/);
    assert.match(item.context ?? "", /\btransfer\.missing\b/);
  });

  it("the same name asked again is one row; three names of one board are one group", () => {
    assert.deepEqual(shown(missing("a", "x"), missing("b", "x"), missing("c", "x")), [
      "x | → 192.168.7.10 · not found · asked 3 times",
    ]);
    const flood = ["x", "y", "x", "z"].map((file, index) =>
      missing(`t-${index}`, file, { endedAt: now + index }),
    );
    assert.deepEqual(shown(...flood, missing("other", "x", { address: "192.168.7.11", endedAt: now - 5 })), [
      "192.168.7.10 | asked for 3 files that it did not get",
      "  z | → 192.168.7.10 · not found",
      "  x | → 192.168.7.10 · not found · asked 2 times",
      "  y | → 192.168.7.10 · not found",
      "x | → 192.168.7.11 · not found",
    ]);
  });

  it("what a board wanted to write and might not is no file that it asked for", () => {
    const uploads = ["x", "y", "z"].map((file) => {
      const trouble = { code: "upload.denied", message: "uploads are not allowed" };
      return missing(`w-${file}`, file, { direction: "write", trouble, endedAt: now + 1 });
    });
    const reads = ["a", "b", "c"].map((file) => missing(file, file));
    assert.deepEqual(
      transferItems([...uploads, ...reads], same, now).map(({ id, description }) => [id, description]),
      [
        ["refused/write/192.168.7.10", "wanted to write 3 files, and was refused"],
        ["refused/192.168.7.10", "asked for 3 files that it did not get"],
      ],
    );
  });

  it("can be revealed where there is a file: an upload once it is complete, nothing that was refused", () => {
    const has = (row: TransferRow): boolean =>
      transferItems([row], same, now)[0]?.context?.includes("transfer.hasFile") === true;
    const write = { direction: "write" } as const;
    assert.deepEqual([transfer(), ended(), ended({ state: "failed" }), ended({ ...write })].map(has), [
      true,
      true,
      true,
      true,
    ]);
    assert.deepEqual(
      [missing("tftp-3", "x"), transfer(write), ended({ ...write, state: "failed" })].map(has),
      [false, false, false],
    );
  });

  it("a refused FTP session is a row about its board: it asked for no file", () => {
    const trouble = { code: "ftp.login", message: "a login as root was refused" };
    const session = ended({
      protocol: "ftp",
      isSession: true,
      file: "/",
      state: "refused",
      bytes: 0,
      trouble,
    });
    const many = ["a", "b", "c"].map((file) => missing(file, file));
    const [group, item] = transferItems([session, ...many], same, now);
    assert.equal(group?.description, "asked for 3 files that it did not get");
    assert.equal(item?.label, "FTP session");
    assert.equal(item.description, "← 192.168.7.10 · refused: a login as root was refused");
    assert.match(item.tooltip ?? "", /^FTP session from 192\.168\.7\.10\n/);
    assert.match(item.spoken, /^FTP session from 192\.168\.7\.10, refused/);
    assert.match(item.context ?? "", /\btransfer\.session\b/);
  });

  it("who hears the row of a file that was refused is told what to do, as in its tooltip", () => {
    const remedy = "Name the file in the plan to serve it.";
    const trouble = { code: "name.dotFile", message: "dot files and dot folders are not served", remedy };
    const [item] = transferItems([missing("a", ".env", { trouble })], same, now);
    assert.equal(
      item?.spoken,
      `.env to 192.168.7.10, refused: dot files and dot folders are not served, ${remedy}`,
    );
    assert.match(item.tooltip ?? "", /Name the file in the plan/);
  });

  it("a refused file says which rule", () => {
    const trouble = { code: "name.dotFile", message: "dot files and dot folders are not served" };
    assert.deepEqual(shown(missing("a", ".env", { trouble })), [
      ".env | → 192.168.7.10 · refused: dot files and dot folders are not served",
    ]);
  });
});

describe("the Clients view (DESIGN §5)", () => {
  const shown = (clients: ClientRow[], transfers: TransferRow[] = []): string[] =>
    lines(clientItems(clients, transfers, now));

  it("shows where each board stands, and below it its transfers, the latest on top", () => {
    assert.deepEqual(
      shown([client()], [ended(), transfer({ id: "2" }), ended({ id: "3", address: "192.168.7.99" })]),
      [
        "bench-1 | answered: next: copy-files4.rc (2 of 2) · just now",
        "  u-boot.bin | → bench-1 · 45 % · 2.0 KiB/s",
        "  u-boot.bin | → bench-1 · 1000 B in 1.0 s · 2.0 KiB/s",
      ],
    );
  });

  it("says which quirks the plan has for a board", () => {
    const [item] = clientItems([client({ quirks: { noOptions: true, rollover: 1 } })], [], now);
    assert.match(item!.tooltip ?? "", /\nQuirks of the plan: noOptions, rollover 1/);
  });

  it("says why a board gets other files than everybody", () => {
    const row = client({ detail: "always MLO", file: "MLO", why: "its vendor class is AM335x ROM\u001b" });
    assert.deepEqual(shown([row]), [
      "bench-1 | answered: always MLO, because its vendor class is AM335x ROM\\x1b · just now",
    ]);
    const [item] = clientItems([row], [], now);
    assert.match(
      item!.tooltip ?? "",
      /Last answer: MLO\nThat is because its vendor class is AM335x ROM\\x1b\./,
    );
  });

  it("a board that is not answered is a row with the reason, and can be answered", () => {
    const trouble = { code: "client.unlisted", message: "the plan does not list it", remedy: "List it." };
    const nameless = without(client({ stage: "seen", detail: "not answered", trouble }), "name");
    const [item] = clientItems([nameless], [], now);
    assert.equal(item?.label, "52:54:00:12:34:56");
    assert.equal(item.description, "seen, not answered · The plan does not list it. List it. · just now");
    assert.match(item.context ?? "", /\bclient\.unanswered\b/);
  });

  it("a board that is left to the network's own DHCP server has lines to copy for it; listing it is no help", () => {
    const trouble = {
      code: "proxy.notPxe",
      message: "it is no PXE client, so its boot file is the network's own DHCP server's to name",
      remedy: "Ask its owner for: next-server 10.0.4.7, filename u-boot.bin",
    };
    const row = client({ stage: "seen", trouble, vendorClass: "U-Boot.armv8" });
    const nextServer = { servers: ["10.0.4.7"], file: "u-boot.bin" };
    const [item] = clientItems([{ ...row, nextServer }], [], now);
    assert.match(item?.description ?? "", /next-server 10\.0\.4\.7, filename u-boot\.bin/);
    assert.equal(item?.context, "client client.seen client.nextServer");
    // Without a boot file in the plan there is nothing to ask for yet.
    assert.equal(clientItems([row], [], now)[0]?.context, "client client.seen");
  });

  it("marks a verification, which no action is for", () => {
    const [item] = clientItems([client({ verification: true })], [], now);
    assert.match(item?.description ?? "", /^verification · /);
    assert.equal(item?.context, "client client.answered");
  });

  it("offers Restart Sequence where a board that was answered has one, and to no verification", () => {
    const offered = (row: Partial<ClientRow>): boolean => {
      const [item] = clientItems([client(row)], [], now);
      return /\bclient\.sequence\b/.test(item?.context ?? "");
    };
    const having: Partial<ClientRow>[] = [{ sequence: true }, { sequence: true, stage: "booted" }];
    assert.deepEqual(having.map(offered), [true, true]);
    const others: Partial<ClientRow>[] = [
      { detail: "always u-boot.bin" },
      { sequence: true, stage: "listed" },
      { sequence: true, verification: true },
    ];
    assert.deepEqual(others.map(offered), [false, false, false]);
    const { contributes } = JSON.parse(readFileSync("package.json", "utf8")) as {
      contributes: { menus: Record<string, { command: string; when: string }[]> };
    };
    const items = contributes.menus["view/item/context"] ?? [];
    const asks = items.filter(({ command }) => command === commandIds.restartSequence);
    assert.deepEqual(
      asks.map(({ when }) => when.includes("\\bclient\\.sequence\\b")),
      [true, true],
    );
  });

  it("folds machines that do not boot into one row; a board that says what it is stays", () => {
    const seen = (id: number, vendorClass?: string): ClientRow => {
      const named = client({ id: `m${id}`, mac: `m${id}`, stage: "seen" });
      const row = without(without(named, "name"), "address");
      return vendorClass === undefined ? row : { ...row, vendorClass };
    };
    const labels = (rows: ClientRow[]): string[] => clientItems(rows, [], now).map(({ label }) => label);
    assert.deepEqual(labels([seen(1, "MSFT 5.0"), seen(2)]), ["m2", "Others (1)"]);
    const crowd = [1, 2, 3, 4, 5, 6].map((id) => seen(id));
    assert.deepEqual(labels([...crowd, seen(7, "U-Boot.armv8")]), ["m7", "Others (6)"]);
  });
});

describe("what a peer chose", () => {
  const hostile = "a\u202eb\n$(alert)[x](command:y)\u0000";
  const items = [
    ...transferItems(
      [transfer({ file: hostile }), missing("m", hostile, { nearest: [hostile] })],
      () => hostile,
      now,
    ),
    ...clientItems(
      [client({ name: hostile, vendorClass: hostile, file: hostile, detail: hostile })],
      [],
      now,
    ),
  ];

  it("steers no row: no control character, no second line but ours", () => {
    for (const { label, description = "", spoken } of everything(items)) {
      for (const text of [label, description, spoken])
        assert.doesNotMatch(text, /[\u0000-\u001f\u202e]/, text);
    }
    for (const { tooltip = "" } of everything(items)) assert.doesNotMatch(tooltip, /\u202e|b\n\$/);
  });

  it("is no icon and no link where VS Code reads them out of strings", () => {
    assert.doesNotMatch(unadorned(hostile), /\$\(|\]\(|[\u0000-\u001f\u202e]/);
    const sentences = "What happened, and what to do about it. ".repeat(20);
    assert.equal(unadorned(sentences), sentences);
    const { text } = statusText([server()], [], hostile);
    assert.equal(text, "$(broadcast) Boot: 192.168.7.1");
  });
});

describe("the words on names that are normal to miss", () => {
  for (const name of [
    "C0A8070A.img",
    "pxelinux.cfg/01-52-54-00-12-34-56",
    "/pxelinux.cfg/C0A8",
    "network-confg",
    "cisconet.cfg",
    "switch-7-confg",
    "boot.scr.uimg",
    "1a2b3c4d/start4.elf",
    "\\1a2b3c4d\\config.txt",
    "vl805.sig",
  ]) {
    it(`know ${name}`, () => {
      assert.notEqual(wordOnMissing(name), undefined);
    });
  }

  it("say nothing of a file that somebody forgot to build", () => {
    for (const name of ["u-boot.bin", "Image", "etsw.b3", "config.txt.old"]) {
      assert.equal(wordOnMissing(name), undefined, name);
    }
  });
});

describe("the status bar item (DESIGN §5)", () => {
  const words = (servers: ServerRow[], running: TransferRow[] = []): string =>
    statusText(servers, running, "drop").text;
  const states = (...all: ServerRow["state"][]): ServerRow[] =>
    all.map((state, index) =>
      server({ state, protocol: (["bootp", "tftp", "ftp"] as const)[index] ?? "tftp" }),
    );

  it("says stopped, the address, waiting for link, or failed", () => {
    assert.equal(words([]), "$(circle-slash) Boot: stopped");
    assert.equal(words(states("stopped", "stopped", "stopped")), "$(circle-slash) Boot: stopped");
    assert.equal(words(states("running", "running", "running")), "$(broadcast) Boot: 192.168.7.1");
    assert.equal(words(states("waiting", "waiting")), "$(watch) Boot: waiting for link");
    assert.equal(words(states("failed", "failed")), "$(error) Boot: failed");
    assert.equal(words(states("failed", "running")), "$(broadcast) Boot: 192.168.7.1 · not BOOTP");
  });

  it("says the address that boards ask, and how many more there are", () => {
    const at = (...addresses: string[]): string => words([server({ addresses })]).replace(/.*Boot: /, "");
    assert.equal(at("127.0.0.1", "::1"), "127.0.0.1");
    assert.equal(at("127.0.0.1", "192.168.7.1", "::1", "fe80::1%eth1"), "192.168.7.1");
    assert.equal(at("127.0.0.1", "fe80::1%eth1", "192.168.7.1", "10.0.0.1"), "192.168.7.1 +1");
  });

  it("an address that boards ask is none of loopback where there is another, and no name", () => {
    assert.deepEqual(askedAddresses(["eth1", "0.0.0.0", "::"]), []);
    assert.deepEqual(askedAddresses(["::1", "127.0.0.1"]), ["127.0.0.1"]);
    assert.deepEqual(askedAddresses(["127.0.0.1", "fe80::1%eth1"]), ["fe80::1%eth1"]);
  });

  it("counts the running transfers, and says how far the only one is", () => {
    assert.equal(words([server()], [transfer()]), "$(broadcast) Boot: 192.168.7.1 · 1 transfer 45 %");
    assert.equal(words([server()], [transfer(), transfer()]), "$(broadcast) Boot: 192.168.7.1 · 2 transfers");
    assert.equal(words(states("stopped"), [transfer()]), "$(loading~spin) Boot: stopping · 1 transfer 45 %");
  });
});

describe("the rows of a view from one moment to the next", () => {
  const item = (id: string, label = id, children?: Item[]): Item => ({
    id,
    label,
    icon: "x",
    spoken: label,
    ...(children && { children }),
  });
  const redrawn = (before: Item[], after: Item[]): unknown => {
    const nodes = new Nodes();
    nodes.update(before);
    const redraw = nodes.update(after);
    return redraw === "all" ? "all" : redraw.map((node) => node.item.id);
  };

  it("progress of one row draws that row, and the same once more draws nothing", () => {
    assert.deepEqual(redrawn([item("a"), item("b")], [item("a"), item("b", "50 %")]), ["b"]);
    assert.deepEqual(redrawn([item("a"), item("b")], [item("a"), item("b")]), []);
  });

  it("a row that comes, goes or moves draws all; below a row it draws that row", () => {
    assert.equal(redrawn([item("a")], [item("a"), item("b")]), "all");
    assert.equal(redrawn([item("a"), item("b")], [item("b")]), "all");
    assert.equal(redrawn([item("a"), item("b")], [item("b"), item("a")]), "all");
    const below = (...labels: string[]): Item[] => [
      item(
        "p",
        "p",
        labels.map((label) => item(label)),
      ),
    ];
    assert.deepEqual(redrawn(below("a"), below("a", "b")), ["p"]);
    const progress = [item("p", "p", [item("a", "50 %")])];
    assert.deepEqual(redrawn(below("a"), progress), ["a"]);
  });

  it("keeps the node of a row, by which VS Code keeps selection and folding", () => {
    const nodes = new Nodes();
    nodes.update([item("a"), item("b")]);
    const before = nodes.find("b");
    nodes.update([item("c"), item("b", "new")]);
    assert.equal(nodes.find("b"), before);
    assert.equal(before?.item.label, "new");
    assert.equal(nodes.find("a"), undefined);
  });
});
