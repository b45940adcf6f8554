/** U-Boot on an emulated arm64 board, driven over its serial console. */

import assert from "node:assert/strict";
import { switchOn } from "./emulator";
import type { Host } from "./namespace";
import type { Running } from "./processes";

const machine = ["-M", "virt", "-cpu", "cortex-a57", "-m", "256"];

/** Enough for 40 MiB in blocks of 512 on a busy machine. */
const commandMs = 360_000;

export class UBoot {
  private constructor(private readonly running: Running) {}

  /** Switches a board on and stops its autoboot: it waits at its prompt. */
  static async switchOn(host: Host, mac: string, firmware: string): Promise<UBoot> {
    const bios = ["-bios", firmware];
    const board = new UBoot(
      switchOn(host, "qemu-system-aarch64", [...machine, ...bios], "virtio-net-device", mac),
    );
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
    await this.running.waitFor(String(what), (output) => what.test(output) || undefined, commandMs);
  }

  private enter(keys: string): Promise<string> {
    const from = this.running.output.length;
    this.running.type(keys);
    const atPrompt = (output: string): string | undefined =>
      /[\r\n]=> $/.test(output.slice(from)) ? output.slice(from) : undefined;
    return this.running.waitFor("prompt", atPrompt, commandMs);
  }
}
