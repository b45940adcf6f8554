/** What the door gives: open files, uploads, entries. The servers and the verification know nothing else of files. */

import type { UploadPolicy } from "../../model/settings";
import type { Sums } from "../checksums";
import type { KnownFile } from "./knownFiles";

export interface DoorOptions {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  /** The served root, relative to the folder. */
  readonly root: string;
  /** A name that boards ask for -> a file in the served root. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Files that the plan names: served although they are dot files or keys (never under .git or .vscode). */
  readonly published: readonly string[];
  /** Absolute folders that links may lead to, beside the served root itself. */
  readonly alsoServe: readonly string[];
  readonly uploads: UploadPolicy;
  /** Bytes of one upload. */
  readonly uploadSize: number;
}

/** The bytes of an open file, as long as it is open. */
export interface FileBytes extends KnownFile {
  readonly size: number;
  /** Fills `buffer` from `position`; resolves to the number of bytes, 0 at the end. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  /** @throws Refusal `file.changed` when its bytes may not be what they were at the opening. */
  assertUnchanged(): Promise<void>;
}

/** What tells one state of a file from another. Plain data. */
export type FileState = Readonly<Record<"dev" | "ino" | "size" | "nlink" | "mtimeNs" | "ctimeNs", bigint>>;

/** What a thread of this process needs to read an open file. Plain data. */
export interface LentFile {
  readonly descriptor: number;
  readonly opened: FileState;
  /** Where it was found. */
  readonly path: string;
  /** Where they are known already. */
  readonly sums: Sums | undefined;
}

/** An open regular file. It stays the same file whatever happens to its name. */
export interface OpenedFile extends FileBytes {
  /** In the served root, with `/`, aliases resolved. */
  readonly name: string;
  readonly mtimeMs: number;
  /** For `lentFile` in a thread of this process, while this one is open. */
  readonly lend: () => LentFile;
  close(): Promise<void>;
}

/** A file that arrives. Nothing stands under the real name before `commit`. */
export interface Upload {
  readonly name: string;
  /** @throws Refusal `upload.tooLarge`, `disk.full`; the upload is then to be aborted. */
  write(chunk: Uint8Array): Promise<void>;
  /** fsync, then the real name by the upload policy. @throws Refusal when the name is taken by now. */
  commit(): Promise<void>;
  /** Leaves nothing behind. Does nothing after `commit`. */
  abort(): Promise<void>;
}

/** One entry of a folder as a peer may see it. */
export interface Entry {
  /** Relative to the served root, with `/`; "" is the root itself. */
  readonly name: string;
  readonly kind: "file" | "folder";
  /** Bytes; 0 for a folder. */
  readonly size: number;
  readonly mtimeMs: number;
}

export interface ServedRoot {
  /** Opens a file that a peer named. @throws Refusal */
  open(requested: string): Promise<OpenedFile>;
  /** Begins an upload. `announced`: the size that the peer told beforehand, in bytes. @throws Refusal */
  create(requested: string, announced?: number): Promise<Upload>;
  /** What stands under a name. @throws Refusal */
  describe(requested: string): Promise<Entry>;
  /** The visible entries of a folder, sorted by name; what the door refuses is left out. @throws Refusal */
  list(requested: string): Promise<Entry[]>;
  /** Every file below the root, sorted by path; `refused`: the rule that keeps one from being served. */
  walk(): AsyncIterable<Entry | { readonly name: string; readonly refused: string }>;
  /** The served names that are most like a missing one, best first, three at most. */
  nearest(requested: string): Promise<string[]>;
}
