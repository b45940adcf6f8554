/** The errors that protocol code throws. Whoever reads a peer's bytes catches `MalformedPacket`. */

/** The peer's bytes are not a packet of this protocol; answer or drop, never crash. */
export class MalformedPacket extends Error {
  override name = "MalformedPacket";
}
