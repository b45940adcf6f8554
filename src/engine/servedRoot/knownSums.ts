/** The sums of the files that were sent lately, by what tells one state of a file from another. */

import { SharedSums } from "../checksums";
import { Recent } from "../../protocol/recent";

/** Of `fs.BigIntStats`, what moves when a file becomes another or its bytes change. */
type State = Readonly<Record<"dev" | "ino" | "size" | "mtimeNs" | "ctimeNs", bigint>>;

export type SumsOf = (opened: State) => SharedSums;

/** A file keeps its sums as long as nothing of it changes: nobody can set back a ctime, as in `watchBytes`. */
export function knownSums(): SumsOf {
  const known = new Recent<SharedSums>();
  return ({ dev, ino, size, mtimeNs, ctimeNs }) => {
    const key = [dev, ino, size, mtimeNs, ctimeNs].join(" ");
    const sums = known.get(key) ?? new SharedSums(Number(size));
    known.set(key, sums);
    return sums;
  };
}
