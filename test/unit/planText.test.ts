import assert from "node:assert/strict";
import type { Edit } from "jsonc-parser";
import {
  addAlias,
  addToBootSequence,
  edited,
  editsFor,
  isPlan,
  listClient,
  listedClients,
  nameForMac,
  newPlan,
  renameInPlan,
  serveAsBootFile,
  serveToClient,
  startedPlan,
} from "../../src/extension/plan/planText";
import { mergePlans } from "../../src/model/planParser";
import type { Plan } from "../../src/model/plan";

/** The text after a change, which must be a plan without problems. */
function after(text: string, change: (text: string) => Edit[]): { text: string; plan: Plan } {
  const changed = edited(text, change(text));
  const { plan, problems } = mergePlans({ text: changed, file: "boot-plan.json" }, undefined);
  assert.deepEqual(problems, [], changed);
  return { text: changed, plan: plan! };
}

const planOf = (text: string): Plan => after(text, () => []).plan;

const commented = `{
  // The boot loader of release 3.
  "boot": "u-boot.bin", // not the old one
  "tftp": [
    "Image",
  ],
}
`;

describe("changes of a boot plan (DESIGN §5)", () => {
  for (const text of ["", "{}", newPlan, `{\r\n\t"tftp": ["Image"]\r\n}\r\n`]) {
    it(`a boot file is set in ${JSON.stringify(text)}`, () => {
      assert.equal(
        after(text, (each) => serveAsBootFile(each, "images/u-boot.bin")).plan.boot,
        "images/u-boot.bin",
      );
    });
  }

  it("the first file of a new plan stands on a line of its own", () => {
    assert.equal(
      after(newPlan, (text) => serveAsBootFile(text, "u-boot.bin")).text,
      `// What is served from this folder, and to whom. Hover over a key to read what it means.\n{\n  "boot": "u-boot.bin"\n}\n`,
    );
  });

  it("a plan that is made to be written in is one without problems, and takes a boot file", () => {
    const { text, plan } = after(startedPlan, (each) => serveAsBootFile(each, "u-boot.bin"));
    assert.deepEqual([plan.root, plan.boot], [".", "u-boot.bin"]);
    assert.match(text, /^ {2}"root": "\.",\n {2}"boot": "u-boot\.bin"\n\}$/m);
    assert.equal(planOf(startedPlan.replace(/\/\/ "boot"/, '"boot"')).boot, "u-boot.bin");
  });

  it("comments, order and trailing commas survive", () => {
    const { text } = after(commented, (each) => serveAsBootFile(each, "new.bin"));
    assert.equal(text, commented.replace("u-boot.bin", "new.bin"));
  });

  it("a single boot file becomes the first of a sequence, a sequence grows, an empty plan begins one", () => {
    const sequence = after(commented, (text) => addToBootSequence(text, "copy.rc"));
    assert.deepEqual(sequence.plan.boot, ["u-boot.bin", "copy.rc"]);
    assert.match(sequence.text, /The boot loader of release 3[^]*not the old one/);
    const longer = after(sequence.text, (text) => addToBootSequence(text, "third.bin"));
    assert.deepEqual(longer.plan.boot, ["u-boot.bin", "copy.rc", "third.bin"]);
    assert.deepEqual(after("", (text) => addToBootSequence(text, "a")).plan.boot, ["a"]);
    assert.deepEqual(after(`{"boot":["a",]}`, (text) => addToBootSequence(text, "b")).plan.boot, ["a", "b"]);
  });

  it("an alias is added beside others, and one of that name is replaced", () => {
    const one = after(commented, (text) => addAlias(text, "pxelinux.0", "u-boot.bin"));
    const two = after(one.text, (text) => addAlias(text, "a/b.img", "Image"));
    const three = after(two.text, (text) => addAlias(text, "pxelinux.0", "Image"));
    assert.deepEqual(three.plan.aliases, { "pxelinux.0": "Image", "a/b.img": "Image" });
  });

  it("a board is listed once; what it lacks is added to it", () => {
    const client = { name: nameForMac("52:54:00:12:34:56"), mac: "52:54:00:12:34:56" };
    const one = after("", (text) => listClient(text, client));
    assert.deepEqual(one.plan.clients, [{ name: "board-123456", mac: "52:54:00:12:34:56" }]);
    const other = { name: "b", mac: "52:54:00:12:34:57", address: "192.168.7.11" };
    const two = after(one.text, (text) => listClient(text, other));
    assert.deepEqual(two.plan.clients[1], other);
    const written = two.text.replace("52:54:00:12:34:56", "52-54-00-12-34-56");
    const three = after(written, (text) => listClient(text, { ...client, address: "192.168.7.10" }));
    assert.deepEqual(three.plan.clients, [{ ...client, address: "192.168.7.10" }, other]);
    assert.deepEqual(listClient(three.text, client), []);
  });

  it("one board gets a file of its own, listed before or not", () => {
    const client = { name: "bench-1", mac: "52:54:00:12:34:56" };
    const one = after(newPlan, (text) => serveToClient(text, client, "bench1.bin"));
    assert.deepEqual(one.plan.clients, [{ ...client, boot: "bench1.bin" }]);
    const two = after(one.text, (text) => serveToClient(text, { ...client, name: "other" }, "bench2.bin"));
    assert.deepEqual(two.plan.clients, [{ ...client, boot: "bench2.bin" }]);
    const another = { name: "b", mac: "52:54:00:12:34:57" };
    const three = after(two.text, (text) => serveToClient(text, another, "Image"));
    assert.deepEqual(three.plan.clients[1], { ...another, boot: "Image" });
    assert.deepEqual(listedClients(three.text), [client, another]);
  });

  it("a file with another name is followed wherever the plan names it, written as it may be", () => {
    const text = `{
  "root": "images", // out of the build
  "boot": ["u-boot.bin", "old/x"], "tftp": ["/old//x",], "manifest": "m.rc", "ftp": ["old/x"],
  "aliases": { "y": "old/x" }, "clients": [{ "mac": "5254.0000.0001", "boot": "old/x" }],
  "match": [{ "vendorClass": "PXEClient", "boot": ["old/x"] }]
}`;
    const rename = (name: string): string | undefined => (name === "old/x" ? "new/y" : undefined);
    const { plan, text: renamed } = after(text, (each) => renameInPlan(each, [], rename, "out"));
    assert.deepEqual(plan, {
      ...planOf(text),
      root: "out",
      boot: ["u-boot.bin", "new/y"],
      tftp: ["new/y"],
      ftp: ["new/y"],
      aliases: { y: "new/y" },
      clients: [{ mac: "52:54:00:00:00:01", boot: "new/y" }],
      match: [{ vendorClass: "PXEClient", boot: ["new/y"] }],
    });
    assert.match(renamed, /out of the build/);
    assert.deepEqual(renameInPlan("nothing", [], rename, "out"), []);
  });

  it("a board's own root is followed, and what it boots is a name below that one, whichever text gives the root", () => {
    const text = `{
  "boot": "u-boot.bin",
  "clients": [
    { "mac": "52:54:00:00:00:01", "root": "boards/bench-1", "boot": ["u-boot.bin", "copy.rc"] },
    { "mac": "52:54:00:00:00:02", "boot": "u-boot.bin" },
    { "mac": "52:54:00:00:00:03", "boot": "u-boot.bin" },
  ],
  "match": [{ "vendorClass": "PXEClient", "root": "/boards//pxe/", "boot": "u-boot.bin" }]
}`;
    const clients = [
      { mac: "52:54:00:00:00:01", root: "boards/bench-1" },
      { mac: "52:54:00:00:00:02", root: "boards/bench-2" },
    ];
    const asked: string[] = [];
    const noted = (name: string, own = "."): undefined => void asked.push(`${own}: ${name}`);
    assert.deepEqual(renameInPlan(text, clients, noted, undefined), []);
    assert.deepEqual(asked, [
      ".: u-boot.bin",
      ".: boards/bench-1",
      "boards/bench-1: u-boot.bin",
      "boards/bench-1: copy.rc",
      "boards/bench-2: u-boot.bin",
      ".: u-boot.bin",
      ".: boards/pxe",
      "boards/pxe: u-boot.bin",
    ]);
    const rename = (name: string): string | undefined =>
      name.startsWith("boards/") ? `x/${name}` : undefined;
    const { plan } = after(text, (each) => renameInPlan(each, clients, rename, undefined));
    assert.equal(plan.clients[0]?.root, "x/boards/bench-1");
    assert.equal(plan.match?.[0]?.root, "x/boards/pxe");
  });

  it("what is no object is not changed", () => {
    for (const text of ["[]", "7", "boot: u-boot.bin", "\v"]) assert.equal(isPlan(text), false, text);
    for (const text of ["", " \n", "{}", commented, '{ "boot": ']) assert.equal(isPlan(text), true, text);
  });

  it("what has to be mended first is not changed, and nothing is thrown", () => {
    const alias = (text: string): Edit[] => addAlias(text, "pxelinux.0", "u-boot.bin");
    for (const text of [
      '{ "aliases": 7 }',
      '{ "aliases": [] }',
      "[".repeat(100_000),
      '{"a":'.repeat(200),
      "7",
    ])
      assert.equal(editsFor(text, alias), undefined, text.slice(0, 40));
    assert.equal(edited("{}", editsFor("{}", alias)!).includes("pxelinux.0"), true);
  });
});
