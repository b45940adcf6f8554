/** What is shared by all who send one state of a file, of the files that were sent lately. */

import { SharedSums } from "../checksums";
import { Recent } from "../../protocol/recent";
import { SharedChunks } from "./sharedChunks";

/** Of `fs.BigIntStats`, what moves when a file becomes another or its bytes change. */
type State = Readonly<Record<"dev" | "ino" | "size" | "mtimeNs" | "ctimeNs", bigint>>;

/** Of these very bytes: a changed file has others. */
export interface KnownFile {
  readonly sums: SharedSums;
  readonly chunks: SharedChunks;
}

export type KnownFiles = (opened: State) => KnownFile;

/** A file is known as long as nothing of it changes: nobody can set back a ctime, as in `watchBytes`. */
export function knownFiles(): KnownFiles {
  const known = new Recent<KnownFile>();
  return ({ dev, ino, size, mtimeNs, ctimeNs }) => {
    const key = [dev, ino, size, mtimeNs, ctimeNs].join(" ");
    const file = known.get(key) ?? { sums: new SharedSums(Number(size)), chunks: new SharedChunks() };
    known.set(key, file);
    return file;
  };
}
