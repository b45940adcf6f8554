import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { untakenBytes } from "../../src/engine/ftpServer/sendQueue";
import { until } from "../support/ftpWire";

describe("What was written to a connection", () => {
  it("and is not taken by the system yet is known in the middle of a chunk", async function () {
    this.timeout(60_000);
    if (process.platform === "win32") this.skip(); // There the system takes a chunk as a whole.
    const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const accepted = once(server, "connection");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    await once(socket, "connect");
    const [reader] = (await accepted) as [Socket];
    // More than a system takes for a reader who does not read.
    const chunk = Buffer.alloc(64 * 2 ** 20);
    const written = new Promise<void>((resolve) =>
      socket.write(chunk, () => {
        resolve();
      }),
    );
    await until(() => untakenBytes(socket) > 0);
    const waiting = untakenBytes(socket);
    assert.ok(waiting < chunk.length, `${waiting}`);
    reader.resume();
    await until(() => untakenBytes(socket) < waiting);
    await written;
    assert.equal(untakenBytes(socket), 0);
    const closed = [once(socket, "close"), once(reader, "close")];
    socket.destroy();
    reader.destroy();
    server.close();
    await Promise.all(closed);
    assert.equal(untakenBytes(socket), 0);
  });
});
