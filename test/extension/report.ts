/** What the suite in the extension host tells the program that started it, line by line, amid VS Code's own log. */

/** The environment variable that names the folder of tests. */
export const suiteVariable = "BOOT_SERVERS_SUITE";

export interface Result {
  readonly passes: number;
  readonly failures: number;
  readonly pending: number;
}

export type Message =
  | { readonly kind: "begin" }
  | { readonly kind: "output"; readonly line: string }
  /** It could not be loaded, or something threw outside of every test. */
  | { readonly kind: "broken"; readonly reason: string }
  | { readonly kind: "end"; readonly result: Result };

const mark = "boot-servers-suite ";

export const encodeLine = (message: Message): string => mark + JSON.stringify(message);

/** The message of a line; undefined: the line is VS Code's own. */
export function decodeLine(line: string): Message | undefined {
  return line.startsWith(mark) ? (JSON.parse(line.slice(mark.length)) as Message) : undefined;
}

/** Collects the messages of one run, shows the output as it comes, and judges at the end. */
export class Report {
  private began = false;
  private result: Result | undefined;
  private readonly broken = new Set<string>();

  constructor(private readonly show: (line: string) => void) {}

  take(line: string): void {
    const message = decodeLine(line);
    if (message?.kind === "begin") this.began = true;
    if (message?.kind === "output") this.show(message.line);
    if (message?.kind === "broken") this.broken.add(message.reason);
    if (message?.kind === "end") this.result = message.result;
  }

  /**
   * @param code what VS Code said that the suite ended with.
   * @throws where the run is no run of tests: what did not begin, did not end, or ended otherwise than it told.
   */
  verdict(code: number): Result {
    if (!this.began) throw new Error(`the suite did not begin (VS Code said ${code})`);
    if (this.broken.size > 0) throw new Error([...this.broken].join("\n"));
    if (this.result === undefined) throw new Error(`the suite began and did not end (VS Code said ${code})`);
    const { passes, failures, pending } = this.result;
    if (passes + failures + pending === 0) throw new Error("the suite had no test");
    if ((code === 0) !== (failures === 0)) {
      throw new Error(`the suite told ${failures} failures, VS Code said ${code}`);
    }
    return this.result;
  }
}
