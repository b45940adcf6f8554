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
  /** VS Code has not opened what the tests are for; none has run. */
  | { readonly kind: "unopened"; readonly reason: string }
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

/** No test has run: the window may be opened again. */
export class NotOpened extends Error {}

/** Collects the messages of one run, shows the output as it comes, and judges at the end. */
export class Report {
  private began = false;
  private result: Result | undefined;
  private unopened: string | undefined;
  private readonly broken = new Set<string>();

  constructor(private readonly show: (line: string) => void) {}

  take(line: string): void {
    const message = decodeLine(line);
    if (message?.kind === "begin") this.began = true;
    if (message?.kind === "unopened") this.unopened = message.reason;
    if (message?.kind === "output") this.show(message.line);
    if (message?.kind === "broken") this.broken.add(message.reason);
    if (message?.kind === "end") this.result = message.result;
  }

  /**
   * @param code what VS Code said that the suite ended with.
   * @throws where the run is no run of tests: what did not begin, did not end, or ended otherwise than it told.
   */
  verdict(code: number): Result {
    if (this.unopened !== undefined) throw new NotOpened(this.unopened);
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

/** The result of a window; one that gave no verdict is a failure, and says why. */
export async function judged(running: Promise<Result>): Promise<Result> {
  try {
    return await running;
  } catch (error) {
    print(`\n  FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return { passes: 0, failures: 1, pending: 0 };
  }
}

/** Ends a run over several windows as mocha does, in words that scripts/test.mjs adds up. @returns the exit code. */
export function summarize(results: readonly Result[]): number {
  const sum = (key: keyof Result): number => results.reduce((all, result) => all + result[key], 0);
  print(`\n  ${sum("passes")} passing\n  ${sum("pending")} pending\n  ${sum("failures")} failing`);
  return sum("failures") > 0 ? 1 : 0;
}

/** To the terminal, from the programs that start a VS Code. */
export const print = (text: string): void => {
  // eslint-disable-next-line no-console -- stdout is what they are for.
  console.log(text);
};
