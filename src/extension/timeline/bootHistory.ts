/** The last boots, from one session to the next: a file in the extension's storage of this workspace. */

import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorMessage } from "../../model/text";
import { mostBoots, type Boot } from "./boot";

/** Another one is of an extension that is newer or older: it is left alone as well. */
const version = 1;
/** Nobody writes a file for so long. A process is no sign of it: its number is another's by now, or of another machine. */
const leftAfterMs = 3_600_000;

const isText = (value: unknown): boolean => typeof value === "string";
const isTime = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);
type Fields = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Fields => typeof value === "object" && value !== null;

const isMark = (value: unknown): boolean =>
  isRecord(value) && isTime(value["at"]) && isTime(value["ms"]) && isText(value["text"]);

const isWait = (value: unknown): boolean =>
  isRecord(value) && isTime(value["fromMs"]) && isTime(value["ms"]) && isTime(value["sentAgain"]);

/** True for a list whose every part is right. */
const listOf = (value: unknown, is: (part: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(is);

const isFile = (value: unknown): boolean =>
  isRecord(value) &&
  ["id", "protocol", "direction", "file", "state"].every((name) => isText(value[name])) &&
  ["at", "ms", "bytes", "bytesPerSecond", "retransmissions"].every((name) => isTime(value[name])) &&
  ["firstByteMs", "firstAckMs", "roundTripMs"].every(
    (name) => value[name] === undefined || isTime(value[name]),
  ) &&
  (value["trouble"] === undefined || isText(value["trouble"])) &&
  (value["waits"] === undefined || listOf(value["waits"], isWait)) &&
  isRecord(value["options"]);

const isBoot = (value: unknown): value is Boot =>
  isRecord(value) &&
  ["id", "client", "name"].every((name) => isText(value[name])) &&
  isTime(value["startedAt"]) &&
  listOf(value["marks"], isMark) &&
  listOf(value["files"], isFile) &&
  listOf(value["notes"], isText);

/** The boots in the text of the file; undefined: it is none of ours. */
export function readBoots(text: string): readonly Boot[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value) || value["version"] !== version || !Array.isArray(value["boots"])) return undefined;
    const boots: readonly unknown[] = value["boots"];
    return boots.every(isBoot) ? boots : undefined;
  } catch {
    return undefined;
  }
}

const withoutRow = ({ id, client, name, startedAt, marks, files, notes }: Boot): Boot => ({
  ...{ id, client, name, startedAt, marks, files, notes },
});

/** The last boots of several sessions, the oldest first. */
export const lastBoots = (...boots: readonly (readonly Boot[])[]): readonly Boot[] =>
  boots
    .flat()
    .sort((one, other) => one.startedAt - other.startedAt)
    .slice(-mostBoots);

/** The text of the file. The ids of rows mean nothing in another session. */
export const writeBoots = (boots: readonly Boot[]): string =>
  JSON.stringify({ version, boots: boots.map(withoutRow) });

export class BootHistory {
  /** Of earlier sessions and of other windows of the folder; undefined until they were read. */
  private others: readonly Boot[] | undefined;
  private reading: Promise<void> | undefined;
  private writing: Promise<void> = Promise.resolve();
  /** The ids of the boots in the file that are this window's. */
  private readonly own = new Set<string>();
  /** The file is not ours, or cannot be read: nothing is written. */
  private untouched = false;

  /**
   * @param folder where the file is; undefined: there is no workspace, and nothing is kept.
   * @param say writes to the log.
   */
  constructor(
    private readonly folder: string | undefined,
    private readonly say: (message: string) => void,
  ) {}

  /** The boots of earlier sessions and of other windows, as they were read last; the oldest first. */
  async load(): Promise<readonly Boot[]> {
    await (this.reading ??= this.read());
    return this.others ?? [];
  }

  /** Keeps these beside those of earlier sessions and of other windows. */
  async save(boots: readonly Boot[]): Promise<void> {
    await this.load();
    this.writing = this.writing.then(() => this.write(boots));
    await this.writing;
  }

  /** The same before the extension ends, where nobody waits for a promise. */
  saveAtOnce(boots: readonly Boot[]): void {
    const { folder } = this;
    if (this.others === undefined || this.untouched || folder === undefined) return;
    try {
      const file = this.file(folder);
      const text = this.joined(folder, existsSync(file) && readFileSync(file, "utf8"), boots);
      if (text === undefined) return;
      writeFileSync(this.partial(folder), text);
      renameSync(this.partial(folder), file);
    } catch (error) {
      this.failed(error);
    }
  }

  private file(folder: string): string {
    return join(folder, "boots.json");
  }

  /** What is half written never stands under the real name, nor under another window's. */
  private partial(folder: string): string {
    return `${this.file(folder)}.${process.pid}.new`;
  }

  private async read(): Promise<void> {
    const { folder } = this;
    if (folder === undefined) return;
    try {
      this.joined(folder, await this.textIn(folder), []);
      await this.removeLeftOvers(folder);
    } catch (error) {
      this.untouched = true;
      this.failed(error);
    }
  }

  /** What was half written when its extension host was killed. */
  private async removeLeftOvers(folder: string): Promise<void> {
    const names = await readdir(folder).catch(() => []); // There is none yet.
    for (const name of names.filter((each) => /^boots\.json\.\d+\.new$/.test(each))) {
      const file = join(folder, name);
      // Another window may have removed it.
      const writtenAt = await stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => Infinity,
      );
      if (Date.now() - writtenAt <= leftAfterMs) continue;
      // Where it cannot be removed, the history goes on beside it.
      await rm(file, { force: true }).catch(() => undefined);
    }
  }

  /** The text of the file; false: there is none yet. */
  private async textIn(folder: string): Promise<string | false> {
    return readFile(this.file(folder), "utf8").catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    });
  }

  /** @returns the text of the file with this window's boots as they are now; undefined: it is left alone. */
  private joined(folder: string, text: string | false, boots: readonly Boot[]): string | undefined {
    const kept = text === false ? [] : readBoots(text);
    if (kept === undefined) {
      this.untouched = true;
      this.say(
        `${this.file(folder)} is no history of boots. It is left alone, and no boot is kept: remove it, and reload the window.`,
      );
      return undefined;
    }
    for (const { id } of boots) this.own.add(id);
    this.others = kept.filter(({ id }) => !this.own.has(id));
    return writeBoots(lastBoots(this.others, boots));
  }

  private async write(boots: readonly Boot[]): Promise<void> {
    const { folder } = this;
    if (folder === undefined || this.untouched) return;
    try {
      const text = this.joined(folder, await this.textIn(folder), boots);
      if (text === undefined) return;
      await mkdir(folder, { recursive: true });
      await writeFile(this.partial(folder), text);
      await rename(this.partial(folder), this.file(folder));
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    this.say(`The history of boots cannot be kept: ${errorMessage(error)}`);
  }
}
