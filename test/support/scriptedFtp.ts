/** An FTP server that does what a test says, right or wrong. */

import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

export interface ScriptedClient {
  /** The control connection. */
  readonly socket: Socket;
  /** Sends lines, each with CR LF. */
  say(...lines: string[]): void;
  /** The data connection that EPSV or PASV led to. */
  readonly data: Promise<Socket>;
  /** The commands that came so far. */
  readonly commands: readonly string[];
}

export interface ScriptedFtp {
  readonly port: number;
  readonly commands: readonly string[];
  close(): Promise<void>;
}

type Script = Partial<Record<string, (client: ScriptedClient, argument: string) => unknown>>;

/**
 * @param script by verb; what is not in it is answered as by a friendly server with one file of 1000 bytes.
 * `greeting` is called at the start.
 */
export async function scriptedFtp(script: Script): Promise<ScriptedFtp> {
  const sockets = new Set<Socket>();
  const commands: string[] = [];
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined); // Clients that give up reset.
  };
  const passive = createServer();
  passive.listen(0, "127.0.0.1");
  await once(passive, "listening");
  const dataPort = (passive.address() as AddressInfo).port;
  const server = createServer((socket) => {
    keep(socket);
    let dataArrived: ((data: Socket) => void) | undefined;
    let text = "";
    const client = {
      socket,
      say: (...lines: string[]) => socket.write(lines.map((line) => `${line}\r\n`).join("")),
      data: new Promise<Socket>(() => undefined),
      commands,
    };
    const expectData = (): void => {
      client.data = new Promise((resolve) => (dataArrived = resolve));
      passive.once("connection", (data: Socket) => {
        keep(data);
        dataArrived?.(data);
      });
    };
    const friendly: Script = {
      greeting: () => client.say("220 hello"),
      USER: () => client.say("331 password"),
      PASS: () => client.say("230 in"),
      TYPE: () => client.say("200 ok"),
      SIZE: () => client.say("213 1000"),
      EPSV: () => {
        expectData();
        client.say(`229 passive (|||${dataPort}|)`);
      },
      PASV: () => {
        expectData();
        client.say(`227 passive (127,0,0,1,${dataPort >> 8},${dataPort & 255})`);
      },
      RETR: async () => {
        client.say("150 here");
        (await client.data).end(Buffer.alloc(1000, "x"));
        client.say("226 done");
      },
      QUIT: () => {
        client.say("221 bye");
        socket.end();
      },
    };
    const run = (verb: string, argument: string): void => {
      const answer = script[verb] ?? friendly[verb] ?? (() => client.say("502 no"));
      void answer(client, argument);
    };
    socket.on("data", (chunk) => {
      text += chunk.toString();
      for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        commands.push(line);
        const [verb = "", ...rest] = line.split(" ");
        run(verb, rest.join(" "));
      }
    });
    run("greeting", "");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    commands,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([server, passive].map((each) => new Promise((resolve) => each.close(resolve))));
    },
  };
}
