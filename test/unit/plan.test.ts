import assert from "node:assert/strict";
import { emptyPlan, type Plan } from "../../src/model/plan";
import { mergePlans, parsePlan } from "../../src/model/planParser";

const file = ".vscode/boot-plan.json";

/** The plan of a text that must have no problem, not even a warning. */
function planOf(text: string): Plan {
  const { plan, problems } = parsePlan(text, file);
  assert.deepEqual(problems, []);
  assert.ok(plan !== undefined);
  return plan;
}

/** "line:column severity message" of each problem. */
function told(text: string): string[] {
  return parsePlan(text, file).problems.map(
    ({ severity, line, column, message }) => `${line}:${column} ${severity} ${message}`,
  );
}

/**
 * Expects exactly these problems. `^` in the text marks the place of each of them in order and is taken out;
 * an error leaves no plan, a warning does.
 */
function expectProblems(marked: string, ...expected: (readonly ["error" | "warning", RegExp])[]): void {
  const places: string[] = [];
  let [text, line, column] = ["", 1, 1];
  for (const character of marked) {
    if (character === "^") places.push(`${line}:${column}`);
    else {
      text += character;
      [line, column] = character === "\n" ? [line + 1, 1] : [line, column + 1];
    }
  }
  const { plan, problems } = parsePlan(text, file);
  const found = problems.map((problem) => `${problem.line}:${problem.column} ${problem.severity}`);
  const wanted = expected.map(([severity], index) => `${places[index] ?? "no mark"} ${severity}`);
  assert.deepEqual(found, wanted, problems.map(({ message }) => message).join("\n"));
  expected.forEach(([, message], index) => {
    assert.match(problems[index]!.message, message);
    assert.equal(problems[index]!.file, file);
  });
  assert.equal(
    plan === undefined,
    expected.some(([severity]) => severity === "error"),
  );
}

/** Expects an error with this message at each mark. */
const one = (marked: string, message: RegExp): void => {
  expectProblems(marked, ...Array.from(marked.matchAll(/\^/g), () => ["error", message] as const));
};

