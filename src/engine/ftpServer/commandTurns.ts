/** Carries out the commands of a control connection one after the other, and does not read it while too many wait. */

import type { Socket } from "node:net";
import { nextTurn } from "../clock";
import { CommandQueue } from "./commandQueue";

/** Bytes of commands that wait while one is carried out; beyond it the control connection is not read. */
const mostWaiting = 128 * 1024;
/** Commands of one client until others have their turn of the event loop: a segment may hold 65,000 empty ones. */
const commandsATurn = 16;

export class CommandTurns {
  private carrying = false;
  private readonly waiting = new CommandQueue(mostWaiting);

  /**
   * @param carryOut one line, to its reply; it must not throw.
   * @param done is called when no command waits any more.
   */
  constructor(
    private readonly socket: Pick<Socket, "pause" | "resume" | "isPaused">,
    private readonly carryOut: (line: string) => Promise<void>,
    private readonly done: () => void,
  ) {}

  /** True while a command is carried out. */
  get isBusy(): boolean {
    return this.carrying;
  }

  /** So many wait that the control connection is not read. */
  get isFull(): boolean {
    return this.waiting.full;
  }

  /** True when such a line waits. */
  some(wanted: (line: string) => boolean): boolean {
    return this.waiting.some(wanted);
  }

  add(lines: readonly string[]): void {
    for (const line of lines) this.waiting.push(line);
    // TCP's own flow control holds the rest back (F24). Rarely during a transfer: its ABOR is to be heard (F16).
    if (this.isFull) this.socket.pause();
    if (!this.carrying) void this.carryOutAll();
  }

  /** What waits is not carried out. */
  clear(): void {
    this.waiting.clear();
  }

  /** Reads the control connection again once there is room for commands. */
  readOn(): void {
    if (!this.isFull && this.socket.isPaused()) this.socket.resume();
  }

  /** One after the other, so that replies come in the order of the commands (P3). */
  private async carryOutAll(): Promise<void> {
    this.carrying = true;
    let carried = 0;
    for (let line = this.waiting.take(); line !== undefined; line = this.waiting.take()) {
      this.readOn();
      await this.carryOut(line);
      carried += 1;
      if (carried % commandsATurn === 0) await nextTurn();
    }
    this.carrying = false;
    this.done();
  }
}
