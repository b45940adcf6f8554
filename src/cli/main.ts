/** The program: reads the command line, runs one command, and ends with its exit code (DESIGN §3). */

import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { isatty } from "node:tty";
import manifest from "../../package.json";
import { whyNotWritten } from "../engine/errors";
import { errorMessage } from "../model/text";
import { exitCodes } from "./exitCodes";
import { doctor } from "./doctor";
import { fetch } from "./fetch";
import { parseCommandLine } from "./options";
import { withoutRoot } from "./root";
import { serve } from "./serve";
import { serveStdio } from "./stdio";
import { verify } from "./verify";

/** @returns the exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const parsed = parseCommandLine(argv, process.env);
  switch (parsed.command) {
    case "serve":
      return withoutRoot(parsed.asRoot, (giveRootUp) => serve(parsed, giveRootUp));
    case "stdio":
      return withoutRoot(parsed.asRoot, (giveRootUp) => serveStdio(parsed, giveRootUp));
    case "verify":
      return verify(parsed);
    case "fetch":
      return fetch(parsed);
    case "doctor":
      return doctor(parsed);
    case "help":
      process.stdout.write(parsed.text);
      return 0;
    case "version":
      process.stdout.write(`${manifest.version}\n`);
      return 0;
    case "usage":
      process.stderr.write(`boot-servers: ${parsed.message}\nTry "${parsed.help}".\n`);
      return exitCodes.wrongUse;
  }
}

/** A reader that went away (`| head`), and a terminal that was closed. */
const gone = ["EPIPE", "EIO"];
let unwritten: NodeJS.ErrnoException | undefined;

// No trouble with the output ends a run half way through: a board may be writing its flash.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (!gone.includes(error.code ?? "")) unwritten = error;
  });
}

const terminals = [0, 1, 2].filter((fd) => isatty(fd));

// At its end Node gives a terminal back as it was, and aborts where there is none any more (`ResetStdio`).
process.on("exit", () => {
  for (const fd of terminals) {
    if (isatty(fd)) continue;
    closeSync(fd);
    openSync(devNull, "r+"); // Takes the number that has just become free.
  }
});

main(process.argv.slice(2)).then(
  (exitCode) => {
    if (unwritten !== undefined)
      process.stderr.write(`boot-servers: not all could be printed: ${whyNotWritten(unwritten)}\n`);
    process.exitCode = unwritten === undefined ? exitCode : Math.max(exitCode, exitCodes.failed);
  },
  (error: unknown) => {
    process.stderr.write(`boot-servers: ${errorMessage(error)}\n`);
    process.exitCode = exitCodes.wrongUse;
  },
);