describe("the plan (DESIGN §2.4)", () => {
  it("the plan of DESIGN §2.4 is read whole, comments and all", () => {
    const text = `{
      "root": "images",                              // served root
      "boot": ["u-boot.bin", "copy-files4.rc"],      /* a sequence */
      "tftp": ["Image", "board.dtb"],
      "manifest": "copy-files4.rc",
      "ftp": ["etsw.b3"],
      "aliases": { "pxelinux.0": "u-boot.bin" },
      "server": "192.168.7.2",
      "clients": [{ "name": "bench-1", "mac": "52:54:00:12:34:56", "address": "192.168.7.10", "boot": "bench1.bin" }],
      "pool": "192.168.7.100-192.168.7.150",
      "answer": "boards",
      "silentSeconds": 10, "restartSeconds": 300
    }`;
    assert.deepEqual(planOf(text), {
      root: "images",
      boot: ["u-boot.bin", "copy-files4.rc"],
      tftp: ["Image", "board.dtb"],
      manifest: "copy-files4.rc",
      ftp: ["etsw.b3"],
      aliases: { "pxelinux.0": "u-boot.bin" },
      server: "192.168.7.2",
      clients: [{ name: "bench-1", mac: "52:54:00:12:34:56", address: "192.168.7.10", boot: "bench1.bin" }],
      pool: [{ first: "192.168.7.100", last: "192.168.7.150" }],
      answer: "boards",
      silentSeconds: 10,
      restartSeconds: 300,
    });
  });

  it("an empty object is the plan with every default", () => {
    assert.deepEqual(planOf("{}"), emptyPlan);
  });

  it("a byte order mark, CRLF and trailing commas are read", () => {
    assert.deepEqual(planOf('\ufeff{\r\n"tftp": ["a", "b",],\r\n}\r\n').tftp, ["a", "b"]);
  });

  it("a place after a byte order mark and CRLF is the one that an editor shows", () => {
    assert.deepEqual(told('\ufeff{\r\n  "tftp": 1\r\n}'), [
      '2:11 error "tftp" must be a list of files in the served root, not a number',
    ]);
    assert.match(told('\ufeff{ "x": 1 }')[0]!, /^1:3 /);
  });

  it("names are normalised as TFTP and FTP read them: \\ and // and a leading / (DESIGN §2.1)", () => {
    const plan = planOf(
      String.raw`{ "boot": "/u-boot.bin", "tftp": ["a\\b.bin", "c//d", "./e"], "aliases": { "\\boot\\x": "/y" } }`,
    );
    assert.equal(plan.boot, "u-boot.bin");
    assert.deepEqual(plan.tftp, ["a/b.bin", "c/d", "e"]);
    assert.deepEqual(plan.aliases, { "boot/x": "y" });
  });

  it("the three ways to write a MAC are one", () => {
    for (const mac of ["52:54:00:AB:cd:56", "52-54-00-ab-CD-56", "5254.00ab.cd56"]) {
      assert.equal(planOf(`{ "clients": [{ "mac": "${mac}" }] }`).clients[0]!.mac, "52:54:00:ab:cd:56");
    }
  });

  it("a string in boot stays a string, and a list of one a sequence of one", () => {
    assert.equal(planOf('{ "boot": "a" }').boot, "a");
    assert.deepEqual(planOf('{ "boot": ["a"] }').boot, ["a"]);
  });

  it("a pool is a range or a list of them, one for each network", () => {
    assert.deepEqual(planOf('{ "pool": ["10.0.0.5 - 10.0.0.5", "10.0.1.1-10.0.1.9"] }').pool, [
      { first: "10.0.0.5", last: "10.0.0.5" },
      { first: "10.0.1.1", last: "10.0.1.9" },
    ]);
  });

  it("the root may be a dot folder, and is written in one way (DESIGN §6)", () => {
    const roots = {
      ".pio/build/x": ".pio/build/x",
      "./images/": "images",
      ".": ".",
      "./": ".",
      "a\\\\b": "a/b",
    };
    for (const [written, root] of Object.entries(roots)) {
      assert.equal(planOf(`{ "root": "${written}" }`).root, root, written);
    }
  });

  it("a dot file and a key that the plan names are served (DESIGN §6)", () => {
    assert.deepEqual(planOf('{ "tftp": [".config", "keys/board.pem"] }').tftp, [".config", "keys/board.pem"]);
  });

  it("an alias by the name of a member of every object is an alias like others", () => {
    const { aliases } = planOf('{ "aliases": { "__proto__": "a", "constructor": "b" } }');
    assert.deepEqual(Object.entries(aliases), [
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
  });
});

describe("a problem in the plan has a line, a column and a sentence (DESIGN §2.4)", () => {
  const cases: Record<string, readonly [string, RegExp]> = {
    "a file that is empty": ["^", /a value is missing/],
    "a plan that is a list": ["^[]", /a plan is one object/],
    "a comma that is missing": ['{ "root": "a" ^"ftp": [] }', /a comma is missing/],
    "a brace that is missing": ['{ "root": "a"^', /closing } is missing/],
    "a text without its end": ['{ "root": ^"a\n}', /does not end/],
    "a comment without its end": ["{} ^/*", /comment does not end/],
    "something behind the end": ["{} ^{}", /remove what follows/],
    "a key that stands twice": ['{ "root": "a",\n  ^"root": "b" }', /stands twice, first in line 1/],
    "a key with a typing error": ['{ ^"silentSecond": 10 }', /did you mean "silentSeconds"\?/],
    "a key in another case": ['{ ^"Boot": "a" }', /did you mean "boot"\?/],
    "a key that nobody knows": ['{ ^"zzzzzzzz": 1 }', /unknown key "zzzzzzzz"; known are .*boot, tftp/],
    "a key of a client that nobody knows": [
      '{ "clients": [{ "mac": "5254.0012.3456", ^"adress": "" }] }',
      /"address"/,
    ],
    "a value of another kind": ['{ "tftp": ^"a" }', /"tftp" must be a list of files .*, not a text/],
    "a value that is null": ['{ "root": ^null }', /not null/],
    "an item of another kind": ['{ "tftp": ["a",\n  ^1] }', /"tftp\[1\]" must be a file/],
    "an empty name": ['{ "manifest": ^"" }', /is empty/],
    "an empty boot": ['{ "boot": ^"" }', /"boot" is empty/],
    "an empty sequence": ['{ "boot": ^[] }', /empty list/],
    "a sequence that is too long": [`{ "boot": ^[${Array(65).fill('"a"').join()}] }`, /65 files; 64 at most/],
    "a boot file that BOOTP cannot carry (RFC 951 §3)": [`{ "boot": ^"${"é".repeat(64)}" }`, /127 bytes/],
    "a name that leaves the root": ['{ "boot": ^"../x" }', /"boot": the name leaves a folder by \.\./],
    "a name with a drive": ['{ "tftp": [^"C:\\\\x"] }', /"tftp\[0\]".*drive/],
    "a device of Windows": ['{ "ftp": [^"con.bin"] }', /device/],
    "a folder for a file": ['{ "ftp": [^"images/"] }', /names a folder/],
    "a file under .vscode": ['{ "tftp": [^".vscode/settings.json"] }', /nothing under .git and .vscode/],
    "a file under .git": ['{ "aliases": { "x": ^"a/.GIT/config" } }', /nothing under .git and .vscode/],
    "an alias that leaves the root": ['{ "aliases": { ^"a/../../b": "x" } }', /leaves a folder/],
    "two aliases that are one name": ['{ "aliases": { "a/b": "x", ^"a//b": "y" } }', /same name/],
    "an alias twice": ['{ "aliases": { "a": "x", ^"a": "y" } }', /"a" stands twice in "aliases"/],
    "an alias to itself": ['{ "aliases": { "a": ^"a" } }', /leads to itself/],
    "an alias to an alias": ['{ "aliases": { "a": ^"b", "b": "c" } }', /followed once; write "c"/],
    "an absolute root": ['{ "root": ^"/srv/tftp" }', /inside the workspace folder/],
    "a root above": ['{ "root": ^"a/../.." }', /inside the workspace folder/],
    "a root at home": ['{ "root": ^"~/x" }', /inside the workspace folder/],
    "a root with a drive": ['{ "root": ^"d:\\\\x" }', /inside the workspace folder/],
    "a root from the environment": ['{ "root": ^"${env:HOME}" }', /inside the workspace folder/],
    "a root under .git": ['{ "root": ^".git" }', /nothing under .git/],
    "an empty root": ['{ "root": ^"" }', /is empty/],
    "a server that is a name": ['{ "server": ^"bench.local" }', /no IPv4 address/],
    "a server that is nobody (siaddr is never 0.0.0.0)": [
      '{ "server": ^"0.0.0.0" }',
      /cannot be the address/,
    ],
    "an address with octal digits": ['{ "server": ^"192.168.007.2" }', /write 192\.168\.7\.2/],
    "an address that is a group": [
      '{ "clients": [{ "mac": "5254.0012.3456", "address": ^"224.0.0.1" }] }',
      /one host/,
    ],
    "an address beyond 255": ['{ "server": ^"192.168.7.256" }', /no IPv4 address/],
    "a pool of one address": ['{ "pool": ^"10.0.0.1" }', /first and the last/],
    "a pool that ends before it begins": [
      '{ "pool": [^"10.0.0.9-10.0.0.1"] }',
      /write 10\.0\.0\.1-10\.0\.0\.9/,
    ],
    "a pool that is larger than any bench": ['{ "pool": ^"10.0.0.0-10.255.0.0" }', /65536 at most/],
    "pools of which one holds another two": [
      '{ "pool": ["10.0.0.1-10.0.0.99", "10.0.0.100-10.0.0.101", ^"10.0.0.2-10.0.0.3", ^"10.0.0.50-10.0.0.60"] }',
      /10\.0\.0\.1-10\.0\.0\.99 and .* overlap/,
    ],
    "pools that overlap": ['{ "pool": ["10.0.0.1-10.0.0.9", ^"10.0.0.9-10.0.0.20"] }', /overlap/],
    "a pool with the server in it": [
      '{ "server": "10.0.0.5", "pool": ^"10.0.0.1-10.0.0.9" }',
      /the pool holds 10\.0\.0\.5/,
    ],
    "a client that is no object": ['{ "clients": [^"5254.0012.3456"] }', /"clients\[0\]" must be an object/],
    "a client without a MAC": ['{ "clients": [^{ "name": "x" }] }', /has no "mac"/],
    "a MAC that is none": ['{ "clients": [{ "mac": ^"52:54:00:12:34" }] }', /is no MAC/],
    "a MAC of mixed forms": ['{ "clients": [{ "mac": ^"52:54-00:12:34:56" }] }', /is no MAC/],
    "a MAC of a group": ['{ "clients": [{ "mac": ^"ff:ff:ff:ff:ff:ff" }] }', /one board/],
    "a MAC of zeros": ['{ "clients": [{ "mac": ^"0000.0000.0000" }] }', /one board/],
    "a MAC twice, in two forms": [
      '{ "clients": [{ "mac": "52:54:00:12:34:56" },\n { "mac": ^"5254.0012.3456" }] }',
      /listed twice, first in line 1/,
    ],
    "a client's name twice": [
      '{ "clients": [{ "name": "a", "mac": "5254.0012.3456" },\n { "name": ^"a", "mac": "5254.0012.3457" }] }',
      /named "a", first in line 1/,
    ],
    "a client's address twice": [
      '{ "clients": [{ "mac": "5254.0012.3456", "address": "10.0.0.1" }, { "mac": "5254.0012.3457", "address": ^"10.0.0.1" }] }',
      /address 10\.0\.0\.1, first in line 1/,
    ],
    "a client with the server's address": [
      '{ "server": "10.0.0.1", "clients": [{ "mac": "5254.0012.3456", "address": ^"10.0.0.1" }] }',
      /the address of "server"/,
    ],
    "a name that steers terminals": [
      '{ "clients": [{ "mac": "5254.0012.3456", "name": ^"a\\u001b[2J" }] }',
      /control/,
    ],
    "an answer that is none": ['{ "answer": ^"board" }', /not "board"; did you mean "boards"\?/],
    "listed without clients": ['{ "answer": ^"listed" }', /lists nobody/],
    "listed with an empty list of clients": ['{ "clients": [], "answer": ^"listed" }', /lists nobody/],
    "two manifests": ['{ "boot": ["a.rc", ^"b.rc"] }', /a\.rc and b\.rc may both be the manifest/],
    "two manifests of one client": [
      '{ "clients": [{ "mac": "5254.0012.3456", "boot": ["a.rc", "x", ^"b.rc"] }] }',
      /may both be the manifest/,
    ],
    "a silence that is too short for three tries": ['{ "silentSeconds": ^7 }', /from 8 to/],
    "a silence of half seconds": ['{ "silentSeconds": ^8.5 }', /whole number/],
    "a silence in words": ['{ "silentSeconds": ^"10" }', /not a text/],
    "a silence longer than the memory": ['{ "silentSeconds": ^301 }', /"restartSeconds" \(300\) is less/],
    "a memory shorter than the silence": [
      '{ "silentSeconds": 10, "restartSeconds": ^9 }',
      /make it at least that/,
    ],
    "nesting without end": [`{ "tftp": ${"[".repeat(15)}^${"[".repeat(100_000)}`, /nested too deeply/],
    "bytes that are not UTF-8": ['{ "boot": "a^\ufffdb" }', /not UTF-8/],
    "UTF-16": ["^\ufffd\ufffd{\0\n\0}\0", /UTF-16/],
  };
  for (const [name, [marked, message]] of Object.entries(cases)) {
    it(name, () => {
      one(marked, message);
    });
  }

  it("a plan larger than 1 MiB is not read", () => {
    one(`^{ // ${"x".repeat(2 ** 20)}\n}`, /larger than 1 MiB/);
  });

  it("a file that stands twice in a list is a warning, and the plan is used", () => {
    expectProblems('{ "tftp": ["a", "b", ^"a"] }', ["warning", /"a" stands twice in "tftp"/]);
  });

  it("the warning stands at the second one, whatever was wrong before it", () => {
    expectProblems('{ "tftp": [^1, "a", ^"a"] }', ["error", /not a number/], ["warning", /"a" stands twice/]);
  });

  it("a plan that is made to be slow is read in a moment", () => {
    const many = (count: number, item: (index: number) => string): string =>
      Array.from({ length: count }, (_, index) => item(index)).join();
    const started = process.cpuUsage().user;
    told(`{ "root": "${"/".repeat(200_000)}x" }`);
    told(`{ "root": "a${"/".repeat(200_000)}x" }`);
    told(`{ "tftp": [${many(10_000, (index) => `"f${index}"`)}] }`);
    told(`{ "aliases": {${many(10_000, (index) => `"a${index}":"b${index}"`)}} }`);
    told(
      `{ "pool": [${many(10_000, (index) => `"10.${index >> 8}.${index & 255}.1-10.${index >> 8}.${index & 255}.9"`)}] }`,
    );
    const seconds = (process.cpuUsage().user - started) / 1e6;
    assert.ok(seconds < 3, `${seconds} s of processor time`);
  });

  it("boards with roots of their own do not make millions of a few files: beyond 10,000 the plan is refused", () => {
    const mac = (index: number): string =>
      `02:00:00:00:${[index >> 8, index & 255].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
    const plan = (roots: number, files: number): string =>
      JSON.stringify({
        tftp: Array.from({ length: files }, (_, index) => `f${index}`),
        clients: Array.from({ length: 2 * roots }, (_, index) => ({
          mac: mac(index),
          root: `r${index % roots}`,
        })),
      });
    assert.equal(parsePlan(plan(99, 100), file).named.length, 10_000);
    assert.deepEqual(told(plan(99, 100)), []);
    const { plan: none, named, problems } = parsePlan(plan(1_000, 1_000), file);
    assert.match(
      problems.map(({ message }) => message).join("\n"),
      /^the plan names more than 10000 files[^\n]*$/,
    );
    assert.deepEqual([none, named.length < 12_000], [undefined, true]);
  });

  it("two *.rc files are no problem where the plan names the manifest, nor is one of them twice", () => {
    assert.equal(planOf('{ "boot": ["a.rc", "b.rc"], "manifest": "b.rc" }').manifest, "b.rc");
    planOf('{ "boot": ["a.rc", "b", "a.rc"] }');
  });

  it("every problem is told, not the first alone, in reading order", () => {
    expectProblems(
      '{\n ^"foo": 1,\n "boot": [^"../a", "x", ^2],\n "clients": [^{}, { "mac": ^"x", "address": ^"y" }],\n "answer": ^3 ^',
      ["error", /foo/],
      ["error", /boot\[0\]/],
      ["error", /boot\[2\]/],
      ["error", /no "mac"/],
      ["error", /no MAC/],
      ["error", /no IPv4/],
      ["error", /"answer"/],
      ["error", /closing }/],
    );
  });

  it("what a plan says is shown without control characters", () => {
    for (const problem of told('{ "a\\u001b[2J": 1, "answer": "\\u202ex", "server": "\\u0007" }')) {
      assert.match(problem, /^[ -~]*$/);
    }
  });
});

describe("the local plan (DESIGN §2.4)", () => {
  const local = ".vscode/boot-plan.local.json";
  const merge = (main: string, above: string): ReturnType<typeof mergePlans> =>
    mergePlans({ text: main, file }, { text: above, file: local });

  it("is merged over the plan: key by key, aliases by name, clients by MAC", () => {
    const { plan, problems } = merge(
      `{ "root": "images", "tftp": ["a"], "aliases": { "x": "1", "y": "2" },
         "clients": [{ "name": "one", "mac": "52:54:00:00:00:01", "boot": "b1" }, { "mac": "52:54:00:00:00:02" }] }`,
      `{ "tftp": ["b"], "aliases": { "y": "3", "z": "4" },
         "clients": [{ "mac": "5254.0000.0001", "address": "10.0.0.1" }, { "mac": "52:54:00:00:00:03" }] }`,
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(plan, {
      ...emptyPlan,
      root: "images",
      tftp: ["b"],
      aliases: { x: "1", y: "3", z: "4" },
      clients: [
        { name: "one", mac: "52:54:00:00:00:01", boot: "b1", address: "10.0.0.1" },
        { mac: "52:54:00:00:00:02" },
        { mac: "52:54:00:00:00:03" },
      ],
    });
  });

  it("is a plan without the other one too", () => {
    assert.deepEqual(mergePlans(undefined, { text: '{ "root": "x" }', file: local }).plan, {
      ...emptyPlan,
      root: "x",
    });
  });

  it("each problem names the file that it stands in, and the contradictions of both are found", () => {
    const { plan, problems } = merge(
      '{ "bot": 1,\n "clients": [{ "mac": "5254.0000.0001", "address": "10.0.0.1" }] }',
      '{\n\n "clients": [{ "mac": "5254.0000.0002", "address": "10.0.0.1" }], "ftp": 3 }',
    );
    assert.equal(plan, undefined);
    assert.deepEqual(
      problems.map((problem) => `${problem.file}:${problem.line}:${problem.column}`),
      [`${file}:1:3`, `${local}:3:52`, `${local}:3:74`],
    );
    assert.match(problems[1]!.message, /10\.0\.0\.1, first in line 2 of \.vscode\/boot-plan\.json/);
  });

  it("takes a contradiction away as well as it makes one", () => {
    const main = '{ "answer": "listed" }';
    assert.equal(parsePlan(main, file).plan, undefined);
    assert.equal(merge(main, '{ "clients": [{ "mac": "5254.0000.0001" }] }').plan?.answer, "listed");
  });

  it("a MAC twice in one file is a problem, and once in each is not", () => {
    const client = '{ "clients": [{ "mac": "5254.0000.0001" }] }';
    assert.deepEqual(merge(client, client).problems, []);
  });
});

describe("the files that a plan names", () => {
  it("are each told once, aliases resolved, where they stand first", () => {
    const { named } = parsePlan(
      `{ "boot": ["pxelinux.0", "m.rc"],
 "tftp": ["Image", "u-boot.bin"], "ftp": ["etsw.b3"],
 "aliases": { "pxelinux.0": "u-boot.bin", "x": "y" },
 "manifest": "m.rc", "clients": [{ "mac": "5254.0000.0001", "boot": "b1" }] }`,
      file,
    );
    assert.deepEqual(
      named.map(({ file: name, at }) => `${name} ${at.line}:${at.column}`),
      ["u-boot.bin 1:12", "m.rc 1:26", "Image 2:11", "etsw.b3 2:43", "b1 4:69", "y 3:48"],
    );
  });
});
