import assert from "node:assert/strict";
import { checkText } from "../../src/extension/network/checkText";
import type { Check } from "../../src/model/checks";

const checks: readonly Check[] = [
  { type: "check", about: "UDP port 69", state: "ok", code: "port.free", message: "free for TFTP" },
  {
    ...{ type: "check", about: "UDP port 67", state: "problem", code: "port.inUse" },
    message: "in use by [evil](command:x)",
    remedy: "End that program.",
    fixes: [{ what: "names it", line: "sudo ss -lnpu 'sport = :67'" }],
  },
];

describe("Check This Machine as a document", () => {
  const facts = { folder: "drop_1", addresses: ["eth1"], version: "0.1.0" };

  it("has the verdict, the most urgent first, and what to paste in blocks of its own", () => {
    assert.equal(
      checkText(checks, facts),
      [
        "# This machine",
        "",
        "✗ **1 thing stands in the way of serving on eth1.**",
        "",
        "Looked at for serving drop\\_1, by Boot Servers 0.1.0. Nothing was changed.",
        "",
        "## In the way",
        "",
        "- ✗ **UDP port 67**: in use by \\[evil\\](command:x)",
        "",
        "  End that program.",
        "",
        "  This line names it:",
        "",
        "  ```",
        "  sudo ss -lnpu 'sport = :67'",
        "  ```",
        "",
        "## In order",
        "",
        "- ✓ **UDP port 69**: free for TFTP",
        "",
      ].join("\n"),
    );
  });

  it("says where a launch command gives rights that it has not seen", () => {
    const text = checkText([], { ...facts, launch: ["pkexec"] });
    assert.match(text, /started with pkexec; rights that it gives are not seen here/);
  });
});
