import assert from "node:assert/strict";
import { nextServerLines } from "../../src/model/nextServer";

const board = { name: "bench-1", mac: "52:54:00:12:34:56", server: "10.0.4.7", file: "u-boot.bin" };

const linesOf = (program: string, changes: Partial<typeof board> = {}): string =>
  nextServerLines({ ...board, ...changes })
    .find((each) => each.program === program)!
    .lines.join("\n");

describe("the lines for another DHCP server", () => {
  it("are dnsmasq's", () => {
    assert.equal(
      linesOf("dnsmasq"),
      "dhcp-mac=set:bench-1,52:54:00:12:34:56\ndhcp-boot=tag:bench-1,u-boot.bin,,10.0.4.7",
    );
  });

  it("are a host of ISC dhcpd", () => {
    assert.equal(
      linesOf("ISC dhcpd"),
      `host bench-1 {
  hardware ethernet 52:54:00:12:34:56;
  next-server 10.0.4.7;
  filename "u-boot.bin";
}`,
    );
  });

  it("are a reservation of Kea, as JSON", () => {
    assert.deepEqual(JSON.parse(linesOf("Kea")), {
      "hw-address": "52:54:00:12:34:56",
      "next-server": "10.0.4.7",
      "boot-file-name": "u-boot.bin",
    });
  });

  it("have a label that all of them take, whatever the board is called", () => {
    for (const [name, label] of [
      ["Bench 1, left", "Bench-1-left"],
      ['"};x', "x"],
      ["-a-", "a"],
      ["7", "board-525400123456"],
      ["платa", "a"],
      ["", "board-525400123456"],
      ["52:54:00:12:34:56", "board-525400123456"],
    ] as const) {
      assert.match(
        linesOf("dnsmasq", { name }),
        new RegExp(`^dhcp-mac=set:${label},.*\ndhcp-boot=tag:${label},`),
      );
      assert.ok(linesOf("ISC dhcpd", { name }).startsWith(`host ${label} {\n`));
    }
  });

  it("name the file as it is, with blanks and commas", () => {
    const file = "images/Board A, v2#1.bin";
    assert.ok(linesOf("dnsmasq", { file }).endsWith(`,"${file}",,10.0.4.7`));
    assert.ok(linesOf("ISC dhcpd", { file }).includes(`  filename "${file}";\n`));
    assert.equal((JSON.parse(linesOf("Kea", { file })) as Record<string, string>)["boot-file-name"], file);
  });
});
