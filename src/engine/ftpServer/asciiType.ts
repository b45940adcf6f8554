/**
 * TYPE A: lines end with CR LF on the data connection (RFC 959 §3.1.1.1) and with LF in the file, as on every
 * Unix server. Only what a client asked for: a session starts with TYPE I, since an image must arrive as it is.
 */

const lf = 0x0a;
const cr = 0x0d;

/** Each LF as CR LF; a new array. */
export function toNetworkLines(chunk: Uint8Array): Uint8Array {
  let breaks = 0;
  for (const byte of chunk) if (byte === lf) breaks += 1;
  const out = new Uint8Array(chunk.length + breaks);
  let length = 0;
  for (const byte of chunk) {
    if (byte === lf) out[length++] = cr;
    out[length++] = byte;
  }
  return out;
}

/** Turns CR LF into LF across chunks; a CR without LF stays. `end` gives the CR that was held back. */
export function fromNetworkLines(): { push(chunk: Uint8Array): Uint8Array; end(): Uint8Array } {
  let held = false;
  return {
    push(chunk) {
      const out = new Uint8Array(chunk.length + 1);
      let length = 0;
      for (const byte of chunk) {
        if (held && byte !== lf) out[length++] = cr;
        held = byte === cr;
        if (!held) out[length++] = byte;
      }
      return out.subarray(0, length);
    },
    end: () => (held ? Uint8Array.of(cr) : new Uint8Array(0)),
  };
}
