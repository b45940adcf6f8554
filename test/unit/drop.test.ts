import assert from "node:assert/strict";
import {
  aliasOf,
  dropOf,
  dropsToVerify,
  findClient,
  manifestsOf,
  publishedFiles,
} from "../../src/model/drop";
import { option } from "../../src/protocol/bootp/options";
import { emptyPlan, type Plan, type PlanClient } from "../../src/model/plan";

const plan = (part: Partial<Plan>): Plan => ({ ...emptyPlan, ...part });

/** The n-th client. */
const client = (n: number, part: Partial<PlanClient> = {}): PlanClient => ({
  mac: `52:54:00:00:00:0${n}`,
  ...part,
});

const names = (...args: Parameters<typeof dropsToVerify>): string[] =>
  dropsToVerify(...args).map((board) => board.name);

describe("the drop of a board (DESIGN §2.4)", () => {
  it("without a plan names no file: BOOTP answers without one", () => {
    assert.deepEqual(dropOf(emptyPlan), { boot: [], sequence: false, tftp: [], ftp: [] });
  });

  it("a string is one file for ever, a list is a sequence", () => {
    assert.deepEqual(dropOf(plan({ boot: "a" })), { boot: ["a"], sequence: false, tftp: [], ftp: [] });
    assert.deepEqual(dropOf(plan({ boot: ["a"] })), { boot: ["a"], sequence: true, tftp: [], ftp: [] });
  });

  it("the manifest is the only *.rc file in boot, unless the plan names another", () => {
    assert.equal(dropOf(plan({ boot: ["u-boot.bin", "sub/copy.rc"] })).manifest, "sub/copy.rc");
    assert.equal(dropOf(plan({ boot: "copy.rc" })).manifest, "copy.rc");
    assert.equal(dropOf(plan({ boot: ["a.rc"], manifest: "b.txt" })).manifest, "b.txt");
    assert.ok(!("manifest" in dropOf(plan({ boot: ["a.rcx", "rc"], tftp: ["c.rc"] }))));
  });

  it("a client's own boot takes the place of the plan's, and its manifest with it", () => {
    const own = client(1, { boot: ["b1", "b1.rc"] });
    const all = plan({ boot: ["a", "a.rc"], tftp: ["t"], ftp: ["f"], clients: [own, client(2)] });
    assert.deepEqual(dropOf(all, { mac: own.mac }), {
      boot: ["b1", "b1.rc"],
      sequence: true,
      tftp: ["t"],
      manifest: "b1.rc",
      ftp: ["f"],
    });
    assert.deepEqual(dropOf(all, { mac: client(2).mac }), dropOf(all));
    const other = plan({ boot: ["a", "a.rc"], clients: [client(3, { boot: "b" })] });
    assert.ok(!("manifest" in dropOf(other, { mac: client(3).mac })));
  });
});

describe("the drop of a board that matches a rule", () => {
  const rom = plan({
    boot: ["a", "b"],
    match: [{ vendorClass: "AM335x ROM", boot: "MLO" }],
    clients: [client(1)],
  });
  const asked = { options: new Map([option("vendorClassIdentifier", "AM335x ROM")]) };

  it("is the rule's, for whoever asks like that", () => {
    assert.deepEqual([dropOf(rom).boot, dropOf(rom, asked).boot], [["a", "b"], ["MLO"]]);
    assert.deepEqual(
      dropsToVerify(rom, undefined, asked).map(({ name, drop }) => [name, drop.boot]),
      [["any board", ["MLO"]]],
    );
    assert.deepEqual(publishedFiles(rom), ["a", "b", "MLO"]);
  });
});

describe("the boards that a verification plays (DESIGN §2.3)", () => {
  const clients = [
    client(1, { name: "same", boot: "a" }),
    client(2, { name: "other", boot: "b" }),
    client(3, { boot: "b" }),
    client(4, { name: "list", boot: ["a"] }),
    client(5, { name: "plain" }),
  ];

  it("one for everybody, and one for each listed client whose drop differs", () => {
    const all = plan({ boot: "a", clients });
    assert.deepEqual(names(all), ["any board", "other", "52:54:00:00:00:03", "list"]);
    const [everybody, other] = dropsToVerify(all);
    assert.deepEqual(everybody, { name: "any board", drop: dropOf(all) });
    assert.deepEqual(other, {
      name: "other",
      mac: "52:54:00:00:00:02",
      client: clients[1],
      drop: dropOf(all, { mac: "52:54:00:00:00:02" }),
    });
  });

  it("with listed, the first listed client of each different drop, and nobody else", () => {
    assert.deepEqual(names(plan({ boot: "a", clients, answer: "listed" })), ["same", "other", "list"]);
    assert.deepEqual(names(plan({ boot: "a", clients }), "listed"), ["same", "other", "list"]);
  });

  it("without a plan it is any board", () => {
    assert.deepEqual(names(emptyPlan), ["any board"]);
    assert.deepEqual(names(emptyPlan, "listed"), ["any board"]);
  });

  it("a client is found by its name or its MAC", () => {
    const all = plan({ clients });
    assert.equal(findClient(all, "other"), clients[1]);
    assert.equal(findClient(all, "52:54:00:00:00:03"), clients[2]);
    assert.equal(findClient(all, "nobody"), undefined);
  });
});

describe("the names of a plan", () => {
  it("published is what stands in boot, tftp, ftp and aliases, of every client, once (DESIGN §6)", () => {
    const all = plan({
      boot: ["a", "b"],
      tftp: ["t", "a"],
      ftp: ["f"],
      manifest: "not.rc",
      aliases: { asked: "served" },
      clients: [client(1, { boot: "c" }), client(2, { boot: ["d", "t"] })],
    });
    assert.deepEqual(publishedFiles(all), ["a", "b", "c", "d", "t", "f", "served"]);
  });
});

describe("the manifests of a plan", () => {
  it("are the one that it names, else the *.rc of each boot sequence, aliases resolved", () => {
    const several: Plan = {
      ...emptyPlan,
      boot: ["a.bin", "m.rc"],
      clients: [{ mac: "52:54:00:00:00:01", boot: ["b.bin", "asked.RC"] }],
      match: [{ vendorClass: "x", boot: ["m.rc"] }],
      aliases: { "asked.RC": "own.txt" },
    };
    assert.deepEqual(manifestsOf(several), ["m.rc", "own.txt"]);
    assert.deepEqual(manifestsOf({ ...several, manifest: "list.txt" }), ["list.txt"]);
    assert.deepEqual(manifestsOf(emptyPlan), []);
  });
});

describe("the file behind a name", () => {
  const aliased = plan({ aliases: { "pxelinux.0": "u-boot.bin", toString: "own.bin" } });

  it("is the alias's, however the name is written", () => {
    assert.equal(aliasOf(aliased, "pxelinux.0"), "u-boot.bin");
    assert.equal(aliasOf(aliased, "/./pxelinux.0"), "u-boot.bin");
    assert.equal(aliasOf(aliased, "toString"), "own.bin");
  });

  it("is the name itself where the plan has no alias of it, like what every object has as well", () => {
    for (const name of ["u-boot.bin", "constructor", "toString", "__proto__"]) {
      assert.equal(aliasOf(emptyPlan, name), name);
    }
    assert.deepEqual(manifestsOf(plan({ manifest: "constructor" })), ["constructor"]);
  });
});
