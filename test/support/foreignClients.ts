/** TFTP and FTP clients that nobody here wrote, each as one row: how it fetches a file, and how it sends one. */

import type { Host } from "./namespace";
import type { ProgramName } from "./programs";

/**
 * Moves `remote` on the server from or to the absolute path `local`; TFTP's are told another port than 69 where there is
 * one. @throws when the program says that it failed.
 */
export type Move = (
  host: Pick<Host, "succeed">,
  server: string,
  remote: string,
  local: string,
  port?: number,
) => Promise<unknown>;

export interface ForeignClient {
  /** As it stands in a test's name. */
  readonly name: string;
  readonly program: ProgramName;
  readonly get: Move;
  readonly put?: Move;
  /** It cannot fetch an empty file from any server. */
  readonly notEmpty?: boolean;
}

/** A host whose programs may take that long. */
export const patient = (host: Pick<Host, "succeed">, timeoutMs: number): Pick<Host, "succeed"> => ({
  succeed: (program, args) => host.succeed(program, args, { timeoutMs }),
});

/** tftp-hpa asks for no options: blksize 512, and exit code 0 even after an ERROR. */
const tftpHpa: ForeignClient = {
  name: "tftp-hpa",
  program: "tftp",
  get: (host, server, remote, local, port = 69) =>
    host.succeed("tftp", ["-m", "binary", server, `${port}`, "-c", "get", remote, local]),
  put: (host, server, remote, local, port = 69) =>
    host.succeed("tftp", ["-m", "binary", server, `${port}`, "-c", "put", local, remote]),
};

function atftp(name: string, ...options: readonly string[]): ForeignClient {
  const more = options.flatMap((option) => ["--option", option]);
  const move =
    (direction: string): Move =>
    (host, server, remote, local, port = 69) =>
      host.succeed("atftp", [...more, direction, "-r", remote, "-l", local, server, `${port}`]);
  return { name, program: "atftp", get: move("--get"), put: move("--put") };
}

function curlTftp(name: string, notEmpty: boolean, ...options: readonly string[]): ForeignClient {
  const move =
    (direction: string): Move =>
    (host, server, remote, local, port = 69) =>
      host.succeed("curl", ["-sS", ...options, direction, local, `tftp://${server}:${port}/${remote}`]);
  // Its own fault: an OACK with tsize=0 makes it exit 71, whoever serves.
  return { name, program: "curl", get: move("-o"), put: move("-T"), notEmpty };
}

function busyboxTftp(name: string, ...options: readonly string[]): ForeignClient {
  const move =
    (direction: string): Move =>
    (host, server, remote, local, port = 69) =>
      host.succeed("busybox", ["tftp", ...options, direction, "-r", remote, "-l", local, server, `${port}`]);
  return { name, program: "busybox", get: move("-g"), put: move("-p") };
}

/** Those that ask for no blksize, so that 40 MiB are more blocks than a block number has values. */
export const plainTftpClients: readonly ForeignClient[] = [
  tftpHpa,
  atftp("atftp"),
  curlTftp("curl --tftp-no-options", false, "--tftp-no-options"),
];

export const tftpClients: readonly ForeignClient[] = [
  ...plainTftpClients,
  atftp("atftp with windowsize 8", "windowsize 8"),
  atftp("atftp with windowsize 16 and blksize 1428", "windowsize 16", "blksize 1428"),
  atftp("atftp with blksize 65464", "blksize 65464"),
  curlTftp("curl", true),
  curlTftp("curl with blksize 1468", true, "--tftp-blksize", "1468"),
  busyboxTftp("busybox tftp"),
  busyboxTftp("busybox tftp with blksize 1468", "-b", "1468"),
];

/**
 * Its own waits are 6 s for an answer to the request, and more than a minute for one to a block: it is told others. A
 * third of the first is when it asks again, and its `timeout` (RFC 2349): long enough for a busy machine, as it is
 * undone by a second OACK.
 */
const hurriedCurl = ["--connect-timeout", "9", "--max-time", "100"] as const;

