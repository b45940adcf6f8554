/** What the user wants the engine to do, and the limits of it. One value says it all: `Wanted`. */

import type { Protocol } from "./events";
import type { Faults } from "./faults/profile";

export type Answer = "listed" | "boards" | "everyone" | "proxy";
export type UploadPolicy = "deny" | "new" | "keep" | "overwrite";

/** How far each goes; `proxy` is no step of this order. */
const order = ["listed", "boards", "everyone"] as const;

/** Who is answered, machine and plan taken together. */
export interface Answering {
  readonly answer: (typeof order)[number];
  /** True: the network's own DHCP server gives addresses, and PXE clients alone are told their boot file. */
  readonly proxy: boolean;
}

/**
 * Who is answered: a plan can only narrow what the machine allows (DESIGN §2.1). `proxy` gives no addresses, so a plan
 * narrows `everyone` by it; where the machine says `proxy`, a plan narrows that by `listed` alone.
 */
export function effectiveAnswer(machine: Answer, plan: Answer = machine): Answering {
  if (machine === "proxy" || (machine === "everyone" && plan === "proxy")) {
    return { answer: plan === "listed" ? "listed" : "boards", proxy: true };
  }
  const reach = (answer: Answer): number => order.indexOf(answer === "proxy" ? "boards" : answer);
  return { answer: order[Math.min(reach(machine), reach(plan))] ?? "listed", proxy: false };
}

interface LimitDefinition {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly meaning: string;
}

const limit = (value: number, min: number, max: number, meaning: string): LimitDefinition => ({
  default: value,
  min,
  max,
  meaning,
});

/** Every limit by its name on the command line (`--limit NAME=VALUE`). Sizes are bytes. */
export const limitDefinitions = {
  tftpTransfers: limit(512, 1, 4096, "TFTP transfers at a time"),
  ftpSessions: limit(128, 1, 4096, "FTP sessions at a time"),
  perAddress: limit(32, 1, 4096, "transfers and sessions of one address (not counted on loopback)"),
  uploadSize: limit(4 * 2 ** 30, 0, Number.MAX_SAFE_INTEGER, "bytes of one upload"),
  giveUpSeconds: limit(60, 1, 3600, "seconds without a packet after which a TFTP transfer is given up"),
  firstPackets: limit(5, 1, 64, "packets sent to a TFTP client that never acknowledged anything"),
  maxBlksize: limit(65464, 8, 65464, "largest TFTP blksize granted (RFC 2348)"),
  maxWindowsize: limit(64, 1, 65535, "largest TFTP windowsize granted (RFC 7440)"),
  busyPollMicroseconds: limit(
    500,
    0,
    10000,
    "microseconds that a TFTP transfer keeps a core awake for the next answer; 0: never",
  ),
  ftpIdleSeconds: limit(
    300,
    10,
    86400,
    "seconds an idle FTP session is kept (RFC 1123 §4.1.3.2: at least 300)",
  ),
  ftpLoginSeconds: limit(30, 1, 600, "seconds until an FTP client must have logged in"),
  ftpDataSeconds: limit(60, 1, 3600, "seconds an FTP data connection may stand still"),
  requestsPerSecond: limit(
    50,
    1,
    100000,
    "requests per second of one address that never acknowledged any (not on loopback)",
  ),
  requestBurst: limit(100, 1, 100000, "requests at once before that rate counts"),
  sightings: limit(4096, 1, 1000000, "clients remembered that nobody listed"),
  transfersKept: limit(1000, 1, 100000, "transfers shown after their end"),
} as const satisfies Record<string, LimitDefinition>;

export type LimitName = keyof typeof limitDefinitions;
export type Limits = Readonly<Record<LimitName, number>>;

export const defaultLimits: Limits = Object.fromEntries(
  Object.entries(limitDefinitions).map(([name, definition]) => [name, definition.default]),
) as Limits;

/** Limits that a setting of another name sets. */
const limitSettings: Readonly<Partial<Record<LimitName, string>>> = {
  uploadSize: "uploadLimit",
  giveUpSeconds: "tftp.giveUpSeconds",
  maxBlksize: "tftp.maxBlksize",
  maxWindowsize: "tftp.maxWindowsize",
};

/** The setting of a limit in VS Code, behind `bootServers.`: `limits.ftpSessions`, `uploadLimit`. */
export const limitSetting = (name: LimitName): string => limitSettings[name] ?? `limits.${name}`;

/** How a limit is raised, to who may be in a terminal or in VS Code; the end of a sentence. */
export const raiseLimit = (name: LimitName): string =>
  `raise the limit: --limit ${name}=N, setting bootServers.${limitSetting(name)}.`;

/** How a server gets another port, to who may be in a terminal or in VS Code; the end of a sentence. */
export const choosePort = (server: Protocol): string =>
  `choose another port: --${server}-port N, setting bootServers.${server}.port.`;

/** First and last of some ports. */
export type PortRange = readonly [first: number, last: number];

/** `50000-50100`; undefined for what is no range of ports that an ordinary user may have. */
export function parsePortRange(text: string): PortRange | undefined {
  const [, ...ends] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const [first = 0, last = 0] = ends.map(Number);
  return first >= 1024 && first <= last && last <= 65535 ? [first, last] : undefined;
}

/** Ports; 0 is any free port. */
export type Ports = Readonly<Record<Protocol, number>>;
export const standardPorts: Ports = { bootp: 67, tftp: 69, ftp: 21 };
/** Where loopback servers go when the standard ports need rights that are not there. */
export const highPorts: Ports = { bootp: 6767, tftp: 6969, ftp: 2121 };
export const anyPorts: Ports = { bootp: 0, tftp: 0, ftp: 0 };

/** What is to run. The engine compares it with what runs, and changes only what differs. */
export interface Wanted {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  /** Absolute path of a plan to use instead of the folder's own. */
  readonly planFile?: string;
  readonly servers: readonly Protocol[];
  /** IP addresses and interface names; `0.0.0.0`: every interface. */
  readonly addresses: readonly string[];
  readonly ports: Ports;
  /** True: a standard port that needs rights becomes the high one, on loopback. */
  readonly fallBackToHighPorts: boolean;
  readonly answer: Answer;
  readonly uploads: UploadPolicy;
  /** Networks that may ask, as CIDR; empty: those of the served interfaces. */
  readonly allow: readonly string[];
  /** Folders outside the workspace folder that links in the served root may lead to. Absolute paths. */
  readonly alsoServe: readonly string[];
  readonly ftpUser: string;
  /** Set: only `ftpUser` may log in. Never logged, never in a row. */
  readonly ftpPassword?: string;
  /** First and last passive port; absent: any. */
  readonly ftpPassivePorts?: PortRange;
  readonly limits: Limits;
  /** How to misbehave towards which boards; absent: not at all. Never a setting, never in a workspace. */
  readonly faults?: Faults;
  /** Absolute path of a folder for what outlasts a run (leases); absent: nothing is written. Never in the workspace. */
  readonly stateFolder?: string;
}

/** Loopback, read only, boards that the plan lists or that speak plain BOOTP: DESIGN §6. */
export const defaultWanted: Omit<Wanted, "folder"> = {
  servers: ["bootp", "tftp", "ftp"],
  addresses: ["127.0.0.1"],
  ports: standardPorts,
  fallBackToHighPorts: true,
  answer: "boards",
  uploads: "deny",
  allow: [],
  alsoServe: [],
  ftpUser: "boot",
  limits: defaultLimits,
};
