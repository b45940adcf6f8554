/** The user behind sudo or pkexec, as whom a command goes on that root has started. */

import { userInfo } from "node:os";
import { errorMessage } from "../model/text";

export interface User {
  readonly uid: number;
  /** Of the user's own group. */
  readonly gid: number;
  readonly name: string;
  /** Absolute path. */
  readonly home: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The number that sudo or pkexec tells; undefined: root itself started this, or neither did. */
export function invokingUid({ SUDO_UID, PKEXEC_UID }: Environment): number | undefined {
  const [uid = ""] = [SUDO_UID, PKEXEC_UID].filter((value = "") => /^[1-9]\d{0,9}$/.test(value));
  return uid === "" ? undefined : Number(uid);
}

/** Who that is. Only root can look. @throws a sentence, where this system has no such user. */
export function userOf(uid: number): User {
  try {
    // Node tells of nobody but the user that runs it.
    process.seteuid?.(uid);
    const { gid, username, homedir } = userInfo();
    return { uid, gid, name: username, home: homedir };
  } catch (error) {
    throw new Error(`user ${uid}, who started it, cannot be looked up: ${errorMessage(error)}`, {
      cause: error,
    });
  } finally {
    process.seteuid?.(0);
  }
}

/** The environment of a process of that user's: sudo leaves root's home in it. */
export const environmentOf = ({ name, home }: User): NodeJS.ProcessEnv => ({
  ...process.env,
  HOME: home,
  USER: name,
  LOGNAME: name,
});

/** What Node has wherever there is a root; its types do not know all of it. */
interface PosixProcess {
  initgroups(user: string, extraGroup: number): void;
  setgid(gid: number): void;
  setuid(uid: number): void;
}

/** This process is root's no more, and cannot be again. @throws where this system does not let it go. */
export function become(user: User): void {
  const posix = process as unknown as PosixProcess;
  posix.initgroups(user.name, user.gid);
  posix.setgid(user.gid);
  posix.setuid(user.uid);
  Object.assign(process.env, environmentOf(user));
}
