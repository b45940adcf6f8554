/** The command line that starts the servers' process. */

/** A program, its arguments, and what is added to this process's environment. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface CommandSettings {
  /** `bootServers.launch`: a program and arguments that run ours with more rights, or elsewhere. */
  readonly launch: readonly string[];
  /** `bootServers.node`: a Node for the wrapper; empty: the editor's own. */
  readonly node: string;
}

/** Without it the editor's binary starts an editor. */
export const runAsNode = "ELECTRON_RUN_AS_NODE";

/** The process that starts it. */
export interface Editor {
  /** The editor's binary, or the Node of its server. */
  readonly execPath: string;
  /** As in many containers. */
  readonly isRoot: boolean;
}

/** What this runs in. */
export const thisEditor: Editor = { execPath: process.execPath, isRoot: process.getuid?.() === 0 };

/**
 * What starts the servers' process.
 * @param cli path of dist/cli.js.
 */
export function commandFor(
  { launch, node }: CommandSettings,
  { execPath, isRoot }: Editor,
  cli: string,
): Command {
  const [wrapper, ...wrapperArgs] = launch;
  const run = [node === "" ? execPath : node, cli, "serve", "--stdio"];
  // The servers of an editor that runs as root may do what it may do: none of that is added here.
  if (isRoot) run.push("--as-root");
  const env = { [runAsNode]: "1" };
  if (wrapper === undefined) return { file: run[0] ?? "", args: run.slice(1), env };
  // A wrapper may reset the environment (sudo does): the variable goes onto its command line as well, since
  // otherwise it would start the editor itself, with the wrapper's rights.
  const inner = node === "" ? ["env", `${runAsNode}=1`, ...run] : run;
  return { file: wrapper, args: [...wrapperArgs, ...inner], env };
}
