import assert from "node:assert/strict";
import fc from "fast-check";
import { MalformedPacket } from "../../src/protocol/errors";
import { announcedSize, checkOack, negotiate, type Offer } from "../../src/protocol/tftp/options";
import { encodeOack, type Request } from "../../src/protocol/tftp/packet";

const offer: Offer = { maxBlksize: 65464, maxWindowsize: 64, size: 5_000_000_000 };

function ask(options: Record<string, string>, rest: Partial<Request> = {}): Request {
  return { op: "RRQ", file: "fw.bin", mode: "octet", options: new Map(Object.entries(options)), ...rest };
}

/** What the OACK says. */
const granted = (
  options: Record<string, string>,
  rest: Partial<Request> = {},
  limits: Partial<Offer> = {},
): Record<string, string> =>
  Object.fromEntries(negotiate(ask(options, rest), { ...offer, ...limits }).options);

describe("TFTP options: what the server grants", () => {
  it("tsize tells the size of the file, beyond 32 bits as well (T19, X16, RFC 2349)", () => {
    assert.deepEqual(granted({ tsize: "0" }), { tsize: "5000000000" });
    assert.equal(negotiate(ask({ tsize: "0" }), offer).size, 5_000_000_000);
  });

  it("tsize of a WRQ is echoed, and is what was announced (T19, RFC 2349)", () => {
    assert.deepEqual(granted({ tsize: "99999999999" }, { op: "WRQ" }), { tsize: "99999999999" });
    assert.equal(announcedSize(ask({ tsize: "99999999999" }, { op: "WRQ" })), 99_999_999_999);
    assert.equal(announcedSize(ask({ tsize: "x" }, { op: "WRQ" })), undefined);
  });

  it("tsize is not granted for netascii, where nobody knows it (T20)", () => {
    assert.deepEqual(granted({ tsize: "0" }, { mode: "netascii" }), {});
    assert.equal(announcedSize(ask({ tsize: "9" }, { op: "WRQ", mode: "netascii" })), undefined);
  });

  const blksizes: Readonly<Record<string, string | undefined>> = {
    "7": undefined,
    "8": "8",
    "512": "512",
    "1428": "1428",
    "65464": "65464",
    "65465": "65464",
    "65536": "65464",
    "0": undefined,
    "-1": undefined,
    abc: undefined,
    "512 ": undefined,
    "": undefined,
    "1e3": undefined,
    "0x200": undefined,
    "99999999999999999999": "65464",
    ["9".repeat(400)]: "65464",
  };
  for (const [value, expected] of Object.entries(blksizes)) {
    it(`blksize "${value.slice(0, 24)}" is ${expected ?? "not granted"} (T21, T22, S1, RFC 2348)`, () => {
      const agreement = negotiate(ask({ blksize: value }), offer);
      assert.equal(agreement.options.get("blksize"), expected);
      assert.equal(agreement.blksize, Number(expected ?? 512));
    });
  }

  it("blksize never exceeds the limit of this server (T21)", () => {
    assert.deepEqual(granted({ blksize: "8192" }, {}, { maxBlksize: 1468 }), { blksize: "1468" });
  });

  for (const [value, expected] of Object.entries({
    "0": undefined,
    "1": 1,
    "255": 255,
    "256": undefined,
    "-1": undefined,
  })) {
    it(`timeout ${value} is ${expected === undefined ? "not granted" : "granted as it is"} (T23, RFC 2349)`, () => {
      const agreement = negotiate(ask({ timeout: value }), offer);
      assert.equal(agreement.options.get("timeout"), expected === undefined ? undefined : value);
      assert.equal(agreement.timeoutSeconds, expected);
    });
  }

  for (const [value, expected] of Object.entries({
    "0": undefined,
    "1": 1,
    "8": 8,
    "64": 64,
    "65535": 64,
    "65536": 64,
  })) {
    it(`windowsize ${value} is ${expected ?? "not granted"} (T24, RFC 7440)`, () => {
      const agreement = negotiate(ask({ windowsize: value }), offer);
      assert.equal(agreement.options.get("windowsize"), expected?.toString());
      assert.equal(agreement.windowsize, expected ?? 1);
    });
  }

  it("a window stays below half of the block numbers: a late ACK would pass for one ahead (T26)", () => {
    const asked = { blksize: "8", windowsize: "65535" };
    assert.equal(granted(asked, {}, { maxWindowsize: 65535 }).windowsize, "32767");
  });

  it("a window of large blocks stays within a MiB", () => {
    const { blksize, windowsize } = negotiate(ask({ blksize: "65464", windowsize: "64" }), offer);
    assert.ok(blksize * windowsize <= 2 ** 20 && windowsize > 8);
  });

  it("only what was asked for is in the OACK, and unknown options are not (T28, RFC 2347 §2)", () => {
    assert.deepEqual(granted({ foo: "1", blksize: "1024", multicast: "", constructor: "1" }), {
      blksize: "1024",
    });
    assert.equal(negotiate(ask({ foo: "1" }), offer).options.size, 0);
  });

  it("whatever is asked, the OACK fits, and every value is at most what was asked (S1, S2)", () => {
    const name = fc.constantFrom("blksize", "windowsize", "timeout", "tsize", "foo", "__proto__");
    const value = fc.oneof(fc.string(), fc.bigInt().map(String), fc.nat().map(String));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, value)),
        fc.constantFrom("RRQ" as const, "WRQ" as const),
        (options, op) => {
          const request = ask({}, { op, options: new Map(options) });
          const agreement = negotiate(request, offer);
          assert.ok(encodeOack(agreement.options).length <= 512);
          for (const [key, answer] of agreement.options) {
            if (key !== "tsize") assert.ok(Number(answer) <= Number(request.options.get(key)));
          }
          // Our own client takes whatever our server grants.
          assert.equal(checkOack(request.options, agreement.options).blksize, agreement.blksize);
        },
      ),
    );
  });
});

