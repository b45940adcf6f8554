/**
 * What ftp-srv logs to: nothing. It logs whole command lines, passwords among them, and to stdout by default (F29).
 * The program's bundle has this module in place of bunyan, whose logger ftp-srv makes even when it is given another.
 */

export const silent = {
  child: () => silent,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** As bunyan's. */
export const createLogger = (): typeof silent => silent;
