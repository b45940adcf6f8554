/** What other DHCP servers on the served networks mean for boards. */

import type { Check } from "../../model/checks";
import { cidr } from "../../model/outside";
import { prefixLength } from "../../model/networks";
import type { Answering } from "../../model/settings";
import { isLoopback, type Network } from "../../protocol/ipv4";
import { unspecified } from "../../protocol/bootp/packet";
import { searchMs, type Rival, type RivalSearch } from "../rivalSearch";
import { check, inOrder } from "./check";

const about = "other DHCP servers";

/** @param served the networks that were asked; on loopback alone there is nobody else, and no check. */
export function rivalChecks(
  search: RivalSearch,
  served: readonly Network[],
  { answer, proxy }: Answering,
): Check[] {
  const asked = served.filter(({ address }) => !isLoopback(address));
  if (asked.length === 0) return [];
  if (search.kind === "blind") {
    return [
      check("unknown", about, {
        code: "dhcp.blind",
        message: `they could not be asked for: ${search.why}`,
        remedy: "Without port 68, or 67, no answer of theirs is heard.",
      }),
    ];
  }
  const servers = new Map<string, Rival[]>();
  for (const rival of search.rivals) {
    const key = `${rival.server} ${rival.from}`;
    servers.set(key, [...(servers.get(key) ?? []), rival]);
  }
  if (servers.size === 0) return [noneCheck(asked, { answer, proxy })];
  return [...servers.values()].map((rivals) => foundCheck(rivals, { answer, proxy }));
}

function noneCheck(asked: readonly Network[], { answer, proxy }: Answering): Check {
  const where = asked.map(({ address }) => address).join(", ");
  const none = `none answered on the network of ${where} within ${searchMs / 1000} seconds`;
  if (proxy) {
    return check("warning", about, {
      code: "dhcp.none",
      message: `${none}, and proxy gives no addresses: nobody would`,
      remedy:
        "Choose everyone in place of proxy (--answer, setting bootServers.bootp.answer), or start that server.",
    });
  }
  return inOrder(about, "dhcp.none", `${none}${answer === "everyone" ? ": every board is answered" : ""}`);
}

/** @param rivals what one server said, on each network where it did. */
function foundCheck(rivals: readonly Rival[], { answer, proxy }: Answering): Check {
  const code = "dhcp.rival";
  const seen = `${describe(rivals)} on the network of ${rivals.map(({ on }) => on).join(", ")}, and offers ${offers(rivals)}`;
  if (proxy) return inOrder(about, code, `${seen}; proxy goes beside it`);
  const beside = "(--answer proxy, setting bootServers.bootp.answer)";
  if (answer === "everyone") {
    return check("warning", about, {
      code,
      message: `${seen}: it is in conflict with everyone, so boards that the plan does not list are left to it`,
      remedy: `Choose proxy ${beside}, which goes beside it, or list your boards in the plan.`,
    });
  }
  return check("warning", about, {
    code,
    message: `${seen}: a board that asks by DHCP may take that answer, which names no file of yours`,
    remedy: `Have it name this server (next-server ${rivals[0]?.on ?? ""}), or choose proxy ${beside}, which goes beside it.`,
  });
}

/** `10.77.0.2 (option 54: 10.78.0.2) answers`. */
function describe([rival]: readonly Rival[]): string {
  if (rival === undefined) return "";
  const { server, from } = rival;
  return `${from}${server === from ? "" : ` (option 54: ${server})`} answers`;
}

/** Networks where it told a netmask, else the address itself. */
function offers(rivals: readonly Rival[]): string {
  const all = rivals.map(({ offered, netmask }) => {
    if (offered === unspecified) return "no address";
    return netmask === undefined ? offered : `addresses of ${cidr(offered, prefixLength(netmask))}`;
  });
  return [...new Set(all)].join(", ");
}
