/** Every name that package.json and the code share; a test compares the two. */

/** Commands by what they are called in the code. */
export const commandIds = {
  start: "bootServers.start",
  stop: "bootServers.stop",
  showLog: "bootServers.showLog",
  showBootLog: "bootServers.showBootLog",
  showBootTimeline: "bootServers.showBootTimeline",
  showMenu: "bootServers.showMenu",
  clearFinishedTransfers: "bootServers.clearFinishedTransfers",
  cancelTransfer: "bootServers.cancelTransfer",
  copyAddress: "bootServers.copyAddress",
  revealFile: "bootServers.revealFile",
  copyName: "bootServers.copyName",
  copySha256: "bootServers.copySha256",
  copyCrc32: "bootServers.copyCrc32",
  serveAsBootFile: "bootServers.serveAsBootFile",
  addToBootSequence: "bootServers.addToBootSequence",
  serveToClient: "bootServers.serveToClient",
  copyBootCommands: "bootServers.copyBootCommands",
  serveFileAs: "bootServers.serveFileAs",
  restartSequence: "bootServers.restartSequence",
  savePackets: "bootServers.savePackets",
  answerThisBoard: "bootServers.answerThisBoard",
  copyNextServerLines: "bootServers.copyNextServerLines",
  openBootPlan: "bootServers.openBootPlan",
  writeChecksums: "bootServers.writeChecksums",
  removeChecksums: "bootServers.removeChecksums",
  setFtpPassword: "bootServers.setFtpPassword",
  chooseNetwork: "bootServers.chooseNetwork",
  allowUploads: "bootServers.allowUploads",
  checkThisMachine: "bootServers.checkThisMachine",
  allowThisNetwork: "bootServers.allowThisNetwork",
  injectFaults: "bootServers.injectFaults",
  copyCommand: "bootServers.copyCommand",
  verify: "bootServers.verify",
  verifyOnTarget: "bootServers.verifyOnTarget",
} as const;

export type CommandName = keyof typeof commandIds;

export const viewIds = {
  servers: "bootServers.servers",
  clients: "bootServers.clients",
  transfers: "bootServers.transfers",
} as const;

/** Of the documents that show a board's boot log. */
export const bootLogScheme = "boot-servers-log";

/** Of the timeline's editor. */
export const timelineViewType = "bootServers.timeline";

/** Set by `context.ts`; menus ask for them. */
export const contextKeys = {
  /** A server starts, waits or runs. */
  running: "bootServers.running",
  /** They were started and not stopped, also where each of them failed. */
  wanted: "bootServers.wanted",
  hasRunningTransfers: "bootServers.hasRunningTransfers",
  /** A transfer has ended and is still shown. */
  hasFinishedTransfers: "bootServers.hasFinishedTransfers",
} as const;

/** Of the tasks in `tasks.json`. */
export const taskType = "boot-servers";

/** The section of all settings. */
export const section = "bootServers";

/** The Test Explorer's first way to verify: `tests/subject.ts` has the others. */
export const freshLabel = "Fresh servers on this computer";
