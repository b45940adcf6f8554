/** WSL and containers: a computer inside another one, whose network is not the boards'. */

import type { Check } from "../../model/checks";
import type { SystemFiles } from "../networks/linux";
import type { RunProgram } from "../networks/told";
import { check, inOrder } from "./check";

export interface Inside {
  readonly kind: "wsl1" | "wsl2" | "container";
  /** What `wslinfo` calls it: `nat`, `mirrored` …; absent: it does not say. */
  readonly networking?: string;
}

/** What this Linux runs in; undefined: nothing of that was seen. */
export async function readInside(files: SystemFiles, run: RunProgram): Promise<Inside | undefined> {
  if (files.exists("/.dockerenv") || files.exists("/run/.containerenv")) return { kind: "container" };
  const release = files.read("/proc/sys/kernel/osrelease") ?? "";
  if (!/microsoft/i.test(release)) return undefined;
  if (!/WSL2|microsoft-standard/.test(release)) return { kind: "wsl1" };
  const networking = (await run("wslinfo", ["--networking-mode"]).catch(() => "")).trim();
  return { kind: "wsl2", ...(networking !== "" && { networking }) };
}

const onWindows = "Open the folder in VS Code on Windows itself (not in WSL) and serve from there";
const mirrored =
  'or write "networkingMode=mirrored" below [wsl2] in .wslconfig of your Windows home, and run "wsl --shutdown" there.';

/** @param alone true where loopback alone is served. */
export function insideCheck({ kind, networking }: Inside, alone: boolean): Check {
  const about = kind === "container" ? "container" : kind === "wsl1" ? "WSL 1" : "WSL 2";
  if (alone)
    return inOrder(about, `inside.${kind}`, "served on loopback: only what runs inside of it can ask");
  const code = `inside.${kind}`;
  if (kind === "container") {
    return check("unknown", about, {
      code,
      message:
        "whether it has the host's network or one of its own behind NAT cannot be seen from inside; behind NAT no BOOTP broadcast of a board arrives",
      remedy: 'Start the container with "--network host", or serve outside of it.',
    });
  }
  if (kind === "wsl2" && networking === "nat") {
    return check("problem", about, {
      code,
      message: "its network is its own, behind NAT of Windows: nothing that a board sends arrives",
      remedy: `${onWindows}, ${mirrored}`,
    });
  }
  const seen =
    kind === "wsl1"
      ? "it shares the network of Windows"
      : networking === undefined
        ? "its kind of network cannot be read"
        : `its network is "${networking}"`;
  return check("unknown", about, {
    code,
    message: `${seen}; whether broadcasts of boards come through, and what the firewall of Windows does, cannot be seen from inside`,
    remedy: kind === "wsl2" && networking !== "mirrored" ? `${onWindows}, ${mirrored}` : `${onWindows}.`,
  });
}
