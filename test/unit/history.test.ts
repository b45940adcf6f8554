/** What happened to other boot servers and clients: each of it is a test here, which says so in its name (facts: security §2). */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { testNames } from "../support/testNames";

const history: Readonly<Record<string, string>> = {
  S1: "dnsmasq CVE-2009-2957, CVE-2009-2958: long names, bad blksize",
  S2: "atftpd CVE-2021-41054, CVE-2021-46671, CVE-2020-6097: many options",
  S3: "curl CVE-2019-5482, CVE-2019-5436: an OACK that was not asked for",
  S4: "U-Boot with lwIP: an option's name inside another, a text without its end",
  S5: "Serva CVE-2013-0145, CVE-2021-44429, tcpdump CVE-2016-7984: any packet",
  S6: "TFTP reflection, 1.2 Gbit/s",
  S7: "DHCP starvation",
  S8: "dnsmasq CVE-2017-14491 and those after it: lengths that nobody checked",
  S9: "ISC DHCP CVE-2011-2748, CVE-2011-2749: BOOTP that ends the daemon",
  S10: "Kea CVE-2015-8373, CVE-2025-40779: requests that match no subnet",
  S11: "dhclient CVE-2011-0997, NetworkManager CVE-2018-1111: options in a shell",
  S12: "TunnelVision CVE-2024-3661: option 121",
  S13: "PixieFAIL CVE-2023-45229 and those after it: malformed replies",
  S14: "forged BOOTP replies",
  S15: "forged TFTP packets: ports that can be guessed",
  S16: "boot files overwritten by WRQ",
  S17: "forged lines in logs (dnsmasq 2012)",
  S20: "FTP bounce CVE-1999-0017, ftp-srv CVE-2020-15152",
  S21: "ftp-srv CVE-2020-26299: backslashes",
  S22: "Node CVE-2025-23084: drive names",
  S23: "basic-ftp CVE-2026-27699, CVE-2026-44240: lists and lines without end",
  S24: "wget CVE-2002-1344: names that a server made up",
  S25: "STARTTLS injection CVE-2011-0411",
  S26: "globs without end CVE-2011-0762, CVE-2010-2632",
  S27: "ProFTPD CVE-2019-12815, CVE-2020-9273: SITE CPFR, aborts",
  S28: "pure-ftpd CVE-2011-3171, CVE-2020-9274: arguments",
  S29: "Serv-U CVE-2024-28995, BisonFTP CVE-2015-7602: traversal",
  S30: "stolen data connections (RFC 2577)",
  S31: "passwords that are guessed",
  S32: "passwords in files and logs",
};

const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(folder, name), "utf8"));

describe("the history of others (security §2)", () => {
  for (const [id, what] of Object.entries(history)) {
    it(`${id}, ${what}: has a test`, () => {
      assert.ok(
        testNames.some((name) => new RegExp(`\\b${id}\\b`).test(name)),
        `no test's name has (${id})`,
      );
    });
  }

  it("nothing of the wire reaches a shell (S11)", () => {
    for (const text of sources("src").filter((text) => text.includes('"node:child_process"'))) {
      assert.doesNotMatch(
        text,
        /\bshell\b:|import \{[^}]*\b(exec|execSync|fork)\b[^}]*\} from "node:child_process"/,
      );
    }
    // A link in Markdown could be a command.
    for (const text of sources("src/extension"))
      assert.doesNotMatch(text, /\.(isTrusted|supportHtml) = true/);
  });

  it("no dependency has a hole that is known here: basic-ftp 6.0.1 or later, ftp-srv as it was caged (S20, S21, S23)", () => {
    const versionOf = (name: string): string =>
      (JSON.parse(readFileSync(join("node_modules", name, "package.json"), "utf8")) as { version: string })
        .version;
    const [major = 0, minor = 0, patch = 0] = versionOf("basic-ftp").split(".").map(Number);
    assert.ok(major * 1e6 + minor * 1e3 + patch >= 6_000_001);
    assert.equal(versionOf("ftp-srv"), "4.6.3");
  });
});
