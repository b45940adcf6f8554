/** Servers that lie, on loopback and any free port: small, scripted, and closed by their test. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

export interface Liar {
  readonly port: number;
  close(): Promise<void>;
}

/** A UDP port that takes everything and says nothing. */
export async function silentUdp(): Promise<Liar & { readonly heard: () => number }> {
  const socket = createSocket("udp4");
  let heard = 0;
  socket.on("message", () => (heard += 1));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { port: socket.address().port, heard: () => heard, close: () => closed(socket) };
}

const closed = (socket: { close(done: () => void): unknown }): Promise<void> =>
  new Promise((resolve) => {
    socket.close(() => {
      resolve();
    });
  });

/**
 * An FTP server that knows no SIZE and ends every file with 226, whatever it sent of it.
 * @param files what it sends of each file, by name; null: it takes the command and says nothing more.
 */
export async function lyingFtp(files: Readonly<Record<string, Uint8Array | null>>): Promise<Liar> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    return socket;
  };
  const data = createServer();
  const server = createServer((control) => {
    keep(control);
    const say = (line: string): void => void control.write(`${line}\r\n`);
    say("220 trust me");
    let rest = "";
    control.setEncoding("latin1").on("data", (chunk: string) => {
      rest += chunk;
      for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        answer(line, say, control);
      }
    });
  });
  const answer = (line: string, say: (line: string) => void, control: Socket): void => {
    const command = line.slice(0, 4).trim().toUpperCase();
    const argument = line.slice(5);
    const port = (data.address() as AddressInfo).port;
    switch (command) {
      case "USER":
        say("230 in");
        return;
      case "TYPE":
        say("200 ok");
        return;
      case "EPSV":
        waiting.length = 0; // What the refused file before was to come on.
        say(`229 here (|||${port}|)`);
        return;
      case "PASV":
        say(`227 here (127,0,0,1,${port >> 8},${port & 255})`);
        return;
      case "RETR": {
        const content = files[argument];
        if (content === undefined) say("550 no such file");
        if (!content) return;
        const socket = waiting.shift();
        const send = (to: Socket): void => {
          say("150 coming");
          to.end(content, () => {
            say("226 all of it");
          });
        };
        if (socket === undefined) wanted.push(send);
        else send(socket);
        return;
      }
      case "QUIT":
        say("221 bye");
        control.end();
        return;
      default:
        say("502 what?");
    }
  };
  const waiting: Socket[] = [];
  const wanted: ((socket: Socket) => void)[] = [];
  data.on("connection", (socket) => {
    keep(socket);
    const send = wanted.shift();
    if (send === undefined) waiting.push(socket);
    else send(socket);
  });
  for (const listener of [data, server]) {
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
  }
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed(data), closed(server)]);
    },
  };
}

/**
 * A TFTP server without options that gives each file as it likes (RFC 1350): a block of less than 512 bytes ends it.
 * @param files what it gives, by name; others are ERROR 1.
 */
export async function lyingTftp(files: Readonly<Record<string, Uint8Array>>): Promise<Liar> {
  const socket = createSocket("udp4");
  socket.on("message", (packet, from) => {
    const opcode = packet.readUInt16BE(0);
    if (opcode === 1) {
      const name = packet.toString("latin1", 2, packet.indexOf(0, 2));
      current = files[name];
      const missing = Buffer.from("\0\x05\0\x01no\0", "latin1");
      socket.send(current === undefined ? missing : block(current, 1), from.port, from.address);
    } else if (opcode === 4 && current !== undefined) {
      const acknowledged = packet.readUInt16BE(2);
      if (acknowledged * 512 > current.length) return;
      socket.send(block(current, acknowledged + 1), from.port, from.address);
    }
  });
  // One transfer at a time, from one port: a board takes that for a TID like any other.
  let current: Uint8Array | undefined;
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { port: socket.address().port, close: () => closed(socket) };
}

function block(file: Uint8Array, number: number): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(3, 0);
  header.writeUInt16BE(number & 0xffff, 2);
  return Buffer.concat([header, file.subarray((number - 1) * 512, number * 512)]);
}

/** A port of loopback on which nobody is. */
export async function nobodysPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await closed(server);
  return port;
}
