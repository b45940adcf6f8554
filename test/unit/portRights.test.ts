import assert from "node:assert/strict";
import { bindError } from "../../src/engine/portHolder";
import { permissionAdvice } from "../../src/engine/portRights";

const user = {
  platform: "linux",
  uid: 1000,
  command: ["/usr/bin/node", "/opt/boot servers/cli.js", "serve", "it's", "--address", "eth1"],
  environment: {},
} as const;

const lines = (surroundings: Partial<Parameters<typeof permissionAdvice>[2]>, port = 69): string[] =>
  permissionAdvice("udp", port, { ...user, ...surroundings }).fixes.map(({ line }) => line);

describe("a port that needs rights", () => {
  it("offers on Linux this command through sudo first, then the low ports for everybody", () => {
    const { fixes } = permissionAdvice("udp", 67, user);
    assert.deepEqual(fixes, [
      {
        what: "starts this command as root; it goes on as you at once, with the one right to low ports",
        line: "sudo /usr/bin/node '/opt/boot servers/cli.js' serve 'it'\\''s' --address eth1",
      },
      {
        what: "lets every program of every user of this computer listen on ports from 21 on, now and after each boot",
        line:
          "echo net.ipv4.ip_unprivileged_port_start=21 | sudo tee /etc/sysctl.d/50-boot-servers.conf" +
          " && sudo sysctl -p /etc/sysctl.d/50-boot-servers.conf",
      },
    ]);
  });

  it("offers one line for the three servers, and a lower port what it needs", () => {
    assert.equal(new Set([67, 69, 21].map((port) => lines({}, port).at(-1))).size, 1);
    assert.match(lines({}, 20).at(-1) ?? "", /port_start=20 /);
  });

  it("keeps the password through sudo, and never writes it", () => {
    const [line = ""] = lines({ environment: { BOOT_SERVERS_FTP_PASSWORD: "secret" } });
    assert.match(line, /^sudo --preserve-env=BOOT_SERVERS_FTP_PASSWORD \/usr\/bin\/node /);
    assert.doesNotMatch(line, /secret/);
  });

  it("offers no command that a program has started, and none with sudo to root without the right", () => {
    assert.equal(lines({ command: ["node", "cli.js", "serve", "--stdio"] }).length, 1);
    assert.equal(lines({ uid: 0 }).length, 1);
  });

  it("offers no line that does more than it shows", () => {
    assert.equal(lines({ command: ["node", "cli.js", "serve", "a\u001b[2Kb"] }).length, 1);
  });

  it("offers other ports for TFTP and FTP, and never for BOOTP: boards ask on port 67 only", () => {
    for (const platform of ["linux", "darwin", "win32", "freebsd"] as const) {
      const remedies = [67, 68, 69, 21].map(
        (port) => permissionAdvice("udp", port, { ...user, platform }).remedy,
      );
      assert.deepEqual(
        remedies.map((remedy) => remedy.includes("--high-ports")),
        [false, false, true, true],
      );
      assert.match(remedies[0] ?? "", /port 67 only/);
    }
  });

  it("names the setting of a high port to who has typed no flags", () => {
    const stdio = { ...user, command: ["node", "cli.js", "serve", "--stdio"] };
    assert.match(permissionAdvice("udp", 69, stdio).remedy, /, or choose .*bootServers\.tftp\.port\.$/);
    assert.match(permissionAdvice("tcp", 21, stdio).remedy, /, or choose .*bootServers\.ftp\.port\.$/);
  });

  it("on a Mac is had by root alone: TFTP and FTP listen on each address, also where every interface is served", () => {
    const { remedy } = permissionAdvice("udp", 69, { ...user, platform: "darwin" });
    assert.match(remedy, /sudo/);
    assert.doesNotMatch(remedy, /0\.0\.0\.0/);
    assert.match(lines({ platform: "darwin" }).join(), /^sudo \/usr\/bin\/node /);
  });

  it("on Windows is one that is spoken for: no rights are wanted there", () => {
    assert.deepEqual(lines({ platform: "win32" }), ["netsh interface ipv4 show excludedportrange udp"]);
  });
});

describe("a port that is taken", () => {
  const remedy = (transport: "tcp" | "udp", port: number): string => {
    const taken = Object.assign(new Error(), { code: "EADDRINUSE" });
    return bindError(transport, { address: "127.0.0.1", port }, taken).remedy ?? "";
  };

  it("says which flag and which setting choose another one", () => {
    assert.match(
      remedy("tcp", 21),
      /, or choose another port: --ftp-port N, setting bootServers\.ftp\.port\.$/,
    );
    assert.match(remedy("tcp", 4444), /: --ftp-port N, setting bootServers\.ftp\.port\.$/);
    assert.match(remedy("udp", 6969), /: --tftp-port N, setting bootServers\.tftp\.port\.$/);
  });

  it("names none where it may be of either server, and no other port for BOOTP", () => {
    assert.match(remedy("udp", 7000), /, or choose another port\.$/);
    assert.doesNotMatch(remedy("udp", 67), /another/);
  });
});
