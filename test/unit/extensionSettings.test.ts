import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mayRestart } from "../../src/extension/process/child";
import { commandFor } from "../../src/extension/process/command";
import { folderSettings, limitNames, readSettings, verifySettings } from "../../src/extension/config";
import { describeTrouble } from "../../src/extension/views/item";
import { commandIds, contextKeys, viewIds } from "../../src/extension/ids";
import { logLines } from "../../src/model/bootLog";
import { defaultWanted, limitDefinitions, limitSetting } from "../../src/model/settings";

interface Setting {
  readonly scope: string;
  readonly default: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
}

interface Menu {
  readonly command?: string;
  readonly when?: string;
}

const text = readFileSync("package.json", "utf8");
const manifest = JSON.parse(text) as {
  contributes: {
    commands: { command: string; category: string; enablement?: string }[];
    configuration: { properties: Record<string, Setting> };
    views: Record<string, { id: string }[]>;
    viewsWelcome: { contents: string; when: string }[];
    menus: Record<string, Menu[]>;
  };
  capabilities: { untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] } };
};
const { commands, configuration, views, menus, viewsWelcome } = manifest.contributes;
const settings = configuration.properties;

const read =
  (values: Readonly<Record<string, unknown>>) =>
  (name: string): unknown =>
    values[name];

describe("the settings (DESIGN §5)", () => {
  it("nobody has set: loopback, read only, boards, on the standard ports", () => {
    const { wanted, command, logLines: lines, problems } = readSettings(read({}), "/drop");
    assert.equal(lines, logLines.default);
    assert.deepEqual(wanted, { ...defaultWanted, folder: "/drop" });
    assert.deepEqual([command, problems], [{ launch: [], node: "" }, []]);
  });

  it("that package.json has as defaults are the same as nobody setting any", () => {
    const defaults = Object.fromEntries(
      Object.entries(settings).map(([name, setting]) => [name.replace("bootServers.", ""), setting.default]),
    );
    assert.deepEqual(readSettings(read(defaults), "/drop"), readSettings(read({}), "/drop"));
  });

  it("all have their place in what is wanted", () => {
    const limits = Object.fromEntries(limitNames.map((name) => [name, limitDefinitions[name].max]));
    const values = {
      address: ["Ethernet 2", "192.168.7.1"],
      servers: ["ftp", "bootp"],
      "bootp.port": 0,
      "tftp.port": 6969,
      "ftp.port": 2121,
      "ftp.passivePorts": "50000-50100",
      "bootp.answer": "listed",
      allow: ["10.0.0.0/8"],
      uploads: "keep",
      alsoServe: ["/srv/images"],
      launch: ["sudo", "-n"],
      node: "/usr/bin/node",
      ...Object.fromEntries(limitNames.map((name) => [limitSetting(name), limitDefinitions[name].max])),
      "limits.logLines": 5000,
    };
    const { wanted, command, logLines: lines, problems } = readSettings(read(values), "/drop", "secret");
    assert.equal(lines, 5000);
    assert.deepEqual(wanted, {
      ...defaultWanted,
      folder: "/drop",
      addresses: ["Ethernet 2", "192.168.7.1"],
      servers: ["bootp", "ftp"],
      ports: { bootp: 0, tftp: 6969, ftp: 2121 },
      ftpPassivePorts: [50000, 50100],
      answer: "listed",
      allow: ["10.0.0.0/8"],
      uploads: "keep",
      alsoServe: ["/srv/images"],
      ftpPassword: "secret",
      limits,
    });
    assert.deepEqual([command, problems], [{ launch: ["sudo", "-n"], node: "/usr/bin/node" }, []]);
    assert.deepEqual(
      Object.keys(settings).sort(),
      [...Object.keys(values), ...verifySettings].map((name) => `bootServers.${name}`).sort(),
      "package.json has these, and no other",
    );
  });

  for (const [name, value] of [
    ["address", "127.0.0.1"],
    ["address", []],
    ["address", ["192.168.7.256"]],
    ["address", ["eth1 "]],
    ["address", ["eth1\neth2"]],
    ["tftp.port", 65536],
    ["tftp.port", "69"],
    ["tftp.port", 6.9],
    ["ftp.passivePorts", "50100-50000"],
    ["ftp.passivePorts", "21-30"],
    ["ftp.passivePorts", 5000],
    ["uploads", true],
    ["alsoServe", ["build"]],
    ["tftp.maxBlksize", 7],
    ["limits.logLines", 10_001],
    ["node", null],
  ] as const) {
    it(`${name} ${JSON.stringify(value)} is as if nobody had set it, and that is said`, () => {
      const { problems, ...rest } = readSettings(read({ [name]: value }), "/drop");
      const { problems: none, ...usual } = readSettings(read({}), "/drop");
      assert.deepEqual(rest, usual);
      assert.deepEqual(none, []);
      assert.deepEqual(problems, [
        `The setting bootServers.${name} is ${JSON.stringify(value)}, which it cannot be.`,
      ]);
    });
  }
});

