/** netascii (RFC 1350 §5, RFC 764): on the wire a line ends with CR LF, and a CR that is none is CR NUL. */

const cr = 13;
const lf = 10;
const nul = 0;

/** The wire form of a piece of a file: LF becomes CR LF, CR becomes CR NUL. Pieces are independent. */
export function encodeNetascii(bytes: Uint8Array): Uint8Array {
  let extra = 0;
  for (const byte of bytes) if (byte === lf || byte === cr) extra += 1;
  if (extra === 0) return bytes;
  const wire = new Uint8Array(bytes.length + extra);
  let at = 0;
  for (const byte of bytes) {
    if (byte === lf) wire[at++] = cr;
    wire[at++] = byte;
    if (byte === cr) wire[at++] = nul;
  }
  return wire;
}

/** Reads the wire form piece by piece: a CR at the end of one waits for the next. */
export class NetasciiDecoder {
  private heldCr = false;

  /** The file's bytes that are certain by now. */
  decode(wire: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(wire.length + 1);
    let at = 0;
    for (const byte of wire) {
      if (this.heldCr) {
        this.heldCr = false;
        if (byte === lf || byte === nul) {
          bytes[at++] = byte === lf ? lf : cr;
          continue;
        }
        // A bare CR is against RFC 764; dnsmasq sends it all the same.
        bytes[at++] = cr;
      }
      if (byte === cr) this.heldCr = true;
      else bytes[at++] = byte;
    }
    return bytes.subarray(0, at);
  }

  /** What is left at the end of the file: a last bare CR, or nothing. */
  end(): Uint8Array {
    const rest = this.heldCr ? Uint8Array.of(cr) : new Uint8Array(0);
    this.heldCr = false;
    return rest;
  }
}
