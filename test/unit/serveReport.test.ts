import assert from "node:assert/strict";
import { once } from "node:events";
import { Writable } from "node:stream";
import { jsonReporter } from "../../src/cli/serveReport";
import type { LogRow, Row, ServerRow } from "../../src/model/events";

/** A pipe whose reader reads when the test says so. */
class Pipe extends Writable {
  text = "";
  private taken: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 1000 });
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.text += chunk.toString();
    this.taken = callback;
  }

  /** Reads everything that is written, and what is written because of that. */
  async readAll(): Promise<void> {
    while (this.writableLength > 0) {
      const drained = this.writableNeedDrain ? once(this, "drain") : Promise.resolve();
      while (this.writableLength > 0) {
        this.taken?.();
        await Promise.resolve();
      }
      await drained;
    }
  }

  rows(): Row[] {
    return this.text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Row);
  }
}

const server = (lastPacketAt: number): ServerRow => ({
  type: "server",
  id: "tftp",
  protocol: "tftp",
  state: "running",
  addresses: ["127.0.0.1"],
  port: 69,
  warnings: [],
  lastPacketAt,
});
const log = (index: number): LogRow => ({
  type: "log",
  id: `log-${index}`,
  at: 0,
  level: "info",
  message: "x".repeat(100),
});

describe("serve --json", () => {
  it("writes each row as it comes, where somebody reads", async () => {
    const pipe = new Pipe();
    const report = jsonReporter(pipe);
    report.row(server(1));
    report.row(server(2));
    await pipe.readAll();
    assert.deepEqual(pipe.rows(), [server(1), server(2)]);
  });

  it("keeps the latest row of each id where nobody reads, and writes it when somebody does", async () => {
    const pipe = new Pipe();
    const report = jsonReporter(pipe);
    for (let index = 0; index < 20; index++) report.row(log(index));
    for (let at = 0; at < 10_000; at++) report.row(server(at));
    assert.ok(pipe.writableLength < 2_000, "a reader that stands still does not fill the memory");
    await pipe.readAll();
    const rows = pipe.rows();
    assert.equal(rows.filter(({ type }) => type === "log").length, 20);
    assert.deepEqual(
      rows.filter(({ type }) => type === "server"),
      [server(9_999)],
    );
    report.row(server(10_000));
    await pipe.readAll();
    assert.deepEqual(pipe.rows().at(-1), server(10_000));
  });

  it("loses the oldest of very many rows that nobody reads", async () => {
    const pipe = new Pipe();
    const report = jsonReporter(pipe);
    for (let index = 0; index < 30_000; index++) report.row(log(index));
    await pipe.readAll();
    const rows = pipe.rows();
    assert.ok(rows.length > 10_000 && rows.length < 10_100, `${rows.length}`);
    assert.equal(rows.at(-1)?.id, "log-29999");
  });

  it("writes what is left at the end", async () => {
    const pipe = new Pipe();
    const report = jsonReporter(pipe);
    for (let index = 0; index < 50; index++) report.row(log(index));
    report.end();
    await pipe.readAll();
    assert.equal(pipe.rows().length, 50);
  });
});
