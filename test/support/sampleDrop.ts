/** The sample drop as a workspace folder of a test's own. */

import { cp } from "node:fs/promises";
import { resolve } from "node:path";
import type { TemporaryFolder } from "./temporaryFolder";

/**
 * A copy in the fixture.
 * @param more files of the folder beside or over the sample's, by name with `/`.
 * @returns absolute path of the folder.
 */
export async function sampleDrop(
  fixture: TemporaryFolder,
  more: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<string> {
  const folder = fixture.at("firmware-drop");
  await cp(resolve("samples/firmware-drop"), folder, { recursive: true });
  for (const [name, content] of Object.entries(more)) await fixture.write(`firmware-drop/${name}`, content);
  return folder;
}