describe("a setting that narrows what is served and cannot be read (DESIGN §6)", () => {
  for (const [name, value, form] of [
    ["allow", "10.0.0.0/8", 'a list of networks such as ["192.168.7.0/24"]'],
    ["allow", [10], 'a list of networks such as ["192.168.7.0/24"]'],
    ["allow", null, 'a list of networks such as ["192.168.7.0/24"]'],
    ["servers", "tftp", 'a list of some of "bootp", "tftp", "ftp"'],
    ["servers", [], 'a list of some of "bootp", "tftp", "ftp"'],
    ["servers", ["http"], 'a list of some of "bootp", "tftp", "ftp"'],
    ["bootp.answer", "Listed", 'one of "listed", "boards", "everyone", "proxy"'],
    ["uploadLimit", "10 MiB", "a whole number from 0 to 9007199254740991"],
    ["limits.ftpSessions", 0, "a whole number from 1 to 4096"],
    ["limits.perAddress", "2", "a whole number from 1 to 4096"],
    ["launch", "ip netns exec bench", 'a list of words such as ["sudo", "-n"]'],
  ] as const) {
    it(`is not left out, and nothing starts: ${name} ${JSON.stringify(value)}`, () => {
      const { problems, refused } = readSettings(read({ [name]: value }), "/drop");
      assert.deepEqual(problems, []);
      assert.equal(
        describeTrouble(refused!),
        `The setting bootServers.${name} is ${JSON.stringify(value)}, and has to be ${form}. Correct it in the ` +
          "user settings, or remove it there: it narrows what is served, so it is not left out.",
      );
    });
  }

  it("is named with the others", () => {
    const { refused } = readSettings(read({ allow: {}, "limits.sightings": -1, uploads: "yes" }), "/drop");
    assert.match(
      refused?.message ?? "",
      /bootServers\.limits\.sightings is -1.*; the setting bootServers\.allow is {}/,
    );
    assert.doesNotMatch(refused?.message ?? "", /uploads/);
  });

  it("may be any that opens nothing where it is left out", () => {
    const values = { address: "eth1", uploads: true, alsoServe: "/srv", "tftp.giveUpSeconds": "9" };
    const { wanted, refused } = readSettings(read(values), "/drop");
    assert.deepEqual([wanted, refused], [{ ...defaultWanted, folder: "/drop" }, undefined]);
  });
});

