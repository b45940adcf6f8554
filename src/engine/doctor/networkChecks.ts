/** The interfaces of this computer, those that are to be served, and the plan's addresses beside them. */

import { isIP } from "node:net";
import type { Check } from "../../model/checks";
import { describeAddress, type NetworkInterface } from "../../model/networks";
import type { Plan } from "../../model/plan";
import { printable } from "../../model/text";
import { inNetwork, isLoopback, type Network } from "../../protocol/ipv4";
import { describeAbsence } from "../absence";
import { isEveryInterface, type ServedAddresses } from "../interfaces";
import { everyInterface } from "../starting";
import { check, inOrder } from "./check";

const linkWord = (link: boolean | undefined): string[] =>
  link === undefined ? [] : [link ? "link" : "no link"];

/** `wired, 192.168.7.1/24, link`. */
function describe({ kind, addresses, link, gateway }: NetworkInterface): string {
  const own = addresses.length === 0 ? ["no address"] : addresses.map(describeAddress);
  const wide = gateway ? ["the way to other networks"] : [];
  return [kind, ...own, ...linkWord(link), ...wide].join(", ");
}

function interfaceCheck(network: NetworkInterface, served: boolean): Check {
  const about = `interface ${network.name}`;
  const message = `${describe(network)}; ${served ? "served" : "not served"}`;
  // A cable is in, and nobody behind it could ask: most likely the one with the boards.
  const idle = network.kind === "wired" && network.link === true && network.fix !== undefined;
  if (!idle) return inOrder(about, "network.seen", message);
  return check("warning", about, {
    code: "network.noAddress",
    message: `${message}; no board can ask there before it has an address`,
    remedy: "Give it one, if the boards are there.",
    fixes: [network.fix],
  });
}

/**
 * One check for each interface, and one for each wanted address that is not there.
 * @param wanted the addresses and interfaces to serve; `served` is what they come to.
 */
export function networkChecks(
  wanted: readonly string[],
  served: ServedAddresses,
  networks: readonly NetworkInterface[],
): Check[] {
  const names = new Set(served.networks.map(({ interfaceName }) => interfaceName));
  // One with IPv6 alone is there, and no board finds it: BOOTP is IPv4.
  const bare = wanted.filter((name) => isIP(name) === 0 && !names.has(name));
  const missing = [...new Set([...served.missing, ...bare])];
  const absent = missing.map((name) =>
    check("problem", networks.some((one) => one.name === name) ? `interface ${name}` : name, {
      code: "address.waiting",
      ...describeAbsence([name], networks),
    }),
  );
  return [
    ...absent,
    ...(wanted.some(isEveryInterface) ? [check("warning", "every interface", everyInterface)] : []),
    ...networks
      .filter(({ name }) => !missing.includes(name))
      .map((network) => interfaceCheck(network, names.has(network.name))),
  ];
}

/** So many boards are named. */
const mostNamed = 3;

/** The plan's addresses that are in no network where they could be used. */
export function planChecks(
  { clients, pool }: Pick<Plan, "clients" | "pool">,
  served: readonly Network[],
  networks: readonly NetworkInterface[],
): Check[] {
  const planned = [
    ...clients.flatMap(({ name, mac, address }) =>
      address === undefined ? [] : [{ who: printable(name ?? mac), address }],
    ),
    ...pool.flatMap(({ first, last }) => [
      { who: "the pool", address: first },
      { who: "the pool", address: last },
    ]),
  ].filter(({ address }) => !isLoopback(address));
  if (planned.length === 0) return [];
  const real = served.filter(({ address }) => !isLoopback(address));
  // On loopback the plan waits for its network: any that this computer has will do.
  const all = networks.flatMap(({ name, addresses }) =>
    addresses.map((one): Network => ({ ...one, interfaceName: name })),
  );
  const [among, where] = real.length > 0 ? [real, "a served network"] : [all, "a network of this computer"];
  const outside = planned.filter(({ address }) => !among.some((network) => inNetwork(network, address)));
  const about = "addresses in the boot plan";
  if (outside.length === 0) return [inOrder(about, "plan.subnet", `each is in ${where}`)];
  const named = [...new Set(outside.map(({ who, address }) => `${who} (${address})`))];
  const more = named.length - mostNamed;
  return [
    check("warning", about, {
      code: "plan.subnet",
      message: `${named.slice(0, mostNamed).join(", ")}${more > 0 ? ` and ${more} more` : ""} ${
        named.length === 1 ? "is" : "are"
      } not in ${where}${real.length > 0 ? `: ${real.map(describeAddress).join(", ")}` : ""}`,
      remedy:
        "A board with such an address is reached through a relay agent only. Else change the plan, or serve the network that it is in.",
    }),
  ];
}
