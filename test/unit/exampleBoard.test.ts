import assert from "node:assert/strict";
import { dropsToVerify } from "../../src/model/drop";
import { exampleOf } from "../../src/model/exampleBoard";
import type { Plan, PlanRule } from "../../src/model/plan";
import { ruleFor, traitsOf } from "../../src/protocol/bootp/choice";
import { aPlan } from "../support/bootp";

const mac = "02:00:00:00:00:01";
const planWith = (...match: PlanRule[]): Plan => aPlan({ boot: "any.bin", match });

/** The boards of a verification and the file that each is to get. */
const played = (plan: Plan): string[] =>
  dropsToVerify(plan, plan.answer, { mac }).map(({ name, drop }) => `${name} → ${drop.boot.join(" ")}`);

describe("an example of a rule", () => {
  it("is a board for which the rule holds, whatever it goes by", () => {
    for (const rule of [
      { vendorClass: "AM335x ROM" },
      { vendorClass: "PXEClient:*:003016" },
      { vendorClass: "*" },
      { userClass: "iPXE" },
      { userClass: "a user class of more than thirty-three bytes" },
      { architecture: [7, 9] },
      { mac: "52:54:00:*:*:*" },
      { mac: "*:*:*:*:*:*", vendorClass: "x", userClass: "y", architecture: [0] },
    ]) {
      const plan = planWith(rule);
      const asked = exampleOf(plan, 0, { mac });
      assert.equal(ruleFor(plan, traitsOf(asked?.mac ?? "", asked?.options)), 0, JSON.stringify(rule));
    }
  });

  it("has a MAC of its own where any will do: a locally administered one, and none that the plan lists", () => {
    assert.equal(exampleOf(planWith({ mac: "*:*:*:*:*:*" }), 0, { mac })?.mac, "02:00:00:00:00:00");
    const clients = [{ mac: "52:54:00:00:00:00" }];
    const plan = { ...planWith({ mac: "52:54:00:*:*:*" }), clients };
    assert.equal(exampleOf(plan, 0, { mac })?.mac, "52:54:00:01:01:01");
  });

  it("asks with what else it is told to ask with", () => {
    const options = new Map([[12, Uint8Array.of(97)]]);
    const asked = exampleOf(planWith({ vendorClass: "x" }), 0, { mac, options });
    assert.deepEqual([...(asked?.options.keys() ?? [])], [12, 60]);
  });

  it("is nobody where an earlier rule holds for every such board", () => {
    const plan = planWith({ vendorClass: "PXEClient" }, { vendorClass: "PXEClient:Arch" });
    assert.equal(exampleOf(plan, 1, { mac }), undefined);
  });
});

describe("the boards of a verification", () => {
  it("are one for each rule whose drop differs, between everybody and the listed clients", () => {
    const plan = {
      ...planWith(
        { vendorClass: "AM335x ROM", boot: "MLO" },
        { vendorClass: "AM335x U-Boot SPL", boot: "u-boot.img" },
        { userClass: "iPXE", boot: "MLO" },
        { vendorClass: "x", options: [] },
        { mac: "52:54:00:*:*:*", root: "boards/lab" },
      ),
      clients: [{ name: "bench-1", mac: "52:55:00:00:00:01", boot: "own.bin" }],
    };
    assert.deepEqual(played(plan), [
      "any board → any.bin",
      "rule 1: its vendor class is AM335x ROM → MLO",
      "rule 2: its vendor class is AM335x U-Boot SPL → u-boot.img",
      "rule 5: its MAC is 52:54:00:*:*:* → any.bin",
      "bench-1 → own.bin",
    ]);
  });

  it("are no rules' where only listed clients are answered", () => {
    const clients = [{ name: "bench-1", mac: "52:55:00:00:00:01" }];
    const plan = { ...planWith({ vendorClass: "x", boot: "MLO" }), clients, answer: "listed" } as const;
    assert.deepEqual(played(plan), ["bench-1 → any.bin"]);
  });
});