describe("TFTP options: what the client takes", () => {
  const asked = new Map([
    ["blksize", "1428"],
    ["windowsize", "16"],
    ["timeout", "5"],
    ["tsize", "0"],
  ]);
  const check = (oack: Record<string, string>) => checkOack(asked, new Map(Object.entries(oack)));

  it("less than asked is fine (T32, RFC 2348, RFC 7440)", () => {
    const { blksize, windowsize, timeoutSeconds, size } = check({
      blksize: "512",
      windowsize: "1",
      timeout: "5",
      tsize: "77",
    });
    assert.deepEqual(
      { blksize, windowsize, timeoutSeconds, size },
      { blksize: 512, windowsize: 1, timeoutSeconds: 5, size: 77 },
    );
  });

  it("what the OACK leaves out is as if not asked (RFC 2347 §2)", () => {
    const { blksize, windowsize, timeoutSeconds, size } = check({});
    assert.deepEqual([blksize, windowsize, timeoutSeconds, size], [512, 1, undefined, undefined]);
  });

  for (const oack of [
    { blksize: "1429" },
    { blksize: "65464" },
    { blksize: "7" },
    { blksize: "0" },
    { blksize: "-1" },
    { blksize: "" },
    { windowsize: "17" },
    { windowsize: "0" },
    { timeout: "4" },
    { timeout: "6" },
    { tsize: "-1" },
    { tsize: "1x" },
    { multicast: "224.0.0.1,1758,1" },
    { foo: "1" },
  ] as Record<string, string>[]) {
    it(`${JSON.stringify(oack)} is refused (T32, S3, RFC 2347 §2)`, () => {
      assert.throws(() => check(oack), MalformedPacket);
    });
  }

  for (const tsize of ["9007199254740992", "1000000000000000000", "9".repeat(400)]) {
    it(`tsize ${tsize.slice(0, 24)} is refused as too large, for it was asked for (T19, T32, RFC 2349)`, () => {
      assert.throws(
        () => check({ tsize }),
        (error: unknown) => error instanceof MalformedPacket && /^tsize=\d+ is too large/.test(error.message),
      );
    });
  }

  it("an option that was not asked for is refused even when it is a harmless one (T32)", () => {
    assert.throws(() => checkOack(new Map([["tsize", "0"]]), new Map([["blksize", "512"]])), MalformedPacket);
  });
});
