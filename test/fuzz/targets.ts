/** All that reads what strangers wrote, by name. */

import { bootpTarget } from "./bootp";
import type { Target } from "./fuzz";
import { rpcTarget } from "./rpc";
import { ftpTarget, manifestTarget, planTarget } from "./texts";
import { tftpTarget } from "./tftp";

export const targets: Readonly<Record<string, () => Target | Promise<Target>>> = {
  tftp: tftpTarget,
  bootp: bootpTarget,
  ftp: ftpTarget,
  manifest: manifestTarget,
  plan: planTarget,
  rpc: rpcTarget,
};
