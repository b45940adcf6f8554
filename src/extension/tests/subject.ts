/** What a verification is run against, as the user chooses it: fresh servers, those that run, or a target. */

import { isIP } from "node:net";
import { protocols, type ServerRow } from "../../model/events";
import { standardPorts, type Ports } from "../../model/settings";
import type { Asked } from "../../model/verification";
import { freshLabel } from "../ids";
import { quoted } from "../words";

/** A subject, with the name that it has in the Test Explorer. */
export interface Subject {
  readonly label: string;
  readonly asked: Asked;
  /** Who logs in to FTP; absent: anonymous, or as our own servers want it. */
  readonly ftpUser?: string;
}

export const fresh: Subject = { label: freshLabel, asked: { kind: "own" } };

export const runningLabel = "The running servers";

/** The servers that run; undefined: none does. */
export function runningSubject(servers: readonly ServerRow[]): Subject | undefined {
  const running = servers.filter(({ state }) => state === "running");
  const [first] = running;
  if (first === undefined) return undefined;
  const ports = Object.fromEntries(
    protocols.map((protocol) => [
      protocol,
      running.find((row) => row.protocol === protocol)?.port ?? standardPorts[protocol],
    ]),
  ) as Ports;
  const [address = ""] = first.addresses;
  // Every address is no address to ask.
  const host = address === "0.0.0.0" || address === "::" ? "127.0.0.1" : address;
  return { label: runningLabel, asked: { kind: "running", host, ports } };
}

/** How a target is written, for who writes it. */
export const targetForm = "192.168.7.2, boot@server.example (an FTP user), 192.168.7.2 tftp=6969 ftp=2121";

/** A target as the setting and the input box have it: `user@host bootp=6767 tftp=6969`; undefined: it is none. */
export function parseTarget(text: string): Subject | undefined {
  const [name = "", ...rest] = text.trim().split(/\s+/);
  const [, user, host = ""] = /^(?:([^@]*)@)?([^@]*)$/.exec(name) ?? [];
  if (user === "" || !isHost(host)) return undefined;
  const ports: Partial<Record<keyof Ports, number>> = {};
  for (const part of rest) {
    const [, protocol = "", port = ""] = /^(bootp|tftp|ftp)=(\d{1,5})$/.exec(part) ?? [];
    const key = protocols.find((each) => each === protocol);
    if (key === undefined || key in ports || Number(port) < 1 || Number(port) > 65535) return undefined;
    ports[key] = Number(port);
  }
  const asked: Asked = { kind: "target", host, ports: { ...standardPorts, ...ports } };
  return { label: quoted(text.trim()), asked, ...(user !== undefined && { ftpUser: user }) };
}

/** The targets that a setting holds, as far as they are some. */
export function targetsOf(setting: unknown): Subject[] {
  const texts: unknown[] = Array.isArray(setting) ? setting : [];
  return texts.flatMap((text) => (typeof text === "string" ? (parseTarget(text) ?? []) : []));
}

/** What the setting becomes with one more, entries that are no targets as they are; undefined: it has it. */
export function withTarget(setting: unknown, { label }: Subject): unknown[] | undefined {
  if (targetsOf(setting).some((each) => each.label === label)) return undefined;
  return [...(Array.isArray(setting) ? (setting as unknown[]) : []), label];
}

/** An address, or a name as DNS has them (RFC 1123 §2.1). */
const isHost = (text: string): boolean =>
  isIP(text) !== 0 ||
  (/^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*\.?$/i.test(text) && !/^[\d.]+$/.test(text));
