/**
 * The client flow: what a board does, as one function (DESIGN §2.2). It asks BOOTP round after round, fetches
 * over TFTP and FTP, reads the manifest, and fetches what that lists. What becomes of the bytes is the receiver's.
 */

import type { StepRow, Trouble } from "../../model/events";
import { manifestsAmong } from "../../model/drop";
import { roundName } from "../../model/outline";
import { judgeRound, notMoved, type Reply } from "../../model/rounds";
import { nobodyAnswered } from "../../model/verdict";
import type { BootpAnswer, BootpAsker } from "../clients/boardIo";
import { delay } from "../clock";
import { Fetcher } from "./fetcher";
import { manifestSteps } from "./manifestSteps";
import type { PlayedBoard, Run } from "./run";
import { cancelled } from "./steps";

/**
 * Plays one board from its first question to its last file. Every step is told to `run.steps`; a step that fails
 * hides none of those that can still run.
 * @throws the signal's reason
 */
export async function playBoard(board: PlayedBoard, run: Run): Promise<void> {
  const { drop } = board;
  const fetcher = new Fetcher(board, run);
  const rounds = await playRounds(board, run, fetcher);
  const { host } = rounds;

  if (rounds.played === 0) {
    // The plan's entries are the rounds where BOOTP did not say anything (DESIGN §2.3).
    for (const [index, file] of drop.boot.entries()) {
      await fetcher.overTftp(host, file, index + 1);
      await fetcher.overFtp(host, drop.ftp, index + 1);
    }
  } else if (board.compare) {
    // Boot files that no answer named: the rounds have failed already, their bytes can still be compared.
    for (const [index, file] of drop.boot.entries()) {
      if (!fetcher.hasFetched(file)) await fetcher.overTftp(host, file, index + 1);
    }
  }
  for (const file of drop.tftp) await fetcher.overTftp(host, file);

  const manifest = drop.manifest ?? (board.compare ? undefined : manifestsAmong(rounds.files)[0]);
  const read = manifest !== undefined && !run.steps.leavesOut(board.name, "manifest", manifest);
  if (read && !fetcher.hasFetched(manifest)) await fetcher.overTftp(host, manifest);
  const entries = read ? await manifestSteps(board, run, fetcher, manifest) : [];
  if (rounds.played === 0 && drop.boot.length === 0) await fetcher.overFtp(host, drop.ftp);
  await fetcher.overFtp(
    host,
    entries.map(({ file }) => file),
    "manifest",
  );
}

interface Rounds {
  /** Rounds in which a file was named. */
  readonly played: number;
  /** The files that were named, in order. */
  readonly files: readonly string[];
  /** Where the last of them came from. */
  readonly host: string;
}

/** Asks BOOTP until it is silent, names no file, or says nothing new; fetches each round's files. */
async function playRounds(board: PlayedBoard, run: Run, fetcher: Fetcher): Promise<Rounds> {
  let host = board.filesFrom ?? board.host;
  const files: string[] = [];
  if (board.bootp === undefined) {
    if (board.bootpObstacle !== undefined) {
      const trouble = { code: "bootp.notAsked", message: board.bootpObstacle };
      run.steps.begin(board.name, "bootp", "round 1", 1).end({ state: "skipped", trouble });
    }
    return { played: 0, files, host };
  }
  if (leavesOutRound(board, run, 1)) return { played: 0, files, host };
  if (nobodyAnswered(run.steps.ended())) {
    run.steps.begin(board.name, "bootp", "round 1", 1).end({ state: "failed", trouble: notAskedAgain });
    return { played: 0, files, host };
  }
  const asker = run.io.openBootp(board.bootp);
  try {
    const past: Past = { followed: new Set(), missed: undefined };
    for (let round = 1; round === 1 || !leavesOutRound(board, run, round); round += 1) {
      const asked = await askRound(board, run, asker, round, past);
      if (asked === undefined) break;
      const { answer, follow, state } = asked;
      if (state === "skipped") skipRounds(board, run, round);
      // An answer that only ends the sequence sends nobody anywhere.
      if (follow || files.length === 0) {
        host = hostOf(board, answer).address;
        fetcher.sentTo(host);
      }
      if (!follow) break;
      past.followed.add(answerKey(answer));
      files.push(answer.file);
      const came = await fetcher.overTftp(host, answer.file, round);
      past.missed = came ? undefined : answerKey(answer);
      await fetcher.overFtp(host, board.drop.ftp, round);
    }
    return { played: files.length, files, host };
  } finally {
    await asker.close();
  }
}

/** The rounds after one in which the sequence stood still, and its end. */
function skipRounds(board: PlayedBoard, run: Run, stood: number): void {
  const { name, drop } = board;
  for (let round = stood + 1; round <= drop.boot.length + 1; round += 1) {
    if (leavesOutRound(board, run, round)) continue;
    run.steps.begin(name, "bootp", roundName(drop, round), round).end(notMoved(stood - 1));
  }
}

const leavesOutRound = ({ name, drop }: PlayedBoard, { steps }: Run, round: number): boolean =>
  steps.leavesOut(name, "bootp", roundName(drop, round), round);

const notAskedAgain: Trouble = {
  code: "bootp.unanswered",
  message: "not asked: the board before got no answer over any protocol",
  remedy: "See its first steps.",
};

