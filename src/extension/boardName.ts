/** Who a board is, to a person. */

import type { ClientRow } from "../model/events";

/** The name of the client at an address, else the address. */
export function boardName(clients: Iterable<ClientRow>, address: string): string {
  for (const client of clients)
    if (client.address === address && client.name !== undefined) return client.name;
  return address;
}
