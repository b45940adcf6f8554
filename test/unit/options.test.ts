import assert from "node:assert/strict";
import { resolve } from "node:path";
import { flagList } from "../../src/cli/flags";
import { parseCommandLine, type Parsed } from "../../src/cli/options";
import { defaultWanted, limitDefinitions, type Wanted } from "../../src/model/settings";

const parse = (line: string, env: Record<string, string> = {}): Parsed =>
  parseCommandLine(line === "" ? [] : line.split(" "), env);

/** The usage error of a command line. */
function wrong(line: string): string {
  const parsed = parse(line);
  assert.equal(parsed.command, "usage", `${line} was taken`);
  return parsed.message;
}

function serve(line: string, env?: Record<string, string>): Extract<Parsed, { command: "serve" }> {
  const parsed = parse(line, env);
  assert.equal(parsed.command, "serve", JSON.stringify(parsed));
  return parsed;
}

/** What is to be served, with words that hold blanks. */
function parseServe(words: readonly string[]): Wanted {
  const parsed = parseCommandLine(["serve", ...words], {});
  assert.equal(parsed.command, "serve", JSON.stringify(parsed));
  return parsed.wanted;
}

function verify(line: string, env?: Record<string, string>): Extract<Parsed, { command: "verify" }> {
  const parsed = parse(line, env);
  assert.equal(parsed.command, "verify", JSON.stringify(parsed));
  return parsed;
}

