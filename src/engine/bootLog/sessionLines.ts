/**
 * The lines of an FTP session beside its files: the login, and the commands that were refused. Passwords are in none of
 * them: neither what follows PASS nor what was typed in a wrong place before the login.
 */

import { diagnosis, noDataConnection, type DiagnosisCode } from "../../model/bootDiagnoses";
import { parseCommand } from "../ftpServer/commandReader";
import type { ClientLog } from "./clientLog";
import type { Line, LineText } from "./line";

/** Refused commands of one session that have a line. */
const mostLines = 50;
/** Characters of a command that are shown. */
const longest = 160;

/** Their refusal is told with the file (`FileLines`). */
const fileCommands = ["RETR", "STOR"];

export class SessionLines {
  private line = "";
  private verb = "";
  private user = "";
  private mode: "active" | "passive" | undefined;
  private written = 0;
  private last: { readonly text: string; readonly line: Line } | undefined;

  /** @param log the log of the client at the other end, and after how much silence it boots anew. */
  constructor(private readonly log: () => { readonly log: ClientLog; readonly restartMs: number }) {}

  /** A command comes to be carried out. */
  began(line: string): void {
    const { verb, argument } = parseCommand(line);
    this.line = line;
    this.verb = verb;
    if (verb === "USER") this.user = argument;
    if (verb === "PORT" || verb === "EPRT") this.mode = "active";
    if (verb === "PASV" || verb === "EPSV") this.mode = "passive";
  }

  /** It was replied to. */
  replied(code: number, text: unknown, loggedIn: boolean): void {
    const { verb } = this;
    const answer = typeof text === "string" ? `${code} ${text}` : `${code}`;
    if (verb === "PASS" && code === 230) {
      this.write({ event: "session", request: `USER ${cut(this.user)} PASS ****`, answer });
    } else if (code >= 400 && !fileCommands.includes(verb)) {
      const found = this.diagnose(code, verb);
      const request = verb === "PASS" ? "USER **** PASS ****" : shown(this.line, verb, loggedIn);
      this.refused(request, answer, found);
    }
  }

  private diagnose(code: number, verb: string): DiagnosisCode | undefined {
    if (verb === "PASS" && code !== 503) return "ftp.wrongPassword";
    return code === 425 && this.mode !== undefined ? noDataConnection(this.mode) : undefined;
  }

  private refused(request: string, answer: string, code: DiagnosisCode | undefined): void {
    const text = `${request}\0${answer}`;
    if (this.last?.text === text) {
      this.last.line.again();
      this.last.line.close();
      return;
    }
    this.written += 1;
    if (this.written > mostLines) return;
    const found = code === undefined ? {} : { diagnosis: diagnosis(code) };
    this.last = { text, line: this.write({ event: "refused", request, answer, ...found }) };
  }

  private write(text: Omit<LineText, "protocol">): Line {
    const { log, restartMs } = this.log();
    return log.tell({ protocol: "ftp", ...text }, restartMs);
  }
}

const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text);

/** Before the login nothing but the verb, and that only where it looks like one: people type passwords anywhere. */
function shown(line: string, verb: string, loggedIn: boolean): string {
  if (!/^[A-Z]{3,4}$/.test(verb) || verb === "ACCT") return "a command";
  return loggedIn ? cut(line) : verb;
}
