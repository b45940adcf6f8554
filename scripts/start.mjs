/**
 * The main job: installs and builds what is missing, then verifies a firmware drop on loopback.
 * `npm start` takes the sample, `npm start -- FOLDER [FLAGS]` any folder.
 */

import { spawnSync } from "node:child_process";
import path from "node:path";
import { build, install, top } from "./prepare.mjs";

install();
build();

const given = process.argv.slice(2);
const [first] = given;
const named = first !== undefined && !first.startsWith("-");
// npm runs this in the project's folder; a path was typed where the user stands.
const folder = named
  ? path.resolve(process.env.INIT_CWD ?? process.cwd(), first)
  : path.join(top, "samples", "firmware-drop");
const flags = named ? given.slice(1) : given;
const { status } = spawnSync(
  process.execPath,
  [path.join(top, "dist", "cli.js"), "verify", folder, ...flags],
  {
    stdio: "inherit",
  },
);
process.exit(status ?? 1);
