/** SHA-256 and CRC-32 of the bytes of a file, computed once while they pass. */

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

export class Checksums {
  private readonly hash = createHash("sha256");
  private crc = 0;

  update(bytes: Uint8Array): void {
    this.hash.update(bytes);
    this.crc = crc32(bytes, this.crc);
  }

  /** To be called once, at the end. Lower-case hex. */
  result(): { readonly sha256: string; readonly crc32: string } {
    return { sha256: this.hash.digest("hex"), crc32: this.crc.toString(16).padStart(8, "0") };
  }
}
