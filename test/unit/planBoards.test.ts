import assert from "node:assert/strict";
import { dropOf, dropsToVerify } from "../../src/model/drop";
import { lacksOf, pathsOf, type Found } from "../../src/model/planFiles";
import { mergePlans, parsePlan, type ParsedPlan } from "../../src/model/planParser";
import { choose, traitsOf } from "../../src/protocol/bootp/choice";

const mac = "52:54:00:12:34:56";
const other = "52:54:00:12:34:57";

function parsed(plan: object): ParsedPlan {
  const read = parsePlan(JSON.stringify(plan), "plan");
  assert.deepEqual(read.problems, []);
  return read;
}

/** The only problem of a plan, and where it stands: `^` marks the place. */
function problem(marked: string): string {
  const column = marked.indexOf("^") + 1;
  const { problems } = parsePlan(marked.replace("^", ""), "plan");
  assert.equal(problems.length, 1, JSON.stringify(problems));
  assert.deepEqual([problems[0]!.line, problems[0]!.column], [1, column]);
  return problems[0]!.message;
}

const inClient = (rest: string): string => `{ "clients": [{ "mac": "${mac}", ${rest} }] }`;

describe("what a plan says of boards", () => {
  it("is read in a client and in a rule", () => {
    const terms = { root: "boards/bench-1", stripPrefix: ["tftpboot", "<serial>"], profile: "raspberry-pi" };
    const { plan } = parsed({ clients: [{ mac, ...terms }], match: [{ mac: "*", ...terms }] });
    assert.deepEqual(plan?.clients[0], { mac, ...terms });
    assert.deepEqual(plan.match?.[0], { mac: "*:*:*:*:*:*", ...terms });
  });

  it("is laid over by the local plan, key by key", () => {
    const main = { text: `{ "clients": [{ "mac": "${mac}", "root": "a", "stripPrefix": "x" }] }`, file: "m" };
    const local = { text: `{ "clients": [{ "mac": "${mac}", "root": "b" }] }`, file: "l" };
    assert.deepEqual(mergePlans(main, local).plan?.clients, [{ mac, root: "b", stripPrefix: ["x"] }]);
  });

  it("is one prefix or a list of them, for everybody too", () => {
    assert.deepEqual(parsed({ stripPrefix: "/srv/tftp/" }).plan?.stripPrefix, ["/srv/tftp"]);
    assert.deepEqual(parsed({ stripPrefix: ["a", "pi/<mac>"] }).plan?.stripPrefix, ["a", "pi/<mac>"]);
  });

  it("is refused at its place where it cannot be", () => {
    assert.match(problem(inClient('"root": ^"../x"')), /must lie inside the served root/);
    assert.match(problem(inClient('"root": ^"/etc"')), /must lie inside the served root/);
    assert.match(problem(inClient('"root": ^".git/x"')), /nothing under \.git/);
    assert.match(problem(inClient('"profile": ^"raspberrypi"')), /did you mean "raspberry-pi"\?/);
    assert.match(problem('{ "stripPrefix": ^"../x" }'), /leaves a folder by \.\./);
    assert.match(
      problem('{ "stripPrefix": ["a", ^"<seriel>"] }'),
      /"<seriel>" stands for nothing; known are/,
    );
    assert.match(problem('{ "stripPrefix": ^7 }'), /must be a folder that boards ask for/);
  });

  it("counts in a client's own entry before that of a rule, and there before everybody's", () => {
    const { plan } = parsed({
      stripPrefix: "all",
      clients: [{ mac, root: "own" }],
      match: [{ mac: "52:54:00:*", root: "ruled", stripPrefix: "ruled" }],
    });
    const of = (each: string): unknown => {
      const { root, stripPrefix } = choose(plan!, traitsOf(each, undefined));
      return [root, stripPrefix];
    };
    assert.deepEqual(of(mac), ["own", ["ruled"]]);
    assert.deepEqual(of(other), ["ruled", ["ruled"]]);
    assert.deepEqual(of("02:00:00:00:00:01"), [undefined, ["all"]]);
  });

  it('may be the served root again: "." in a client whose rule names another', () => {
    const { plan } = parsed({ clients: [{ mac, root: "." }], match: [{ mac: "*", root: "x" }] });
    assert.equal(choose(plan!, traitsOf(mac, undefined)).root, undefined);
  });

  it("is a drop of its own where only the root differs, and is verified as one", () => {
    const { plan } = parsed({ boot: "a", clients: [{ mac, root: "x" }, { mac: other }] });
    assert.equal(dropOf(plan!, { mac }).root, "x");
    assert.deepEqual(
      dropsToVerify(plan!).map(({ name }) => name),
      ["any board", mac],
    );
  });

  it("gives a Raspberry Pi no boot file of everybody's, but its own where it has one", () => {
    const { plan } = parsed({
      boot: "u-boot.bin",
      clients: [
        { mac, profile: "raspberry-pi" },
        { mac: other, profile: "raspberry-pi", boot: "own.bin" },
      ],
    });
    assert.deepEqual(dropOf(plan!, { mac }).boot, []);
    assert.deepEqual(dropOf(plan!, { mac: other }).boot, ["own.bin"]);
    assert.deepEqual(dropOf(plan!).boot, ["u-boot.bin"]);
  });
});

describe("the files of boards with roots of their own", () => {
  const two = {
    root: "out",
    boot: "u-boot.bin",
    tftp: ["Image"],
    clients: [{ mac, root: "a", boot: "own.bin" }, { mac: other }],
  };
  const lacks = (plan: object, there: Readonly<Record<string, Found>>): string[] => {
    const read = parsed(plan);
    return lacksOf(read, read.plan!, (path) => there[path]).map(({ problem: { severity, message } }) => {
      const [first = ""] = message.split(";");
      return `${severity}: ${first}`;
    });
  };

  it("are looked for in each root, and in the served root for the others", () => {
    const read = parsed(two);
    assert.deepEqual(pathsOf(read.plan!, read.named), [
      "out",
      "out/a",
      "out/u-boot.bin",
      "out/Image",
      "out/a/own.bin",
      "out/a/Image",
    ]);
  });

  it("that are not there are told with the root that they are missing in", () => {
    const there = {
      out: "folder",
      "out/a": "folder",
      "out/u-boot.bin": "file",
      "out/Image": "file",
    } as const;
    assert.deepEqual(lacks(two, { ...there, "out/a/own.bin": "file" }), [
      'warning: "Image" is not there yet in "a"',
    ]);
  });

  it("are not told one by one where the root is not there, and a root that is a file is an error", () => {
    const there = { out: "folder", "out/u-boot.bin": "file", "out/Image": "file" } as const;
    assert.deepEqual(lacks(two, there), ['warning: the folder "a" is not there yet']);
    assert.deepEqual(lacks(two, { ...there, "out/a": "file" }), ['error: "a" is a file']);
  });

  it("are the only ones where nobody else is answered", () => {
    const plan = { boot: "x", answer: "listed", clients: [{ mac, root: "a" }] };
    const read = parsed(plan);
    assert.deepEqual(pathsOf(read.plan!, read.named), [".", "a", "a/x"]);
  });
});
