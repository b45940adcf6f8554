/** The text of `--help`, made from the table of flags. */

import { flagList, type Command, type Meaning } from "./flags";

/** What every terminal has. */
const width = 80;

const purposes: Readonly<Record<Command, readonly [usage: string, purpose: string]>> = {
  serve: ["serve  [FOLDER]", "start the servers for FOLDER (default .) until Ctrl+C"],
  verify: ["verify [FOLDER] [--target HOST]", "play the boards, compare with FOLDER, print the report"],
  fetch: ["fetch  HOST --into DIR", "play a board, only fetch; never over an existing file"],
  doctor: ["doctor [FOLDER]", "interfaces, ports, firewalls: what stands between the boards and FOLDER"],
};

/** What a person came for whose board does not boot. */
const firstAid = [
  ["doctor FOLDER --address eth1", "what is in its way here"],
  ["serve FOLDER --address eth1 --boot-log", "what it asks, and what it gets"],
] as const;

const exitCodes = [
  ["0", "done, or verified; serve ended by Ctrl+C; doctor: nothing stands in the way"],
  ["1", "a step failed; doctor: something stands in the way"],
  ["2", "wrong use, or a bad plan"],
  ["3", "no server runs or waits, or the target gave nothing at all"],
  ["4", "serve, started by root: a change wants a low port; it is to be started again"],
  ["130", "verify or fetch ended by Ctrl+C"],
] as const;

const meaningFor = (meaning: Meaning, command: Command): string =>
  typeof meaning === "string" ? meaning : (meaning[command] ?? "");

/** Two columns: the second is wrapped at `width`; a first that is too long has a line of its own. */
function columns(rows: readonly (readonly [left: string, right: string])[], indent: number): string[] {
  return rows.flatMap(([left, right]) => {
    const lines: string[] = [];
    let line = left.length + 4 > indent ? "" : `  ${left}`.padEnd(indent);
    if (line === "") {
      lines.push(`  ${left}`);
      line = " ".repeat(indent);
    }
    for (const word of right.split(" ")) {
      if (line.length + word.length > width && line.trim() !== "") {
        lines.push(line.trimEnd());
        line = " ".repeat(indent);
      }
      line += `${word} `;
    }
    return [...lines, line.trimEnd()];
  });
}

/** The help of one command, or of the program. It ends with a line end. */
export function helpText(command?: Command): string {
  const lines =
    command === undefined
      ? [
          "Boot Servers: BOOTP, TFTP and FTP for a folder, and a board that verifies it.",
          "",
          "Usage: boot-servers COMMAND, which is one of",
          ...columns(Object.values(purposes), 35),
          "",
          "When a board does not boot:",
          ...columns(firstAid, 43),
          "",
          'The flags of a command: "boot-servers help COMMAND". Also: --version.',
        ]
      : [
          `boot-servers ${purposes[command][0].replace(/ +/, " ")}`,
          `  ${purposes[command][1]}`,
          "",
          ...columns(
            flagList
              .filter(([, flag]) => flag.commands.includes(command))
              .map(([name, flag]) => [
                `--${name}${flag.value === undefined ? "" : ` ${flag.value}`}`,
                meaningFor(flag.meaning, command),
              ]),
            34,
          ),
        ];
  return [...lines, "", "Exit codes:", ...columns(exitCodes, 8), ""].join("\n");
}
