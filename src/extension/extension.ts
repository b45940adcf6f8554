/** The VS Code side. So far it activates and does nothing; the servers are reached by the command line. */

export function activate(): void {
  // The commands and views come with the extension's own issue.
}
