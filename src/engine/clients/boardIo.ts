/** What a board can do on the network. The client flow knows nothing else of it, so that a test can script one. */

import type { Measured } from "../../model/measured";
import type { Tap } from "../packets/tap";

/** Takes the bytes in order; a promise holds the sender back. */
export type Sink = (chunk: Uint8Array) => Promise<void> | void;

/** How a board asks BOOTP (DESIGN §2.2, 1). */
export type BootpWay = "auto" | "broadcast" | "relay";

export interface BootpOptions {
  /** `auto` with a target or on loopback: unicast, then from :68, then as a relay. */
  readonly way: BootpWay;
  /** The server to ask; absent: broadcast. */
  readonly target?: string;
  /** The server's port: 67. */
  readonly port: number;
  /** The local address to ask from; absent: the one that routes to the target. */
  readonly localAddress?: string;
  /** Lower case with colons. */
  readonly mac: string;
  /** Option 61 of a verification, for one cursor of its own on our servers. */
  readonly clientIdentifier?: Uint8Array;
  /** More options to ask with, by code. */
  readonly options: ReadonlyMap<number, Uint8Array>;
  /** True: the address is released at the end where DHCP gave one. */
  readonly release: boolean;
  /** Is told each packet. */
  readonly tap?: Tap;
}

/** What BOOTP or DHCP said. Empty text: the field was empty. */
export interface BootpAnswer {
  readonly file: string;
  readonly siaddr: string;
  readonly yiaddr: string;
  readonly sname: string;
  /** Option 66, where it was there. */
  readonly tftpServerName?: string;
  /** The address that the reply came from. */
  readonly sender: string;
  readonly by: "bootp" | "dhcp";
}

/** A board's side of BOOTP: it asks round after round and keeps the way that was answered. */
export interface BootpAsker {
  /** 3 tries, 2 s each; undefined: silent. @throws the signal's reason */
  ask(signal?: AbortSignal): Promise<BootpAnswer | undefined>;
  /** True once port 68 was tried; false with the holder's name where it could not be bound. */
  readonly triedClientPort: boolean;
  /** Why a way could not be gone: `UDP port 68 … is in use by dhclient (pid 412)`. */
  readonly obstacles: readonly string[];
  /** Releases a DHCP address and closes the sockets. */
  close(): Promise<void>;
}

export interface FetchFacts extends Measured {
  readonly bytes: number;
  /** What the server announced (tsize, SIZE). */
  readonly announced?: number;
  readonly options: Readonly<Record<string, string | number>>;
  readonly retransmissions: number;
  /** From the request to the last byte. */
  readonly bytesPerSecond?: number;
}

export interface TftpTarget {
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string;
  /** Is told each packet. */
  readonly tap?: Tap;
}

export interface FtpTarget extends TftpTarget {
  /** Absent: anonymous. */
  readonly user?: string;
  readonly password?: string;
}

export interface FtpSession {
  /** Fetches one file. @throws EngineError `ftp.refused`, `ftp.short`, `ftp.timeout` … */
  fetch(file: string, sink: Sink, signal?: AbortSignal): Promise<FetchFacts>;
  /** QUIT, and the connection is closed. */
  close(): Promise<void>;
}

export interface BoardIo {
  openBootp(options: BootpOptions): BootpAsker;
  /** Reads one file in `octet`. @throws EngineError `tftp.refused`, `tftp.timeout`, `tftp.short` … */
  fetchTftp(target: TftpTarget, file: string, sink: Sink, signal?: AbortSignal): Promise<FetchFacts>;
  /** Logs in. @throws EngineError `ftp.login`, `ftp.unreachable` … */
  openFtp(target: FtpTarget, signal?: AbortSignal): Promise<FtpSession>;
}
