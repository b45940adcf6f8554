/**
 * Stands in for `serve --stdio` and tells of more transfers than boards would make: `floodingChild.cjs ROWS MS`.
 * What the extension adds to the command line is not looked at.
 */

"use strict";

const { createMessageConnection, StreamMessageReader, StreamMessageWriter } = require("vscode-jsonrpc/node");

const [rows, ms] = process.argv.slice(2, 4).map(Number);
const everyMs = 20;
/** So many at a time; each has its share of the rows, the last of which says that it has finished. */
const transfers = 50;

const connection = createMessageConnection(
  new StreamMessageReader(process.stdin),
  new StreamMessageWriter(process.stdout),
);
const tell = (...told) => connection.sendNotification("rows", { rows: told });

const server = (protocol, state) => ({
  type: "server",
  id: protocol,
  protocol,
  state,
  addresses: ["127.0.0.1"],
  port: 6969,
  warnings: [],
});

const startedAt = Date.now();
const each = rows / transfers;

/** The row with this number: of one transfer after the other, again and again. */
function transfer(number) {
  const [step, index] = [Math.floor(number / transfers) + 1, number % transfers];
  const finished = step === each;
  return {
    type: "transfer",
    id: `tftp-${index}`,
    protocol: "tftp",
    direction: "read",
    file: `file-${index}.img`,
    address: "127.0.0.1",
    port: 2000 + index,
    localAddress: "127.0.0.1",
    state: finished ? "finished" : "running",
    bytes: step * 1000,
    size: each * 1000,
    startedAt,
    ...(finished && { endedAt: Date.now() }),
    bytesPerSecond: 1000,
    options: { blksize: 1468 },
    retransmissions: 0,
  };
}

function flood(began, told) {
  const due = Math.min(rows, Math.ceil((rows * (Date.now() - began)) / ms));
  void tell(...Array.from({ length: due - told }, (_, index) => transfer(told + index)));
  if (due < rows) setTimeout(flood, everyMs, began, due);
}

connection.onRequest("configure", async () => {
  await tell(...["bootp", "tftp", "ftp"].map((protocol) => server(protocol, "running")));
  setTimeout(flood, everyMs, Date.now(), 0);
  return null;
});
// Asked at a window's first start.
connection.onRequest("networks", () => []);
for (const request of ["drain", "stopNow"]) connection.onRequest(request, () => null);
connection.onClose(() => process.exit(0));
connection.listen();
