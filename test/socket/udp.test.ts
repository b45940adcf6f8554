import assert from "node:assert/strict";
import { createServer } from "node:net";
import { EngineError } from "../../src/engine/errors";
import { bindError, portHolder } from "../../src/engine/portHolder";
import { openUdp, type Endpoint, type UdpSocket } from "../../src/engine/udp";

const nobody = (): void => undefined;

describe("a UDP socket", () => {
  const open: UdpSocket[] = [];
  const listen = async (options: Partial<Parameters<typeof openUdp>[0]> = {}): Promise<UdpSocket> => {
    const socket = await openUdp({ address: "127.0.0.1", port: 0, onPacket: nobody, ...options });
    open.push(socket);
    return socket;
  };

  afterEach(async () => {
    await Promise.all(open.splice(0).map((socket) => socket.close()));
  });

  it("carries a datagram to its peer and tells where it came from", async () => {
    const received = new Promise<[string, Endpoint]>((resolve) => {
      void listen({
        onPacket: (packet, from) => {
          resolve([Buffer.from(packet).toString(), from]);
        },
      }).then(async (to) => {
        (await listen()).send(Buffer.from("hello"), to.local);
      });
    });
    const [text, from] = await received;
    assert.equal(text, "hello");
    assert.deepEqual({ address: from.address, port: from.port }, open[1]!.local);
  });

  it("works over IPv6", async () => {
    const socket = await listen({ address: "::1" });
    assert.equal(socket.local.address, "::1");
  });

  it("on a port in use says which port, who holds it, and what to do (X12)", async () => {
    const holder = await listen();
    await assert.rejects(listen({ port: holder.local.port }), (error: unknown) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, "port.inUse");
      assert.ok(error.message.startsWith(`UDP port ${holder.local.port} of 127.0.0.1 is in use`));
      if (process.platform === "linux")
        assert.ok(error.message.includes(`(pid ${process.pid})`), error.message);
      assert.ok(error.remedy);
      return true;
    });
  });

  it("on an address that this computer does not have says so (TEST-NET-1, RFC 5737)", async () => {
    await assert.rejects(listen({ address: "192.0.2.1" }), { code: "address.missing" });
  });

  it("never throws at a send that cannot be: the error is told", async () => {
    const told = new Promise<Error>((resolve) => {
      void listen({ onError: resolve }).then((socket) => {
        socket.send(Buffer.from("x"), { address: "127.0.0.1", port: 70000 });
      });
    });
    assert.match((await told).message, /port/i);
  });

  it("frees its port by closing, and may be closed twice", async () => {
    const first = await listen();
    await first.close();
    await first.close();
    first.send(Buffer.from("after the end"), first.local);
    assert.equal((await listen({ port: first.local.port })).local.port, first.local.port);
  });
});

describe("the error of a bind", () => {
  it("without a right to the port tells the two ways out", () => {
    const error = bindError(
      "udp",
      { address: "127.0.0.1", port: 69 },
      Object.assign(new Error(), { code: "EACCES" }),
    );
    assert.equal(error.code, "port.permission");
    assert.match(error.message, /UDP port 69/);
    assert.match(error.remedy ?? "", /--high-ports/);
  });

  it("of another kind keeps the system's words and the cause", () => {
    const cause = new Error("EMFILE: too many open files");
    const error = bindError("tcp", { address: "::1", port: 21 }, cause);
    assert.match(error.message, /TCP port 21 of ::1: EMFILE/);
    assert.equal(error.cause, cause);
  });

  it("names a TCP listener, and nobody where nobody listens", async function () {
    if (process.platform !== "linux") this.skip();
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        resolve((server.address() as { port: number }).port);
      });
    });
    assert.match(portHolder("tcp", port) ?? "", new RegExp(`pid ${process.pid}`));
    await new Promise((resolve) => server.close(resolve));
    assert.equal(portHolder("tcp", port), undefined);
  });
});
