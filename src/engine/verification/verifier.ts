/** Verification on the real network, as a front end asks for it. */

import { randomBytes } from "node:crypto";
import type { Asked, Verifier, VerifyRequest } from "../../model/verification";
import { anyPorts } from "../../model/settings";
import { networkBoard } from "../clients/networkBoard";
import { Recorder, type CaptureSink } from "../packets/recorder";
import { systemClock } from "../clock";
import { createEngine } from "../engine";
import { EngineError } from "../errors";
import type { RunEnvironment } from "./boards";
import { outlineFolder } from "./outline";
import { cancelled } from "./steps";
import { verifyFolder, type VerifySettings } from "./verify";

/** Where a run is captured: each packet once. */
export interface RunCapture {
  /** The boards' side where a target is asked, else that of the run's own servers. */
  readonly side: "boards" | "servers";
  readonly sink: CaptureSink;
}

/** The real clock, network and servers, for one run. */
export function realEnvironment(
  signal: AbortSignal,
  tell: Pick<RunEnvironment, "begin" | "step">,
  captured?: RunCapture,
): RunEnvironment {
  const sinkOf = (side: RunCapture["side"]): CaptureSink | undefined =>
    captured?.side === side ? captured.sink : undefined;
  const [boards, capture] = [sinkOf("boards"), sinkOf("servers")];
  return {
    clock: systemClock,
    io: networkBoard(systemClock, {}, boards && new Recorder(systemClock, boards)),
    createEngine: () => createEngine(capture && { capture }),
    runId: randomBytes(8).toString("hex"),
    signal,
    ...tell,
  };
}

export function createVerifier(): Verifier {
  return {
    outline: outlineFolder,
    verify(request, step) {
      const controller = new AbortController();
      const environment = realEnvironment(controller.signal, { begin: () => undefined, step });
      return {
        report: verifyFolder(settingsOf(request), environment),
        cancel: () => {
          controller.abort(new EngineError(cancelled));
        },
      };
    },
  };
}

const settingsOf = ({ asked, ...request }: VerifyRequest): VerifySettings => ({
  ...request,
  ...targetOf(asked),
  bootp: "auto",
  options: new Map(),
});

const targetOf = (asked: Asked): Pick<VerifySettings, "target" | "ports" | "running"> =>
  asked.kind === "own"
    ? { ports: anyPorts }
    : { target: asked.host, ports: asked.ports, running: asked.kind === "running" };
