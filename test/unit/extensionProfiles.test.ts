import assert from "node:assert/strict";
import { clientItems } from "../../src/extension/views/clientItems";
import { transferItems } from "../../src/extension/views/transferItems";
import type { ClientRow, TransferRow } from "../../src/model/events";

const now = 1_000_000_000_000;

const asked = (id: string, file: string, row: Partial<TransferRow> = {}): TransferRow => ({
  type: "transfer",
  id,
  protocol: "tftp",
  direction: "read",
  file,
  address: "192.168.7.10",
  port: 1234,
  localAddress: "192.168.7.1",
  state: "refused",
  trouble: { code: "file.missing", message: "there is no such file in the served root" },
  bytes: 0,
  startedAt: now - 1000,
  endedAt: now,
  bytesPerSecond: 0,
  options: {},
  retransmissions: 0,
  ...row,
});

const pi: ClientRow = {
  type: "client",
  id: "dc:a6:32:01:36:c2",
  stage: "answered",
  detail: "no boot file",
  verification: false,
};

describe("a kind of board that the plan names, in the views", () => {
  it("what is normal for a kind of board is one row without a warning, however little it is; the rest stays", () => {
    const normal = { board: "Raspberry Pi", why: "asks for it and does without" };
    const rows = [
      asked("t1", "recovery.elf", { normal }),
      asked("t2", "dt-blob.bin", { normal }),
      asked("t3", "recovery.elf", { normal }),
      asked("t4", "start4.elf", { state: "probe", normal: { ...normal, why: "looked only" } }),
      asked("t5", "cmdline.txt"),
    ];
    const items = transferItems(rows, (address) => address, now);
    const [other, group] = items;
    assert.equal(items.length, 2);
    assert.deepEqual([other?.label, other?.icon], ["cmdline.txt", "question"]);
    assert.equal(group?.description, "looked for 3 files that a Raspberry Pi does without or does not load");
    assert.deepEqual([group.icon, group.colour, group.folded], ["circle-outline", undefined, true]);
    assert.deepEqual(
      group.children?.map(({ label, description, colour }) => [label, description, colour]),
      [
        [
          "recovery.elf",
          "→ 192.168.7.10 · not found · a Raspberry Pi asks for it and does without · asked 2 times",
          undefined,
        ],
        [
          "dt-blob.bin",
          "→ 192.168.7.10 · not found · a Raspberry Pi asks for it and does without",
          undefined,
        ],
        ["start4.elf", "→ 192.168.7.10 · looked only", undefined],
      ],
    );
  });

  it("says what kind of board it is, and which folder it sees", () => {
    const [item] = clientItems([{ ...pi, profile: "Raspberry Pi", root: "boards/pi-4" }], [], now);
    assert.match(item?.description ?? "", /^Raspberry Pi · /);
    assert.match(item?.tooltip ?? "", /\nIt sees boards\/pi-4 as its root\.(\n|$)/);
  });
});
