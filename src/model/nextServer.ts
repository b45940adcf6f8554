/**
 * What the owner of another DHCP server pastes into its configuration, so that a board that it gives an address loads
 * its file from here. Each program's own words, for one board by its MAC.
 */

/** The code of a row that is left to the other server for good: listing the board does not help. */
export const leftToOtherCode = "proxy.notPxe";

/** One board, and where its file is. */
export interface NextServerBoard {
  /** What it is called here; a label for people. */
  readonly name: string;
  /** Lower case with colons. */
  readonly mac: string;
  /** An address of this host that the board can reach. */
  readonly server: string;
  readonly file: string;
}

export interface NextServerLines {
  /** Whose words they are: "dnsmasq". */
  readonly program: string;
  readonly lines: readonly string[];
}

/** A label that each of the programs takes: letters, digits, hyphens. */
function labelOf({ name, mac }: NextServerBoard): string {
  const plain = name.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return /^[A-Za-z]/.test(plain) ? plain : `board-${mac.replaceAll(":", "")}`;
}

/** In quotes where dnsmasq would take a part of it for something else. The name policy lets no quote through. */
const dnsmasqWord = (file: string): string => (/^[\w./+@-]+$/.test(file) ? file : `"${file}"`);

/** In the order in which people have them. */
export function nextServerLines(board: NextServerBoard): NextServerLines[] {
  const { mac, server, file } = board;
  const label = labelOf(board);
  return [
    {
      program: "dnsmasq",
      // Between the file and the address stands a server's name, which nobody needs.
      lines: [`dhcp-mac=set:${label},${mac}`, `dhcp-boot=tag:${label},${dnsmasqWord(file)},,${server}`],
    },
    {
      program: "ISC dhcpd",
      lines: [
        `host ${label} {`,
        `  hardware ethernet ${mac};`,
        `  next-server ${server};`,
        `  filename ${JSON.stringify(file)};`,
        "}",
      ],
    },
    {
      program: "Kea",
      // One of "reservations" in a subnet; it keeps the address that the subnet's pool gives.
      lines: JSON.stringify(
        { "hw-address": mac, "next-server": server, "boot-file-name": file },
        undefined,
        2,
      ).split("\n"),
    },
  ];
}
