/** The error of a start that Stop has overtaken. */

import { RemoteError } from "../../rpc/remoteError";

const stoppedCode = "engine.stopped";

/** True for the error of a `configure` that Stop or a later one has overtaken: its user knows. */
export const wasStopped = (error: unknown): boolean =>
  error instanceof RemoteError && error.code === stoppedCode;

export const stoppedMeanwhile = (cause?: unknown): RemoteError =>
  new RemoteError(
    { trouble: { code: stoppedCode, message: "something else was asked while the servers started" } },
    { cause },
  );
