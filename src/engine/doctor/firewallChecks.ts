/** What the firewalls of this computer may keep from the servers, and the lines that open them. */

import type { Check } from "../../model/checks";
import { check, inOrder } from "./check";
import type { FirewallFacts, FirewallName } from "./firewallFacts";
import { openingLines, type Opening } from "./firewallLines";

const titles: Readonly<Record<FirewallName, string>> = {
  ufw: "firewall ufw",
  firewalld: "firewall firewalld",
  nftables: "firewall nftables",
  macOS: "firewall of macOS",
  Windows: "firewall of Windows",
};

/** There the rules are the kernel's, whoever made them. */
const isOfLinux = ({ name }: FirewallFacts): boolean => name !== "macOS" && name !== "Windows";

function active({ name, blocksAll }: FirewallFacts, openings: readonly Opening[]): Check {
  const fixes = openingLines(name, openings);
  const code = "firewall.active";
  // What its rules do nobody knows: there may be none that refuses.
  if (name === "nftables") {
    return check("unknown", titles[name], {
      code,
      message: "rules are loaded; which, cannot be read without rights",
      fixes,
    });
  }
  if (blocksAll === true) {
    return check("problem", titles[name], {
      code: "firewall.blocksAll",
      message: "it blocks all incoming connections",
      remedy: 'Switch "Block all incoming connections" off in System Settings, Network, Firewall.',
      fixes,
    });
  }
  return check("warning", titles[name], {
    code,
    message: "it is active; whether its rules let boards in was not to be read without rights",
    remedy: "Where nothing arrives, open these ports.",
    fixes,
  });
}

/** @param openings what boards need, for each served interface but loopback; none: no firewall matters. */
export function firewallChecks(firewalls: readonly FirewallFacts[], openings: readonly Opening[]): Check[] {
  if (openings.length === 0) return [];
  const on = firewalls.filter(({ state }) => state === "active");
  const off = firewalls.filter(({ state }) => state === "inactive");
  const unseen = firewalls.filter(({ state }) => state === "unknown");
  const list = (facts: readonly FirewallFacts[]): string => facts.map(({ name }) => name).join(", ");
  return [
    ...on.map((facts) => active(facts, openings)),
    ...(unseen.length === 0 && firewalls.length > 0
      ? []
      : [
          check("unknown", "firewall", {
            code: "firewall.unknown",
            message: `whether ${unseen.length === 0 ? "a firewall" : unseen.map(({ name }) => name).join(" or ")} is active cannot be seen here`,
          }),
        ]),
    ...(off.length === 0
      ? []
      : [
          inOrder(
            "firewall",
            "firewall.inactive",
            `not active: ${list(off)}${off.some(isOfLinux) ? `; rules that were made without ${off.length === 1 ? "it" : "them"} cannot be read without rights` : ""}`,
          ),
        ]),
  ];
}
