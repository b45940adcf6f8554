/** The door's "no": the rule for the row, the kind for the protocol, and never a path of this host. */

import type { Trouble } from "../../model/events";
import { systemCode } from "../errors";

/** How a protocol has to say it: TFTP ERROR 1, 2, 6, 3, 0; FTP 550, 553, 552, 450, 451. */
export type RefusalKind = "missing" | "forbidden" | "exists" | "full" | "busy" | "changed";

/** The door says no. `code` is the rule (`name.dotFile`), for the row; the message carries no path of this host. */
export class Refusal extends Error implements Trouble {
  override name = "Refusal";
  readonly code: string;
  readonly remedy?: string;

  constructor(
    readonly kind: RefusalKind,
    trouble: Trouble,
  ) {
    super(trouble.message);
    this.code = trouble.code;
    if (trouble.remedy !== undefined) this.remedy = trouble.remedy;
  }
}

/** A transfer ends rather than mix the bytes of two states of its file (X5). */
export const fileChanged = (): Refusal =>
  new Refusal("changed", {
    code: "file.changed",
    message: "the file changed during the transfer",
    remedy: "Ask for it again. A file that is replaced by rename is served to its end.",
  });

type Sentence = readonly [kind: RefusalKind, code: string, message: string, remedy?: string];

const missing: Sentence = ["missing", "file.missing", "there is no such file in the served root"];
const permission: Sentence = [
  "forbidden",
  "file.permission",
  "the system does not permit it",
  "Give the user that runs the servers the right to this file and its folder.",
];
const full: Sentence = ["full", "disk.full", "the disk is full", "Make room on it."];
/** Where descriptors are short. */
export const raiseOpenFiles = "raise the limit of open files (ulimit -n)";
const tooManyFiles: Sentence = [
  "busy",
  "file.tooMany",
  "too many files are open",
  `Try again, or ${raiseOpenFiles}.`,
];

/** What the system says, as a person needs to hear it. */
const sentences: Readonly<Record<string, Sentence>> = {
  ENOENT: missing,
  ENOTDIR: missing,
  ELOOP: ["missing", "file.linkLoop", "the link leads in a circle", "Mend the link."],
  ENAMETOOLONG: ["forbidden", "name.tooLong", "the name is too long for this disk", "Choose a shorter one."],
  EACCES: permission,
  EPERM: permission,
  EROFS: ["forbidden", "disk.readOnly", "the disk is read only", "Serve a folder that can be written."],
  EEXIST: ["exists", "upload.exists", "a file of this name exists"],
  ENOSPC: full,
  EDQUOT: full,
  EFBIG: [
    "full",
    "upload.tooLarge",
    "the file is larger than this disk can hold",
    "Serve a folder of another disk.",
  ],
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
  EBADF: ["changed", "file.closed", "the file was closed meanwhile", "Ask for it again."],
};

/** True where the system had no descriptor left. */
export const isTooMany = (system: string | undefined): boolean => sentences[system ?? ""] === tooManyFiles;

/** Whatever a file call threw, as a refusal: the system's own text holds paths of this host and stays behind. */
export function refusalFrom(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const system = systemCode(error) ?? "unknown error";
  const [kind, code, message, remedy] = sentences[system] ?? [
    "busy",
    "file.unreadable",
    `the disk gives an error (${system})`,
  ];
  return new Refusal(kind, { code, message, ...(remedy === undefined ? {} : { remedy }) });
}
