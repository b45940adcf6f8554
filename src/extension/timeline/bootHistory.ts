/** The last boots, from one session to the next: a file in the extension's storage of this workspace. */

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorMessage } from "../../model/text";
import { mostBoots, type Boot } from "./boot";

/** Another one is of an extension that is newer or older: it is left alone as well. */
const version = 1;

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

/** The text of the file. The ids of rows mean nothing in another session. */
export const writeBoots = (boots: readonly Boot[]): string =>
  JSON.stringify({ version, boots: boots.slice(-mostBoots).map(withoutRow) });

export class BootHistory {
  /** Of earlier sessions; undefined until they were read. */
  private earlier: readonly Boot[] | undefined;
  private reading: Promise<readonly Boot[]> | undefined;
  private writing: Promise<void> = Promise.resolve();
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

  /** The boots of earlier sessions, the oldest first. */
  load(): Promise<readonly Boot[]> {
    return (this.reading ??= this.read().then((boots) => (this.earlier = boots)));
  }

  /** Keeps these beside those of earlier sessions. */
  async save(boots: readonly Boot[]): Promise<void> {
    const earlier = await this.load();
    this.writing = this.writing.then(() => this.write(writeBoots([...earlier, ...boots])));
    await this.writing;
  }

  /** The same before the extension ends, where nobody waits for a promise. */
  saveAtOnce(boots: readonly Boot[]): void {
    if (this.earlier === undefined || this.untouched || this.folder === undefined) return;
    try {
      writeFileSync(this.partial(this.folder), writeBoots([...this.earlier, ...boots]));
      renameSync(this.partial(this.folder), this.file(this.folder));
    } catch (error) {
      this.failed(error);
    }
  }

  private file(folder: string): string {
    return join(folder, "boots.json");
  }

  /** What is half written never stands under the real name. */
  private partial(folder: string): string {
    return `${this.file(folder)}.new`;
  }

  private async read(): Promise<readonly Boot[]> {
    const { folder } = this;
    if (folder === undefined) return [];
    try {
      const boots = readBoots(await readFile(this.file(folder), "utf8"));
      if (boots !== undefined) return boots;
      this.untouched = true;
      this.say(
        `${this.file(folder)} is no history of boots. It is left alone, and no boot is kept: remove it, and reload the window.`,
      );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
        this.untouched = true;
        this.failed(error);
      }
    }
    return [];
  }

  private async write(text: string): Promise<void> {
    const { folder } = this;
    if (folder === undefined || this.untouched) return;
    try {
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
