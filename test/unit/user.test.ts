import assert from "node:assert/strict";
import { invokingUid } from "../../src/cli/user";

describe("the user behind root", () => {
  it("is whom sudo or pkexec names", () => {
    assert.equal(invokingUid({ SUDO_UID: "1000", SUDO_GID: "100" }), 1000);
    assert.equal(invokingUid({ PKEXEC_UID: "1001" }), 1001);
  });

  it("is nobody where root started it, or neither of them did", () => {
    for (const env of [{}, { SUDO_UID: "0" }, { SUDO_UID: "", PKEXEC_UID: "0" }])
      assert.equal(invokingUid(env), undefined);
  });

  it("is nobody where what they say is no number", () => {
    for (const SUDO_UID of ["-1", "01", "1000x", "0x3e8", " 1000", "bench", "99999999999"])
      assert.equal(invokingUid({ SUDO_UID }), undefined, SUDO_UID);
  });

  it("is the one behind pkexec where root's sudo is in between", () => {
    assert.equal(invokingUid({ SUDO_UID: "0", PKEXEC_UID: "1001" }), 1001);
  });
});