describe("the command line (DESIGN §3)", () => {
  it("serves the current folder on loopback, read only, on the standard ports, unless it is told otherwise", () => {
    assert.deepEqual(serve("serve"), {
      command: "serve",
      wanted: { ...defaultWanted, folder: resolve(".") },
      lingerSeconds: 600,
      asRoot: false,
      bootLog: false,
      json: false,
    });
  });

  it("serves over stdin and stdout with no word of what to serve", () => {
    assert.deepEqual(parse("serve --stdio"), { command: "stdio", lingerSeconds: 600, asRoot: false });
    assert.deepEqual(parse("serve --stdio --linger 5 --as-root"), {
      command: "stdio",
      lingerSeconds: 5,
      asRoot: true,
    });
  });

  it("takes fault profiles, with a seed that is drawn where none has one", () => {
    const { faults } = parseServe(["--fault", "loss=5,seed=7", "--fault", "for bench-1: drop data 17 x2"]);
    assert.equal(faults?.seed, 7);
    assert.deepEqual(
      faults.profiles.map(({ board }) => board),
      [undefined, "bench-1"],
    );
    const drawn = parseServe(["--fault", "loss=5"]).faults?.seed ?? -1;
    assert.ok(Number.isInteger(drawn) && drawn >= 0 && drawn < 10_000);
    assert.equal(parseServe([]).faults, undefined);
    assert.equal(
      wrong("serve --fault lss=5"),
      '--fault lss=5: at character 1: there is no rate "lss". Did you mean loss? Allowed: loss, duplicate, reorder, delay, seed.',
    );
    assert.match(wrong("verify --fault loss=5"), /--fault is a flag of serve, not of verify/);
  });

  it("takes every flag of serve", () => {
    const line =
      "serve images --address eth1 --address 192.168.7.1 --servers ftp,tftp --tftp-port 0 --ftp-port=2121 " +
      "--answer listed --uploads keep --allow 10.0.0.0/8 --allow fe80::/10 --limit giveUpSeconds=5 " +
      "--ftp-passive-ports 50000-50100 --also-serve build --also-serve ../out " +
      "--limit tftpTransfers=1 --linger 0 --plan my.json --ftp-user bench --json";
    const { wanted, lingerSeconds, json } = serve(line, { BOOT_SERVERS_FTP_PASSWORD: "secret" });
    assert.deepEqual(wanted, {
      ...defaultWanted,
      folder: resolve("images"),
      planFile: resolve("my.json"),
      addresses: ["eth1", "192.168.7.1"],
      servers: ["tftp", "ftp"],
      ports: { bootp: 67, tftp: 0, ftp: 2121 },
      answer: "listed",
      uploads: "keep",
      allow: ["10.0.0.0/8", "fe80::/10"],
      alsoServe: [resolve("build"), resolve("../out")],
      ftpPassivePorts: [50000, 50100],
      ftpUser: "bench",
      ftpPassword: "secret",
      limits: { ...defaultWanted.limits, giveUpSeconds: 5, tftpTransfers: 1 },
    });
    assert.deepEqual({ lingerSeconds, json }, { lingerSeconds: 0, json: true });
  });

  it("looks at this computer for what serve would be given", () => {
    const { wanted } = serve(
      "serve images --address eth1 --servers tftp --high-ports --ftp-passive-ports 50000-50100 --plan my.json",
    );
    const line =
      "doctor images --address eth1 --servers tftp --high-ports --ftp-passive-ports 50000-50100 --plan my.json --json";
    assert.deepEqual(parse(line), { command: "doctor", wanted, json: true });
  });

  it("takes high ports, and a port of its own before them", () => {
    assert.deepEqual(serve("serve --high-ports --tftp-port 7000").wanted.ports, {
      bootp: 6767,
      tftp: 7000,
      ftp: 2121,
    });
  });

  it("verifies servers of its own on free ports, a target on the standard ones", () => {
    assert.deepEqual(verify("verify").ports, { bootp: 0, tftp: 0, ftp: 0 });
    assert.deepEqual(verify("verify --target switch-1.lan").ports, { bootp: 67, tftp: 69, ftp: 21 });
  });

  it("takes every flag of a board", () => {
    const line =
      "verify drop --target 10.0.0.1 --address eth0 --plan p.json --bootp relay --mac 5254.0012.3456 " +
      "--option 60=PXEClient --option 93=0x0007 --also-serve build --json";
    assert.deepEqual(verify(line), {
      command: "verify",
      folder: resolve("drop"),
      target: "10.0.0.1",
      ports: { bootp: 67, tftp: 69, ftp: 21 },
      address: "eth0",
      planFile: resolve("p.json"),
      alsoServe: [resolve("build")],
      bootp: "relay",
      mac: "52:54:00:12:34:56",
      options: new Map([
        [60, new TextEncoder().encode("PXEClient")],
        [93, new Uint8Array([0, 7])],
      ]),
      json: true,
    });
  });

  it("takes the FTP password from the environment only, and then logs in as boot", () => {
    const { ftpUser, ftpPassword } = verify("verify", { BOOT_SERVERS_FTP_PASSWORD: "secret" });
    assert.deepEqual({ ftpUser, ftpPassword }, { ftpUser: "boot", ftpPassword: "secret" });
    assert.equal(verify("verify", { BOOT_SERVERS_FTP_PASSWORD: "" }).ftpUser, undefined);
    assert.match(wrong("serve --ftp-password secret"), /no flag --ftp-password/);
  });

  it("fetches into a folder", () => {
    const parsed = parse("fetch 192.168.7.2 --into out --client bench-1");
    assert.equal(parsed.command, "fetch");
    assert.equal(parsed.into, resolve("out"));
    assert.equal(parsed.client, "bench-1");
    const planned = parse("fetch 192.168.7.2 --into out --bootp skip --plan drop.json");
    assert.ok(planned.command === "fetch" && planned.bootp === "skip");
    assert.match(wrong("fetch --into out"), /needs a host/);
    assert.match(wrong("fetch 192.168.7.2"), /--into DIR/);
  });

  for (const [line, sentence] of [
    ["", /A command is missing/],
    ["images", /no command "images"\. There are serve, verify, fetch and doctor\.$/],
    ["vefiry", /no command "vefiry"\. Did you mean verify\?/],
    ["serve --tftp-prt 69", /no flag --tftp-prt\. Did you mean --tftp-port\?/],
    ["serve --port 69", /no flag --port\. Did you mean --bootp-port or --tftp-port or --ftp-port\?$/],
    ["serve --interface eth1", /no flag --interface\. Did you mean --address\?$/],
    ["serve --zzz", /no flag --zzz\.$/],
    ["serve a b", /does not know what to do with "b"/],
    ["serve --tftp-port 65536", /--tftp-port 65536: a number from 0 to 65535/],
    ["serve --tftp-port -1", /--tftp-port needs a value/],
    ["serve --tftp-port=-1", /a number from 0 to 65535/],
    ["serve --plan", /--plan needs a value: --plan FILE/],
    ["serve --plan --json", /--plan needs a value/],
    ["serve --json=yes", /--json takes no value/],
    ["serve --servers bootp,tfpt", /one of bootp, tftp, ftp/],
    ["serve --address 192.168.7.256", /an IP address or the name of an interface/],
    ["serve --address 1.2.3", /an IP address or the name of an interface/],
    ["serve --allow 10.0.0.0/33", /is not a network/],
    ["serve --allow everybody", /is not a network/],
    ["serve --limit tftpTransfer=3", /no limit "tftpTransfer"; did you mean tftpTransfers\?$/],
    ["serve --limit tftpTransfers=0", /a number from 1 to 4096/],
    ["serve --limit tftpTransfers", /written NAME=VALUE/],
    ["serve --limit constructor=1", /no limit "constructor"/],
    ["serve --ftp-passive-ports 21-30", /two ports from 1024 on are wanted, such as 50000-50100/],
    ["serve --also-serve=", /--also-serve : it is empty/],
    ["serve --linger 5m", /a number of seconds from 0/],
    ["serve --uploads yes", /one of deny, new, keep, overwrite/],
    ["serve --target 10.0.0.1", /--target is a flag of verify, not of serve/],
    ["verify --uploads new", /--uploads is a flag of serve, not of verify/],
    ["verify --mac 52:54:00:12:34", /the MAC of one board is wanted, such as/],
    ["verify --mac ff:ff:ff:ff:ff:ff", /the MAC of one board/],
    ["verify --client a --mac 52:54:00:12:34:56", /exclude each other/],
    ["verify --address 10.0.0.1 --address 10.0.0.2", /one --address only/],
    ["verify --target 10.0.0.1 --ftp-port 0", /from 1 to 65535/],
    ["verify --target http://x", /is no host/],
    ["verify --target -x", /needs a value/],
    ["verify --option 60", /written CODE=VALUE/],
    ["verify --option 53=1", /written by the board itself/],
    ["verify --option 256=x", /a number from 1 to 254/],
    ["verify --option 60=0x123", /pairs of hex digits/],
    [`verify --option 60=${"x".repeat(256)}`, /255 bytes at most/],
    ["verify --address 10.0.0.1", /--address is for a --target/],
    ["verify --bootp broadcast", /--bootp broadcast needs a --target/],
    ["verify --target 10.0.0.1 --option 61=x", /verify writes option 61 itself/],
    ["verify --bootp maybe", /one of auto, broadcast, relay, skip/],
    ["serve --answer nobody", /one of listed, boards, everyone, proxy/],
    ["serve --stdio --json", /--stdio and --json exclude each other/],
    ["serve --stdio --address 127.0.0.1", /--stdio and --address exclude each other/],
    ["serve --stdio images", /serve --stdio does not know what to do with "images"/],
    ["verify --stdio", /--stdio is a flag of serve, not of verify/],
    ["fetch 10.0.0.1 --into x --bootp skip", /needs --plan FILE/],
    ["fetch 10.0.0.1 --into x --junit out.xml", /--junit is a flag of verify, not of fetch/],
    ["doctor one two", /doctor does not know what to do with "two"/],
    ["doctor --uploads keep", /--uploads is a flag of serve, not of doctor/],
    ["help nothing", /no command "nothing"/],
  ] as const) {
    it(`is wrong use: "${line.slice(0, 60)}"`, () => {
      assert.match(wrong(line), sentence);
    });
  }

  it("helps: with the program, with each command, and with every flag of it", () => {
    for (const line of ["help", "--help", "-h"]) assert.equal(parse(line).command, "help", line);
    for (const command of ["serve", "verify", "fetch", "doctor"] as const) {
      for (const line of [`help ${command}`, `${command} --help`, `${command} --bogus -h`]) {
        const parsed = parse(line);
        assert.equal(parsed.command, "help", line);
        for (const [name, flag] of flagList) {
          const shown = flag.commands.includes(command);
          assert.equal(new RegExp(`^ {2}--${name}( |$)`, "m").test(parsed.text), shown, `${line}: --${name}`);
        }
      }
    }
    for (const [command, repeated] of [
      ["serve", ["address", "allow", "limit", "fault", "also-serve"]],
      ["verify", ["also-serve", "option"]],
      ["fetch", ["option"]],
      ["doctor", ["address"]],
    ] as const) {
      const parsed = parse(`help ${command}`);
      assert.equal(parsed.command, "help");
      const flagTexts = parsed.text.split("\n  --").filter((text) => /\(may\s+be\s+repeated\)/.test(text));
      assert.deepEqual(
        flagTexts.map((text) => text.split(" ")[0]),
        repeated,
      );
    }
    const limits = parse("help serve");
    assert.equal(limits.command, "help");
    for (const name of Object.keys(limitDefinitions)) assert.ok(limits.text.includes(name), name);
  });

  it("says after wrong use where its flags are told", () => {
    for (const [line, help] of [
      ["", "boot-servers help"],
      ["srve --json", "boot-servers help"],
      ["serve --adress eth0", "boot-servers help serve"],
      ["fetch", "boot-servers help fetch"],
    ] as const) {
      const parsed = parse(line);
      assert.ok(parsed.command === "usage" && parsed.help === help, line);
    }
    assert.deepEqual(parse("help help"), parse("help"));
  });

  it("helps on a terminal of 80 columns", () => {
    for (const line of ["help", "help serve", "help verify", "help fetch", "help doctor"]) {
      const parsed = parse(line);
      assert.equal(parsed.command, "help");
      for (const textLine of parsed.text.split("\n")) assert.ok(textLine.length <= 80, textLine);
    }
  });

  it("says its version", () => {
    assert.deepEqual(parse("--version"), { command: "version" });
  });
});
