/** U-Boot on an emulated arm64 board: its serial console, and its network card plugged into a host's `eth0`. */

import assert from "node:assert/strict";
import type { Host } from "./namespace";
import type { Running } from "./processes";
import { findProgram } from "./programs";

/**
 * Carries whole frames between an interface and QEMU's `-netdev socket,fd=`: unlike a tap device that needs no
 * /dev/net/tun, which containers and ordinary users rarely have. The kernel leaves UDP checksums of a virtual cable
 * to hardware that is not there; 0 says that there is none (RFC 768). QEMU ends with its cable.
 */
const cable = `
import os, select, socket, sys
interface, program, *args = sys.argv[1:]
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind((interface, 0))
near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
if os.fork() == 0:
    far.set_inheritable(True)
    card = "socket,id=card,fd=%d" % far.fileno()
    os.execvp("setpriv", ["setpriv", "--pdeathsig", "KILL", program, *args, "-netdev", card])
far.close()
while True:
    for ready in select.select([wire, near], [], [])[0]:
        frame, sender = ready.recvfrom(65536)
        if ready is near:
            wire.send(frame)
        elif sender[2] != socket.PACKET_OUTGOING:
            if frame[12:14] == b"\\x08\\x00" and frame[23] == socket.IPPROTO_UDP:
                frame = frame[:40] + b"\\0\\0" + frame[42:]
            near.send(frame)
`;

const machine = "-M virt -cpu cortex-a57 -m 256 -nodefaults -display none -serial stdio".split(" ");

/** Enough for 40 MiB in blocks of 512 on a busy machine. */
const commandMs = 60_000;

export class UBoot {
  private constructor(private readonly running: Running) {}

  /** Switches a board on and stops its autoboot: it waits at its prompt. */
  static async switchOn(host: Host, mac: string, firmware: string): Promise<UBoot> {
    const qemu = findProgram("qemu-system-aarch64") ?? "qemu-system-aarch64";
    const card = ["-device", `virtio-net-device,netdev=card,mac=${mac}`];
    const args = ["-c", cable, "eth0", qemu, ...machine, "-bios", firmware, ...card];
    const board = new UBoot(host.start("python3", args, { typed: true }));
    await board.says(/Hit any key to stop autoboot/);
    await board.enter(" ");
    return board;
  }

  /** Types a command and waits for the next prompt. @returns all that it said. */
  run(command: string): Promise<string> {
    return this.enter(`${command}\n`);
  }

  /** The value of a variable; empty when it has none. */
  async variable(name: string): Promise<string> {
    const said = await this.run(`printenv ${name}`);
    return new RegExp(`^${name}=(.*)$`, "m").exec(said)?.[1]?.trim() ?? "";
  }

  /** The CRC32 of what it loaded last, by its own count of the bytes. */
  async crc32(): Promise<string> {
    const said = await this.run("crc32 ${loadaddr} ${filesize}");
    return /==> ([0-9a-f]{8})/.exec(said)?.[1] ?? assert.fail(said);
  }

  /** Resolves once it has said that, at any time so far. */
  async says(what: RegExp): Promise<void> {
    await this.running.waitFor(String(what), (output) => what.test(output) || undefined);
  }

  private enter(keys: string): Promise<string> {
    const from = this.running.output.length;
    this.running.type(keys);
    const atPrompt = (output: string): string | undefined =>
      /[\r\n]=> $/.test(output.slice(from)) ? output.slice(from) : undefined;
    return this.running.waitFor("prompt", atPrompt, commandMs);
  }
}
