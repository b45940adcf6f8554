/** What the one notification says when servers did not start, and which ways out it offers. */

import type { Protocol, ServerRow } from "../../model/events";
import { highPorts } from "../../model/settings";
import { describeTrouble } from "../views/item";
import { formatList, unadorned } from "../words";

export interface FailureNotice {
  readonly message: string;
  /** A line for a terminal that mends it. */
  readonly line?: string;
  /** Those that may go to high ports: boards ask BOOTP on port 67 and nowhere else. */
  readonly mayMove: readonly Protocol[];
  /** True where more rights for the servers' process would mend it. */
  readonly lacksRights: boolean;
}

const nameOf = ({ protocol }: ServerRow): string => protocol.toUpperCase();

const isRefused = ({ trouble }: ServerRow): boolean => trouble?.code === "port.permission";

/** @param failed rows of servers that failed. */
export function failureNotice(failed: readonly ServerRow[]): FailureNotice {
  const refused = failed.filter(isRefused);
  const others = failed.filter((row) => !isRefused(row));
  const sentences = [
    ...(refused.length === 0
      ? []
      : [
          `${formatList(refused.map(nameOf))} did not start: no permission to listen on port ${formatList(refused.map(({ port }) => String(port)))}.`,
          "High ports are for TFTP and FTP: boards ask BOOTP on port 67 alone.",
        ]),
    ...others.map(
      (row) => `${nameOf(row)} did not start. ${row.trouble ? describeTrouble(row.trouble) : ""}`,
    ),
  ];
  const line = failed.flatMap(({ trouble }) => trouble?.fixes ?? [])[0]?.line;
  const movable = refused.filter(
    ({ protocol, port }) => protocol !== "bootp" && port !== highPorts[protocol],
  );
  return {
    message: unadorned(sentences.join(" ").trimEnd()),
    ...(line !== undefined && { line }),
    mayMove: movable.map(({ protocol }) => protocol),
    lacksRights: refused.length > 0,
  };
}