/** Those that can be asked over a link which loses packets, with windowsize 1, 4 and 16 where the program can. */
export const lossyTftpClients: readonly ForeignClient[] = [
  tftpHpa,
  atftp("atftp"),
  atftp("atftp with windowsize 4", "windowsize 4"),
  atftp("atftp with windowsize 16", "windowsize 16"),
  curlTftp("curl --tftp-no-options", false, "--tftp-no-options", ...hurriedCurl),
  curlTftp("curl", true, ...hurriedCurl),
  busyboxTftp("busybox tftp"),
  busyboxTftp("busybox tftp with blksize 1468", "-b", "1468"),
];

/** `user:password@` of the clients that log in, and nothing for those that are anonymous. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

function curlFtp(name: string, login: Login | undefined, ...options: readonly string[]): ForeignClient {
  const who = login === undefined ? [] : ["--user", `${login.user}:${login.password}`];
  const move =
    (direction: string): Move =>
    (host, server, remote, local) =>
      host.succeed("curl", ["-sS", ...who, ...options, direction, local, `ftp://${server}/${remote}`]);
  return { name, program: "curl", get: move("-o"), put: move("-T") };
}

function lftp(
  name: string,
  login: Login | undefined,
  get: string,
  ...settings: readonly string[]
): ForeignClient {
  const run = (host: Pick<Host, "succeed">, server: string, command: string): Promise<unknown> =>
    host.succeed(
      "lftp",
      [
        "-c",
        [
          "set net:max-retries 1",
          "set net:timeout 30",
          ...settings.map((setting) => `set ${setting}`),
          `open ${login === undefined ? "" : `-u ${login.user},${login.password} `}ftp://${server}`,
          command,
        ].join("; "),
      ],
      { env: { HOME: "/nonexistent" } },
    );
  return {
    name,
    program: "lftp",
    get: (host, server, remote, local) => run(host, server, `${get} ${remote} -o ${local}`),
    put: (host, server, remote, local) => run(host, server, `put ${local} -o ${remote}`),
  };
}

const ftplibScript = `
import ftplib, sys
direction, server, remote, local, passive, user, password = sys.argv[1:]
ftp = ftplib.FTP(server, timeout=30)
ftp.login(user, password)
ftp.set_pasv(passive == "passive")
if direction == "get":
    with open(local, "wb") as file: ftp.retrbinary("RETR " + remote, file.write)
else:
    with open(local, "rb") as file: ftp.storbinary("STOR " + remote, file)
ftp.quit()
`;

function ftplib(mode: "passive" | "active", login: Login | undefined): ForeignClient {
  const move =
    (direction: string): Move =>
    (host, server, remote, local) =>
      host.succeed("python3", [
        "-c",
        ftplibScript,
        ...[direction, server, remote, local, mode, login?.user ?? "anonymous", login?.password ?? ""],
      ]);
  return { name: `Python's ftplib, ${mode}`, program: "python3", get: move("get"), put: move("put") };
}

const busyboxFtp = (login: Login | undefined): ForeignClient => {
  const who = login === undefined ? [] : ["-u", login.user, "-p", login.password];
  return {
    name: "busybox ftpget",
    program: "busybox",
    get: (host, server, remote, local) => host.succeed("busybox", ["ftpget", ...who, server, local, remote]),
    put: (host, server, remote, local) => host.succeed("busybox", ["ftpput", ...who, server, remote, local]),
  };
};

const busyboxWget: ForeignClient = {
  name: "busybox wget",
  program: "busybox",
  get: (host, server, remote, local) =>
    host.succeed("busybox", ["wget", "-q", "-O", local, `ftp://${server}/${remote}`]),
};

/** @param login who they are; absent: anonymous. */
export const ftpClients = (login?: Login): readonly ForeignClient[] => [
  curlFtp("curl (EPSV)", login),
  curlFtp("curl (PASV)", login, "--disable-epsv"),
  curlFtp("curl (EPRT)", login, "--ftp-port", "-"),
  curlFtp("curl (PORT)", login, "--ftp-port", "-", "--disable-eprt"),
  lftp("lftp", login, "get"),
  lftp("lftp, active", login, "get", "ftp:passive-mode off"),
  ftplib("passive", login),
  ftplib("active", login),
  busyboxFtp(login),
  ...(login === undefined ? [lftp("lftp pget with 4 connections", login, "pget -n 4"), busyboxWget] : []),
];