describe("package.json", () => {
  it("gives every setting to the machine but those that open nothing", () => {
    for (const [name, { scope }] of Object.entries(settings)) {
      const own = [...folderSettings, ...verifySettings].includes(name.replace("bootServers.", ""));
      assert.equal(scope, own ? "resource" : "machine", name);
    }
    const { supported, restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    assert.equal(supported, "limited");
    assert.deepEqual(restrictedConfigurations.sort(), Object.keys(settings).sort());
  });

  it("gives each limit its bounds", () => {
    const limits = [
      ...limitNames.map((name) => ({ name: limitSetting(name), ...limitDefinitions[name] })),
      { name: "limits.logLines", ...logLines },
    ];
    for (const { name, min, max, default: usual } of limits) {
      const setting = settings[`bootServers.${name}`];
      assert.deepEqual([setting?.minimum, setting?.maximum, setting?.default], [min, max, usual], name);
    }
  });

  it("has the commands of the code, all in one category", () => {
    assert.deepEqual(commands.map(({ command }) => command).sort(), Object.values(commandIds).sort());
    for (const { category } of commands) assert.equal(category, "%category%");
  });

  it("has the views of the code", () => {
    assert.deepEqual(views["bootServers"]?.map(({ id }) => id).sort(), Object.values(viewIds).sort());
  });

  it("asks for no context key that the code does not set, and for no command that there is not", () => {
    const known: readonly string[] = [...Object.values(contextKeys), ...Object.values(viewIds)];
    const clauses = [
      ...commands.flatMap(({ enablement }) => enablement ?? []),
      ...Object.values(menus).flatMap((menu) => menu.flatMap(({ when }) => when ?? [])),
      ...viewsWelcome.map(({ when }) => when),
    ];
    for (const key of clauses.join(" ").match(/bootServers\.\w+/g) ?? []) assert.ok(known.includes(key), key);
    for (const { command } of Object.values(menus).flat()) {
      assert.ok(Object.values<string | undefined>(commandIds).includes(command), command);
    }
  });

  it("says when in operators that VS Code knows: it shows an item everywhere whose condition it cannot read", () => {
    const conditions = Object.values(menus).flatMap((menu) => menu.flatMap(({ when }) => when ?? []));
    assert.deepEqual(
      conditions.filter((when) => when.includes("!~")),
      [],
    );
  });

  it("hides from the palette what makes sense on a row only", () => {
    const hidden = menus["commandPalette"]
      ?.filter(({ when }) => when === "false")
      .map(({ command }) => command)
      .sort();
    const { answerThisBoard, copyAddress, copyCommand, copyCrc32, copyName, copySha256 } = commandIds;
    const { allowThisNetwork, restartSequence, revealFile, serveFileAs, showMenu } = commandIds;
    const copies = [
      copyAddress,
      copyCommand,
      copyCrc32,
      copyName,
      commandIds.copyNextServerLines,
      copySha256,
    ];
    assert.deepEqual(
      hidden,
      [
        ...copies,
        allowThisNetwork,
        answerThisBoard,
        restartSequence,
        revealFile,
        commandIds.savePackets,
        serveFileAs,
        showMenu,
      ].sort(),
    );
  });

  it("has every text that it names in package.nls.json, and no other is there", () => {
    const texts = JSON.parse(readFileSync("package.nls.json", "utf8")) as Record<string, string>;
    const named = new Set([...text.matchAll(/"%([^"%]+)%"/g)].map(([, key]) => key ?? ""));
    assert.deepEqual(Object.keys(texts).sort(), [...named].sort());
    for (const [key, value] of Object.entries(texts)) assert.notEqual(value.trim(), "", key);
  });
});

describe("the command that starts the servers' process (DESIGN §4)", () => {
  const args = ["/ext/dist/cli.js", "serve", "--stdio"];
  const env = { ELECTRON_RUN_AS_NODE: "1" };
  const editor = { execPath: "/opt/code", isRoot: false };

  it("is the editor's own binary as Node", () => {
    assert.deepEqual(commandFor({ launch: [], node: "" }, editor, "/ext/dist/cli.js"), {
      file: "/opt/code",
      args,
      env,
    });
  });

  it("may serve as root where the editor runs as root, behind a wrapper too", () => {
    const root = { ...editor, isRoot: true };
    const argsWith = (...launch: string[]): readonly string[] =>
      commandFor({ launch, node: "/usr/bin/node" }, root, "/ext/dist/cli.js").args;
    assert.deepEqual(argsWith(), [...args, "--as-root"]);
    assert.deepEqual(argsWith("ip", "netns", "exec", "bench").slice(3), [
      "/usr/bin/node",
      ...args,
      "--as-root",
    ]);
  });

  it("never starts the editor itself behind a wrapper that resets the environment", () => {
    assert.deepEqual(commandFor({ launch: ["sudo", "-n"], node: "" }, editor, "/ext/dist/cli.js"), {
      file: "sudo",
      args: ["-n", "env", "ELECTRON_RUN_AS_NODE=1", "/opt/code", ...args],
      env,
    });
  });

  it("is a Node of the user's behind the wrapper where one is named", () => {
    const settings = { launch: ["setpriv", "--ambient-caps=+net_bind_service"], node: "/usr/bin/node" };
    assert.deepEqual(commandFor(settings, editor, "/ext/dist/cli.js"), {
      file: "setpriv",
      args: ["--ambient-caps=+net_bind_service", "/usr/bin/node", ...args],
      env,
    });
  });

  it("is not given again after four ends within three minutes", () => {
    const minute = 60_000;
    assert.equal(mayRestart([0]), true);
    assert.equal(mayRestart([0, 1, 2]), true);
    assert.equal(mayRestart([0, 1, 2, 3]), false);
    assert.equal(mayRestart([0, minute, 2 * minute, 3 * minute]), false);
    assert.equal(mayRestart([0, minute, 2 * minute, 3 * minute + 1]), true);
  });
});
