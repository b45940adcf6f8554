/** A reload of VS Code's window in a browser, which forgets what VS Code has not written into its storage yet. */

import { comesTrue } from "./patience";
import type { Workbench } from "./workbench";

/** In the page: all that VS Code has written into the browser's storage for its windows, as one text. */
const allKept = `(async () => {
  const result = (asked) => new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const kept = [];
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith("vscode-web-state-db-")) continue;
    const database = await result(indexedDB.open(name));
    kept.push(...(await result(database.transaction("ItemTable").objectStore("ItemTable").getAll())));
    database.close();
  }
  return kept.map(String).join("\\n");
})()`;

/** Loads the page anew, once VS Code has kept all of this. */
export async function reloadOnceKept({ page }: Workbench, ...kept: readonly RegExp[]): Promise<void> {
  let missing = kept;
  const isKept = async (): Promise<boolean> => {
    // Thrown while the page is loading still.
    const text = await page.evaluate<string>(allKept).catch(() => "");
    missing = kept.filter((each) => !each.test(text));
    return missing.length === 0;
  };
  if (!(await comesTrue(isKept))) throw new Error(`VS Code has not kept ${missing.join(", ")}`);
  await page.reload();
}
