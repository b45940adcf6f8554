/** The Clients view as data: boards by name or MAC, where each stands in its boot, below it its transfers. */

import type { ClientRow, TransferRow } from "../../model/events";
import { describeTotals } from "../../model/measured";
import { leftToOtherCode } from "../../model/nextServer";
import { outsiderOf } from "../../model/outside";
import { describeQuirks } from "../../model/quirkWords";
import { ago, colours, describeTrouble, joined, type Item } from "./item";
import { transferItem } from "./transferItems";
import { quoted } from "../words";

const looks: Readonly<Record<ClientRow["stage"], { readonly icon: string; readonly colour?: string }>> = {
  listed: { icon: "circle-outline" },
  seen: { icon: "eye" },
  refused: { icon: "circle-slash", colour: colours.warning },
  answered: { icon: "arrow-right", colour: colours.busy },
  loading: { icon: "loading~spin", colour: colours.busy },
  silent: { icon: "debug-pause" },
  booted: { icon: "pass", colour: colours.good },
};

const stages: Readonly<Record<ClientRow["stage"], string>> = {
  listed: "not seen yet",
  seen: "seen, not answered",
  refused: "refused",
  answered: "answered",
  loading: "loading",
  silent: "silent",
  booted: "booted",
};

/** In these a sequence has begun, and can begin anew. */
const begun: ReadonlySet<ClientRow["stage"]> = new Set(["answered", "loading", "silent", "booted"]);

/** Vendor classes (DHCP option 60) of systems that have booted already and want an address only. */
const bootedSystem = /^(MSFT|android-dhcp|dhcpcd|AAPL(?!BSDPC)|HUAWEI:|ubnt$|systemd)/i;

/** The last transfers of a client that stand below it; the Transfers view has all. */
const mostTransfers = 20;

/** So many strangers are shown one by one. */
const mostStrangers = 5;

const vendorWord = /^(PXEClient|HTTPClient|U-Boot|iPXE|AAPLBSDPC|RaspberryPi|Etherboot|gPXE|Arch:)/i;

/** The name that a person knows it by. */
function nameOf({ name, mac, address, id }: ClientRow): string {
  return quoted(name ?? mac ?? address ?? id);
}

function clientItem(row: ClientRow, transfers: readonly TransferRow[], now: number): Item {
  const {
    id,
    stage,
    detail,
    file,
    why,
    quirks,
    trouble,
    lastSeenAt,
    mac,
    address,
    vendorClass,
    verification,
  } = row;
  const { root, profile } = row;
  const label = nameOf(row);
  // "silent for 7 s more" says it all; "answered" needs to be told what with.
  const place = stage === "silent" ? quoted(detail) : joined(": ", stages[stage], quoted(detail));
  const stands = joined(", ", place, why !== undefined && `because ${quoted(why)}`);
  const description = joined(
    " · ",
    verification && "verification",
    profile,
    stage === "seen" || stage === "refused" ? stages[stage] : stands,
    trouble && describeTrouble(trouble),
    lastSeenAt !== undefined && ago(now - lastSeenAt),
  );
  const unanswered =
    (stage === "seen" || stage === "refused") &&
    mac !== undefined &&
    !verification &&
    trouble?.code !== leftToOtherCode;
  const children = transfers.map((transfer) => ({
    ...transferItem(transfer, () => label, now),
    id: `${id}/${transfer.id}`,
  }));
  return {
    id,
    label,
    description,
    tooltip: joined(
      "\n",
      joined(
        " ",
        label,
        mac !== undefined && mac !== label && `MAC ${mac}`,
        address && `address ${quoted(address)}`,
      ),
      joined(": ", stages[stage], quoted(detail)),
      file !== undefined && file !== "" && `Last answer: ${quoted(file)}`,
      why !== undefined && `That is because ${quoted(why)}.`,
      quirks && `Quirks of the plan: ${describeQuirks(quirks).join(", ")}`,
      root !== undefined && `It sees ${quoted(root)} as its root.`,
      trouble && describeTrouble(trouble),
      transfers.length > 0 && describeTotals(transfers),
      vendorClass && `Vendor class: ${quoted(vendorClass)}`,
    ),
    ...looks[stage],
    context: joined(
      " ",
      "client",
      `client.${stage}`,
      unanswered && "client.unanswered",
      outsiderOf(trouble) !== undefined && "client.outside",
      row.nextServer !== undefined && mac !== undefined && "client.nextServer",
      begun.has(stage) && row.sequence && !verification && "client.sequence",
    ),
    spoken: joined(", ", label, description.replaceAll(" · ", ", ")),
    ...(children.length > 0 && { children, folded: true }),
    row: id,
  };
}

/** True for a machine that most likely boots from its own disk. */
const isOther = ({ stage, vendorClass = "" }: ClientRow): boolean =>
  stage === "seen" && bootedSystem.test(vendorClass);

/** True for a machine of which nothing says whether it boots from the network. */
const isStranger = ({ stage, vendorClass = "", verification }: ClientRow): boolean =>
  stage === "seen" && !verification && !vendorWord.test(vendorClass);

/** @param now Unix ms. */
export function clientItems(
  clients: Iterable<ClientRow>,
  transfers: Iterable<TransferRow>,
  now: number,
): Item[] {
  const byAddress = new Map<string, TransferRow[]>();
  for (const transfer of transfers) {
    if (transfer.state === "refused" || transfer.state === "probe") continue;
    const own = byAddress.get(transfer.address);
    if (own === undefined) byAddress.set(transfer.address, [transfer]);
    else own.push(transfer);
  }
  const all = [...clients];
  const strangers = all.filter(isStranger);
  const folded = new Set(strangers.length > mostStrangers ? strangers : strangers.filter(isOther));
  const itemOf = (row: ClientRow): Item => {
    const own = row.address === undefined ? [] : (byAddress.get(row.address) ?? []);
    return clientItem(row, own.slice(-mostTransfers).reverse(), now);
  };
  const shown = all.filter((row) => !folded.has(row));
  if (folded.size === 0) return shown.map(itemOf);
  const label = `Others (${folded.size})`;
  const others: Item = {
    id: "others",
    label,
    description: "seen, not answered",
    tooltip: "Machines that asked for an address and do not look as if they boot from the network.",
    icon: "ellipsis",
    context: "others",
    spoken: `${label}, seen, not answered`,
    children: [...folded].map(itemOf),
    folded: true,
  };
  return [...shown.map(itemOf), others];
}
