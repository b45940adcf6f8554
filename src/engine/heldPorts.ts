/**
 * Low ports that were bound while this process was root. Root is given up before anything is read, and after that no
 * low port can be bound (EACCES), so each socket is held here until the server asks for it that it was bound for.
 * Like the right to bind them, all of this belongs to the process as a whole.
 */

import type { Socket } from "node:dgram";
import type { Server } from "node:net";
import type { EngineError } from "./errors";

/** Where a socket is bound. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** What a bind came to. */
export type Held<Bound> =
  | { readonly error: EngineError }
  | {
      readonly socket: Bound;
      /** Another program has the port, and shares it: why it is not to be had alone. */
      readonly notAlone?: EngineError;
    };

/** Those of one transport. */
class Shelf<Bound extends { close(): unknown }> {
  private readonly held = new Map<string, Held<Bound>>();
  /** Those that are in use, until their server has started. */
  private readonly taken = new Map<Bound, Place>();

  hold(place: Place, held: Held<Bound>): void {
    this.held.set(keyOf(place), held);
  }

  /** The one that is bound there; undefined: none is. @throws EngineError why it could not be bound. */
  take(place: Place & { readonly reuseAddr?: boolean }): Bound | undefined {
    const held = this.held.get(keyOf(place));
    if (held === undefined) return undefined;
    if ("error" in held) throw held.error;
    if (held.notAlone !== undefined && place.reuseAddr !== true) throw held.notAlone;
    this.held.delete(keyOf(place));
    this.taken.set(held.socket, place);
    return held.socket;
  }

  /** Holds one again that was only tried; false: it is to be closed. */
  giveBack(socket: Bound): boolean {
    const place = this.taken.get(socket);
    if (place === undefined) return false;
    this.taken.delete(socket);
    this.hold(place, { socket });
    return true;
  }

  release(port: number): void {
    for (const [key, held] of this.held) {
      if (!key.endsWith(` ${port}`)) continue;
      if (!("error" in held)) held.socket.close();
      this.held.delete(key);
    }
    for (const [socket, place] of this.taken) if (place.port === port) this.taken.delete(socket);
  }
}

const keyOf = ({ address, port }: Place): string => `${address} ${port}`;

export const heldPorts = {
  /** True once this process was root and is no more. */
  rootIsGone: false,
  udp: new Shelf<Socket>(),
  tcp: new Shelf<Server>(),
  /** Closes what the server of that port did not take: it has been started. */
  release(port: number): void {
    this.udp.release(port);
    this.tcp.release(port);
  },
};
