/**
 * The bytes of a control connection as command lines: across TCP segments, without Telnet's own commands, and
 * never longer than a limit. ftp-srv itself takes each segment for whole lines.
 */

import { decodeText } from "../../protocol/bytes";

const lf = 0x0a;
const cr = 0x0d;

/** Telnet commands (RFC 854): what they are followed by decides how much of them is taken out. */
const telnet = { subnegotiationEnd: 240, dataMark: 242, subnegotiation: 250, will: 251, dont: 254, iac: 255 };

/** Where in a Telnet command the next byte stands. */
type TelnetState = "text" | "command" | "option" | "subnegotiation" | "subnegotiationCommand";

export const tooLong = Symbol("a line beyond the limit");

export class CommandReader {
  private line: number[] = [];
  private state: TelnetState = "text";
  /** True after an ABOR whose LF went as urgent data: a LF that comes all the same ends nothing. */
  private skipLf = false;

  /** @param longest bytes of a line without its end. */
  constructor(private readonly longest: number) {}

  /** The lines that are complete now, without CR and LF; `tooLong` once a line is beyond the limit. */
  push(chunk: Uint8Array): string[] | typeof tooLong {
    const lines: string[] = [];
    for (const byte of chunk) {
      const text = this.strip(byte);
      if (text === undefined) continue;
      if (text === lf) {
        if (!this.skipLf) lines.push(this.take());
        this.skipLf = false;
        continue;
      }
      this.skipLf = false;
      // A Data Mark without its IAC: that one went as urgent data, which a socket hands over to nobody.
      if (text === telnet.dataMark && this.line.length === 0) continue;
      if (this.line.length > this.longest) return tooLong;
      this.line.push(text);
    }
    if (this.isUrgentAbort()) {
      lines.push(this.take());
      this.skipLf = true;
    }
    return lines;
  }

  private take(): string {
    if (this.line.at(-1) === cr) this.line.pop();
    const line = decodeText(new Uint8Array(this.line));
    this.line = [];
    return line;
  }

  /** Python's ftplib sends `ABOR CR LF` as urgent data: the last byte, the LF, never arrives. */
  private isUrgentAbort(): boolean {
    return this.line.length === 5 && /^abor\r$/i.test(String.fromCharCode(...this.line));
  }

  /** The byte as text, or undefined where it belongs to a Telnet command (RFC 1123 §4.1.2.10). */
  private strip(byte: number): number | undefined {
    switch (this.state) {
      case "text":
        if (byte !== telnet.iac) return byte;
        this.state = "command";
        return undefined;
      case "command":
        this.state = "text";
        if (byte === telnet.iac) return byte;
        if (byte === telnet.subnegotiation) this.state = "subnegotiation";
        else if (byte >= telnet.will && byte <= telnet.dont) this.state = "option";
        return undefined;
      case "option":
        this.state = "text";
        return undefined;
      case "subnegotiation":
        if (byte === telnet.iac) this.state = "subnegotiationCommand";
        return undefined;
      case "subnegotiationCommand":
        this.state = byte === telnet.subnegotiationEnd ? "text" : "subnegotiation";
        return undefined;
    }
  }
}

/** A line's verb in capitals, and its argument exactly as it came: quotes, dashes and blanks are part of names. */
export function parseCommand(line: string): { verb: string; argument: string } {
  const blank = line.indexOf(" ");
  if (blank < 0) return { verb: line.toUpperCase(), argument: "" };
  return { verb: line.slice(0, blank).toUpperCase(), argument: line.slice(blank + 1) };
}
