/** A client of the BOOTP server as its row. */

import type { ClientRow } from "../../model/events";
import type { ClientView } from "../../protocol/bootp/clients";
import type { Clock } from "../clock";

export function clientRow(view: ClientView, clock: Pick<Clock, "now" | "wallTime">): ClientRow {
  const { id, name, mac, address, vendorClass, stage, detail, file, why } = view;
  const { root, profile, verification, notice, lastSeenAt } = view;
  return withoutUndefined<ClientRow>({
    type: "client",
    ...{ id, name, mac, address, vendorClass, stage, detail, file, why, root, profile, verification },
    quirks: view.quirks,
    sequence: view.sequence,
    trouble: notice,
    nextServer: view.nextServer,
    lastSeenAt:
      lastSeenAt === undefined ? undefined : Math.round(clock.wallTime() - (clock.now() - lastSeenAt)),
    forgotten: undefined,
  });
}

type WithUndefined<T> = { [Key in keyof T]: T[Key] | undefined };

/** The same without the properties that are undefined: a row says what is there. */
function withoutUndefined<T extends object>(value: WithUndefined<T>): T {
  return Object.fromEntries(Object.entries(value).filter(([, content]) => content !== undefined)) as T;
}
