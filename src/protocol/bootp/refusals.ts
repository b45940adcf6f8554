/** Why a request is not answered, in words that more than one of the server's parts needs. */

import type { Notice } from "./clients";
import type { Arrival } from "./networks";
import { unspecified } from "./packet";

export const noNetwork: Notice = {
  code: "network.none",
  message: "no network is served at the moment",
  remedy: "See what the servers wait for.",
};

export const unlistedCode = "client.unlisted";

/**
 * A client that the plan would have to list.
 * @param mayWiden `everyone` would have it answered.
 */
export function unlisted(mac: string, dhcp: boolean, mayWiden = false): Notice {
  return {
    code: unlistedCode,
    message: dhcp
      ? "it asks by DHCP, and only the plan's clients get DHCP answers"
      : "only clients that the plan lists are answered",
    remedy: [
      `List ${mac} under "clients" in the plan`,
      ...(dhcp ? ['with an "address" of its network'] : []),
      ...(mayWiden
        ? [
            "or answer every board on a cable of your own: --answer everyone, setting bootServers.bootp.answer",
          ]
        : []),
    ]
      .join(", ")
      .concat("."),
  };
}

/** A client of a network that may not ask. */
export function outside({ request, from }: Arrival): Notice {
  const relayed = request.giaddr !== unspecified;
  const address = relayed ? request.giaddr : from.address;
  return {
    code: "access.network",
    message: `${address}${relayed ? ", its relay agent," : ""} is not in a network that may ask`,
    remedy: `Allow it with --allow ${address}/32 or the setting bootServers.allow, or its network.`,
  };
}
