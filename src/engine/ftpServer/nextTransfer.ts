/** What earlier commands of a session said of its next transfer: it holds for that one alone. */

import type { DataChannel } from "./dataChannel";

export class NextTransfer {
  private channel: DataChannel | undefined;
  private offset = 0;
  private announced: number | undefined;

  /** PASV, EPSV, PORT, EPRT. An earlier channel is closed. */
  setChannel(channel: DataChannel): void {
    this.dropChannel();
    this.channel = channel;
  }

  /** The caller closes it. */
  takeChannel(): DataChannel | undefined {
    const { channel } = this;
    this.channel = undefined;
    return channel;
  }

  dropChannel(): void {
    this.takeChannel()?.close();
  }

  /** REST: the byte at which it begins. */
  setOffset(bytes: number): void {
    this.offset = bytes;
  }

  takeOffset(): number {
    const { offset } = this;
    this.offset = 0;
    return offset;
  }

  /** ALLO: the bytes of an upload. */
  setAnnounced(bytes: number): void {
    this.announced = bytes;
  }

  takeAnnounced(): number | undefined {
    const { announced } = this;
    this.announced = undefined;
    return announced;
  }

  /** Nothing was said (USER, REIN). */
  reset(): void {
    this.dropChannel();
    this.offset = 0;
    this.announced = undefined;
  }
}
