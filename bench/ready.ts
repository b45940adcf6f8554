/** When the servers can be asked, and which versions they are. */

import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { tinyFile } from "./tftpRows";
import type { RunningPeer } from "./peers";
import { run } from "./processes";

const patienceMs = 15_000;
const stepMs = 100;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Any answer to a request will do; the ERROR keeps it from coming again (RFC 1350 §7). */
async function answersTftp(address: string): Promise<boolean> {
  const socket = createSocket("udp4");
  try {
    socket.send(`\0\u0001${tinyFile}\0octet\0`, 69, address);
    const answered = once(socket, "message").then((came) => {
      const { port } = came[1] as RemoteInfo;
      socket.send("\0\u0005\0\0enough\0", port, address);
      return true;
    });
    return await Promise.race([answered, wait(stepMs).then(() => false)]);
  } finally {
    socket.close();
  }
}

async function acceptsFtp(address: string): Promise<boolean> {
  const socket = connect({ host: address, port: 21 });
  const accepted = once(socket, "data").then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([accepted, wait(stepMs * 10).then(() => false)]);
  } finally {
    socket.destroy();
  }
}

/** Resolves when all answer. @throws Error with what the one said that does not. */
export async function whenReady(peers: readonly RunningPeer[]): Promise<void> {
  for (const peer of peers) {
    const { name, kinds, address } = peer;
    const answers = kinds.includes("ftp") ? acceptsFtp : answersTftp;
    const deadline = performance.now() + patienceMs;
    while (!(await answers(address))) {
      if (performance.now() > deadline) throw new Error(`${name} does not answer:\n${peer.said()}`);
      await wait(stepMs);
    }
  }
}

/** The versions of the packages that the peers come from, as far as the system tells. */
export async function versionsOf(peers: readonly RunningPeer[]): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const { name, package: full } of peers) {
    const [wanted] = full?.split(" ") ?? [];
    if (wanted === undefined) continue;
    const version = await run(["dpkg-query", "-W", "-f", "${Version}", wanted]).catch(() => "");
    if (version !== "") versions[name] = version;
  }
  return versions;
}
