/** Who a board is, to a person. */

import type { ClientRow } from "../../model/events";

/** The name of the client at an address, else the address; the clients are looked at once. */
export function boardNames(clients: Iterable<ClientRow>): (address: string) => string {
  const names = new Map<string, string>();
  for (const { address, name } of clients) {
    if (address !== undefined && name !== undefined && !names.has(address)) names.set(address, name);
  }
  return (address) => names.get(address) ?? address;
}
