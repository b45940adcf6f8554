/** What a task of `tasks.json` says, and the command line that it means. Knows nothing of VS Code. */

/** The properties are those of package.json's `taskDefinitions`; a person wrote them, so that nothing is sure. */
export interface TaskDefinition {
  readonly type: string;
  readonly command?: unknown;
  /** The folder of the drop, relative to the workspace folder. */
  readonly folder?: unknown;
  readonly plan?: unknown;
  readonly target?: unknown;
  readonly client?: unknown;
  readonly bootp?: unknown;
  readonly highPorts?: unknown;
  readonly junit?: unknown;
}

/** The flags of `verify` that a task may set, by the property that sets each. */
const flags = { plan: "plan", target: "target", client: "client", bootp: "bootp", junit: "junit" } as const;

/**
 * The program's arguments for `verify`. A value cannot become a flag of its own: each stands behind a `=`.
 * @returns undefined for a definition that means nothing.
 */
export function verifyArguments(definition: TaskDefinition): readonly string[] | undefined {
  const { folder = ".", highPorts } = definition;
  if (typeof folder !== "string") return undefined;
  const args: string[] = [];
  for (const [property, flag] of Object.entries(flags)) {
    const value = definition[property as keyof typeof flags];
    if (value === undefined) continue;
    if (typeof value !== "string") return undefined;
    args.push(`--${flag}=${value}`);
  }
  if (highPorts === true) args.push("--high-ports");
  return ["verify", ...args, "--", folder];
}
