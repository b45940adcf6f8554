/** Rows as the views get them, each with what a test says of it. */

import type { ClientRow, ServerRow, TransferRow } from "../../src/model/events";

export const now = 1_000_000_000_000;

export const server = (row: Partial<ServerRow> = {}): ServerRow => ({
  type: "server",
  id: "tftp",
  protocol: "tftp",
  state: "running",
  addresses: ["192.168.7.1"],
  port: 69,
  warnings: [],
  ...row,
});

export const transfer = (row: Partial<TransferRow> = {}): TransferRow => ({
  type: "transfer",
  id: "tftp-1",
  protocol: "tftp",
  direction: "read",
  file: "u-boot.bin",
  address: "192.168.7.10",
  port: 1234,
  localAddress: "192.168.7.1",
  state: "running",
  bytes: 450,
  size: 1000,
  startedAt: now - 1000,
  bytesPerSecond: 2048,
  options: {},
  retransmissions: 0,
  ...row,
});

export const ended = (row: Partial<TransferRow> = {}): TransferRow =>
  transfer({ state: "finished", bytes: 1000, endedAt: now, ...row });

export const missing = (id: string, file: string, row: Partial<TransferRow> = {}): TransferRow =>
  ended({
    id,
    file,
    state: "refused",
    bytes: 0,
    trouble: { code: "file.missing", message: "there is no such file in the served root" },
    ...row,
  });

export const client = (row: Partial<ClientRow> = {}): ClientRow => ({
  type: "client",
  id: "52:54:00:12:34:56",
  mac: "52:54:00:12:34:56",
  name: "bench-1",
  address: "192.168.7.10",
  stage: "answered",
  detail: "next: copy-files4.rc (2 of 2)",
  file: "u-boot.bin",
  lastSeenAt: now - 1000,
  verification: false,
  ...row,
});
