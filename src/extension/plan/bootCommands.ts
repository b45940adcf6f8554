/** What is typed at a boot loader to load one file: a line or a few for each kind of loader. */

import { standardPorts } from "../../model/settings";

export interface Loading {
  /** The served address that the board asks. */
  readonly server: string;
  readonly tftpPort: number;
  readonly ftpPort: number;
  /** Relative to the served root, with `/`. */
  readonly file: string;
  /** Lower-case hex of the file's bytes as they are now. */
  readonly crc32: string;
}

export interface BootCommands {
  readonly loader: string;
  readonly lines: readonly string[];
  /** Why it asks in vain, where the server listens on a port that it cannot be told. */
  readonly lack?: string;
}

const port = (given: number, usual: number): string => (given === usual ? "" : `:${given}`);

const lackOf = (server: "tftp" | "ftp", given: number): Pick<BootCommands, "lack"> => {
  const usual = standardPorts[server];
  if (given === usual) return {};
  return { lack: `asks ${server.toUpperCase()} on port ${usual} only, and it listens on ${given}` };
};

/** As a part of a URL (RFC 3986 §2.1) that may stand in a shell's single quotes. */
const inUrl = (file: string): string =>
  file.split("/").map(encodeURIComponent).join("/").replaceAll("'", "%27");

/** U-Boot's shell ends a word at a blank and a command at a semicolon; a file's name must not become a command. */
const inShell = (file: string): string =>
  /^[\w./+@:,=-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;

/** In the order in which people ask for them. */
export function bootCommands({ server, tftpPort, ftpPort, file, crc32 }: Loading): BootCommands[] {
  const tftp = `tftp://${server}${port(tftpPort, standardPorts.tftp)}/${inUrl(file)}`;
  const ftp = `ftp://${server}${port(ftpPort, standardPorts.ftp)}/${inUrl(file)}`;
  // `tftpdstp` is there with CONFIG_TFTP_PORT only: said only where it is needed.
  const otherPort = tftpPort === standardPorts.tftp ? [] : [`setenv tftpdstp ${tftpPort}`];
  return [
    {
      loader: "U-Boot",
      lines: [
        `setenv serverip ${server}`,
        ...otherPort,
        `tftpboot \${loadaddr} ${inShell(file)}`,
        `crc32 \${loadaddr} \${filesize} # expect ${crc32}`,
      ],
    },
    { loader: "iPXE", lines: ["dhcp", `chain ${tftp}`] },
    {
      loader: "Cisco IOS",
      lines: [`copy tftp://${server}/${file} flash:`],
      ...lackOf("tftp", tftpPort),
    },
    {
      loader: "VxWorks",
      lines: [`<device>(0,0)host:/${file} h=${server} u=anonymous pw=boot`],
      ...lackOf("ftp", ftpPort),
    },
    { loader: "curl", lines: [`curl -O '${tftp}'`, `curl -O '${ftp}'`] },
  ];
}