/** Where the answer sends the board for its files, and what is to be said about that. */
function hostOf(board: PlayedBoard, answer: BootpAnswer): { address: string; warnings: readonly string[] } {
  if (board.filesFrom !== undefined) return { address: board.filesFrom, warnings: [] };
  if (isNamed(answer.siaddr)) {
    const expected = board.server ?? board.bootp?.target ?? answer.siaddr;
    const elsewhere = `the files come from ${answer.siaddr}: siaddr sends the board there`;
    return { address: answer.siaddr, warnings: answer.siaddr === expected ? [] : [elsewhere] };
  }
  const { tftpServerName = "", sender } = answer;
  const [address, taken] = tftpServerName === "" ? [sender, "the sender"] : [tftpServerName, "option 66"];
  return {
    address,
    warnings: [`the answer's siaddr is empty: U-Boot stops there; ${taken} was asked instead`],
  };
}

/** What earlier rounds say about an answer. */
interface Past {
  /** The answers that were followed. */
  readonly followed: Set<string>;
  /** The last of them, where its file did not come. */
  missed: string | undefined;
}

const isNamed = (siaddr: string): boolean => siaddr !== "" && siaddr !== "0.0.0.0";

const answerKey = ({ file, siaddr }: BootpAnswer): string => `${siaddr} ${file}`;

interface Asked {
  readonly answer: BootpAnswer;
  readonly follow: boolean;
  readonly state: StepRow["state"];
}

/** One question and its step; undefined: there is nothing to follow any more. */
async function askRound(
  board: PlayedBoard,
  run: Run,
  asker: BootpAsker,
  round: number,
  past: Past,
): Promise<Asked | undefined> {
  const { drop } = board;
  const step = run.steps.begin(board.name, "bootp", roundName(drop, round), round);
  const warnings: string[] = [];
  let answer: BootpAnswer | undefined;
  try {
    answer = await asker.ask(run.signal);
    const mayBeSilent = round === 1 && !run.asked && wasAsked(board, asker);
    run.asked = true;
    if (answer === undefined && mayBeSilent && board.silentMs > 0) {
      // It may have handed out its whole sequence a moment ago, and be silent for that (DESIGN §2.3).
      warnings.push(
        `the first question was not answered; it was asked once more after ${board.silentMs / 1000} s`,
      );
      step.tell({ warnings: [`no answer yet; asking once more after ${board.silentMs / 1000} s`] });
      await delay(run.clock, board.silentMs, run.signal);
      answer = await asker.ask(run.signal);
    }
  } catch (error) {
    if (run.signal.aborted) step.end({ state: "skipped", trouble: cancelled });
    throw error;
  }
  if (answer === undefined && round === 1) {
    step.end({ ...unansweredBootp(board, asker), warnings });
    return undefined;
  }
  const judged = judgeRound(round, drop, replyOf(answer, past), board.compare);
  const from = answer === undefined ? {} : { from: answer.sender };
  const wrongServer = answer === undefined || !board.compare ? undefined : serverTrouble(board, answer);
  const { follow, ...row } = judged;
  const hostWarnings = answer !== undefined && follow ? hostOf(board, answer).warnings : [];
  step.end({
    ...row,
    ...(judged.state === "passed" && wrongServer),
    ...from,
    warnings: [...warnings, ...(judged.warnings ?? []), ...hostWarnings],
  });
  return answer === undefined ? undefined : { answer, follow, state: judged.state };
}

function replyOf(answer: BootpAnswer | undefined, { followed, missed }: Past): Reply {
  if (answer === undefined) return { kind: "silence" };
  if (answer.file === "") return { kind: "noFile" };
  const key = answerKey(answer);
  return { kind: "file", file: answer.file, repeated: followed.has(key), stays: key === missed };
}

/** The answered server beside the plan's, where it names one. */
function serverTrouble(
  { server }: PlayedBoard,
  { siaddr, file }: BootpAnswer,
): Pick<StepRow, "state" | "trouble" | "expected" | "got"> | undefined {
  if (server === undefined || siaddr === server) return undefined;
  // Without a file name there is nothing to fetch, and many servers leave siaddr empty then.
  if (file === "" && !isNamed(siaddr)) return undefined;
  return {
    state: "failed",
    expected: `siaddr ${server}`,
    got: `siaddr ${siaddr}`,
    trouble: {
      code: "bootp.otherServer",
      message: `the answer sends the board to ${siaddr}, the plan to ${server}`,
      remedy: 'Correct "server" in the plan, or siaddr (next-server) on the target.',
    },
  };
}

/** False: the one way that was wished for could not be gone. */
const wasAsked = ({ bootp }: PlayedBoard, { triedClientPort }: BootpAsker): boolean =>
  bootp?.way === "auto" || triedClientPort;

/** Nobody answered at all: a failure if a board's own port was tried, else nothing that could be shown. */
function unansweredBootp(board: PlayedBoard, asker: BootpAsker): Pick<StepRow, "state" | "trouble"> {
  const obstacles = asker.obstacles.join("; ");
  const { target, port = 0, way } = board.bootp ?? {};
  const where =
    target === undefined || way === "broadcast" ? `a broadcast to port ${port}` : `${target} port ${port}`;
  if (asker.triedClientPort) {
    return {
      state: "failed",
      trouble: {
        code: "bootp.silent",
        message: `no answer from ${where}${obstacles === "" ? "" : ` (${obstacles})`}`,
        remedy:
          "Check that a BOOTP server runs there and knows this board, and that no firewall drops UDP 67 and 68.",
      },
    };
  }
  const asked = `no answer from ${where} to a question from an ordinary port, and from a board's own port none`;
  return {
    state: "skipped",
    trouble: {
      code: "bootp.notAsked",
      message: `${wasAsked(board, asker) ? asked : "no question"} could be asked${obstacles === "" ? "" : `: ${obstacles}`}`,
      remedy:
        "Run it with the right to use port 68, or take the plan's word for BOOTP: --bootp skip, in a task as well.",
    },
  };
}
