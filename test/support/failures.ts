/** What a failed test tells beside its error: how things were. */

/** Adds lines to what mocha prints of an error, which is its stack: the text, and then the calls. */
export function tellMore(error: Error, more: string): void {
  const { stack = error.message } = error;
  const calls = /^[ \t]+at /m.exec(stack)?.index ?? stack.length;
  error.stack = `${stack.slice(0, calls).trimEnd()}\n\n${more}\n\n${stack.slice(calls)}`;
}
