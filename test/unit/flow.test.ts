import assert from "node:assert/strict";
import { mostRounds } from "../../src/model/rounds";
import { randomBytes } from "../support/random";
import { inWords, verifyScripted } from "../support/verifyRun";

const bytes = (name: string): Uint8Array => randomBytes(700, name.length);
const plan = (value: unknown): Record<string, string> => ({
  ".vscode/boot-plan.json": JSON.stringify(value),
});
const contents = (...names: string[]): Record<string, Uint8Array> =>
  Object.fromEntries(names.map((name) => [name, bytes(name)]));

/** A drop with two boot files; both are also there over FTP. */
const sequence = { ...plan({ boot: ["a.bin", "bb.bin"] }), ...contents("a.bin", "bb.bin") };
const served = { tftp: contents("a.bin", "bb.bin", "ccc.bin"), ftp: contents("a.bin", "bb.bin", "ccc.bin") };

describe("the client flow (DESIGN §2.2)", () => {
  it("asks, fetches from the answered address, then the plan's FTP files, and asks again until it is silent", async () => {
    const files = {
      ...plan({ boot: ["a.bin", "bb.bin"], tftp: ["ccc.bin"], ftp: ["dddd.bin"] }),
      ...contents("a.bin", "bb.bin", "ccc.bin", "dddd.bin"),
    };
    const { board, report } = await verifyScripted(files, {
      answers: [{ file: "a.bin", siaddr: "192.0.2.5" }, "bb.bin"],
      ...served,
      ftp: contents("dddd.bin"),
    });
    assert.deepEqual(board.calls, [
      "bootp",
      "tftp 192.0.2.5 a.bin",
      "login 192.0.2.5",
      "ftp dddd.bin",
      "logout",
      "bootp",
      "tftp 192.0.2.1 bb.bin",
      "login 192.0.2.1",
      "ftp dddd.bin",
      "logout",
      "bootp",
      "tftp 192.0.2.1 ccc.bin",
    ]);
    assert.equal(report.ok, true, report.verdict);
  });

  it("tells the FTP password to the target, and to whom an answer sends it; to whom the plan alone names it does not", async () => {
    const files = (server?: string): Record<string, string | Uint8Array> => ({
      ...plan({ boot: "a.bin", ftp: ["dddd.bin"], ...(server !== undefined && { server }) }),
      ...contents("a.bin", "dddd.bin"),
    });
    const elsewhere = "198.51.100.7";
    const ways = [
      [undefined, [], undefined],
      ["192.0.2.1", [], undefined],
      [elsewhere, [], "ftp.untold"],
      [elsewhere, [{ file: "a.bin", siaddr: elsewhere }], undefined],
    ] as const;
    for (const [server, answers, code] of ways) {
      for (const ftpPassword of ["canary", undefined]) {
        const { board, steps } = await verifyScripted(
          files(server),
          { answers, ...served, ftp: contents("dddd.bin") },
          {
            bootp: answers.length === 0 ? "skip" : "auto",
            ...(ftpPassword !== undefined && { ftpPassword }),
          },
        );
        const expected = ftpPassword === undefined ? undefined : code;
        const told = board.calls.filter((call) => call.startsWith("login"));
        assert.deepEqual(told, expected === undefined ? [`login ${server ?? "192.0.2.1"}`] : []);
        assert.equal(steps.find(({ kind }) => kind === "ftp")?.trouble?.code, expected);
      }
    }
  });

  it("fetches a file that a later round names again: a real step each time", async () => {
    const files = { ...plan({ boot: ["a.bin", "a.bin"] }), ...contents("a.bin") };
    const { steps, report } = await verifyScripted(files, { answers: ["a.bin", "a.bin"], ...served });
    assert.deepEqual(inWords(steps), [
      "passed bootp round 1",
      "passed tftp a.bin",
      "passed bootp round 2",
      "passed tftp a.bin",
      "passed bootp silence",
    ]);
    assert.equal(report.ok, true);
  });

  it("stops at a server that always answers, where the plan gives every request one file", async () => {
    const files = { ...plan({ boot: "a.bin" }), ...contents("a.bin") };
    const { steps, report } = await verifyScripted(files, { forever: () => "a.bin", ...served });
    assert.deepEqual(inWords(steps), [
      "passed bootp round 1",
      "passed tftp a.bin",
      "passed bootp same answer",
    ]);
    assert.equal(report.ok, true);
  });

  it("does not mind that such a server is silent the second time, but says so", async () => {
    const files = { ...plan({ boot: "a.bin" }), ...contents("a.bin") };
    const { steps, report } = await verifyScripted(files, { answers: ["a.bin"], ...served });
    assert.equal(report.ok, true);
    assert.match(steps.at(-1)?.warnings.join() ?? "", /gave it once/);
  });

  it("takes an answer without a file name for the end of a sequence (DHCP goes on giving the address)", async () => {
    const { report } = await verifyScripted(sequence, {
      answers: ["a.bin", "bb.bin", { file: "" }],
      ...served,
    });
    assert.equal(report.ok, true, report.verdict);
  });

  it("gives up after 64 rounds of files that are always new, and says at which stage (X29)", async () => {
    const { steps, board } = await verifyScripted(sequence, { forever: (index) => `new-${index}.bin` });
    const last = steps.filter(({ kind }) => kind === "bootp").at(-1);
    assert.equal(last?.trouble?.code, "bootp.endless");
    assert.equal(last.name, `round ${mostRounds + 1}`);
    assert.equal(board.calls.filter((call) => call === "bootp").length, mostRounds + 1);
  });

  it("fetches over TFTP the boot files that no answer named, so that their bytes are seen all the same", async () => {
    const { steps } = await verifyScripted(sequence, { answers: ["a.bin"], ...served });
    assert.deepEqual(inWords(steps), [
      "passed bootp round 1",
      "passed tftp a.bin",
      "failed bootp round 2 bootp.fewerRounds",
      "passed tftp bb.bin",
    ]);
  });

  it("asks the host of option 66, else the sender, where siaddr is empty, and says that U-Boot stops there", async () => {
    const { board, steps } = await verifyScripted(sequence, {
      answers: [
        { file: "a.bin", siaddr: "0.0.0.0", tftpServerName: "tftp.example" },
        { file: "bb.bin", siaddr: "0.0.0.0", sender: "192.0.2.9" },
      ],
      ...served,
    });
    assert.deepEqual(
      board.calls.filter((call) => call.startsWith("tftp")),
      ["tftp tftp.example a.bin", "tftp 192.0.2.9 bb.bin"],
    );
    const warned = steps.filter(({ warnings }) => warnings.some((text) => /U-Boot stops there/.test(text)));
    assert.deepEqual(
      warned.map(({ name }) => name),
      ["round 1", "round 2"],
    );
  });

  it("says where the files come from when siaddr sends the board elsewhere, unless the plan says the same", async () => {
    const script = { answers: [{ file: "a.bin", siaddr: "192.0.2.5" }, null], ...served };
    for (const [server, said] of [
      [{}, ["the files come from 192.0.2.5: siaddr sends the board there"]],
      [{ server: "192.0.2.5" }, []],
    ] as const) {
      const files = { ...plan({ boot: ["a.bin"], ...server }), ...contents("a.bin") };
      const { steps, report } = await verifyScripted(files, script);
      assert.equal(report.ok, true, report.verdict);
      assert.deepEqual(steps[0]?.warnings, said);
    }
  });

  it("names what was asked in vain: the target, or everybody where it was told to broadcast", async () => {
    for (const [bootp, words] of [
      ["auto", /no answer from 192\.0\.2\.1 port 67/],
      ["broadcast", /no answer from a broadcast to port 67/],
    ] as const) {
      const { steps } = await verifyScripted(sequence, served, { bootp });
      assert.match(steps[0]?.trouble?.message ?? "", words);
    }
  });

  it("does not wait for an answer where no question could be asked", async () => {
    const nothing = {
      ...served,
      triedClientPort: false,
      obstacles: ["no permission to listen on UDP port 67"],
    };
    const { steps, elapsedMs } = await verifyScripted(sequence, nothing, { bootp: "relay" });
    assert.equal(elapsedMs, 0);
    assert.deepEqual(steps[0]?.warnings, []);
    assert.equal(
      steps[0].trouble?.message,
      "no question could be asked: no permission to listen on UDP port 67",
    );
  });

  it("names in the report what the plan names and the workspace has not built", async () => {
    const { report } = await verifyScripted({ ...plan({ tftp: ["a.bin"] }) }, served);
    assert.equal(report.ok, false);
    assert.match(report.notes.join("\n"), /^\.vscode\/boot-plan\.json:1:\d+ "a\.bin" is not there yet/m);
  });

  it("asks once more after silentSeconds where the very first question is not answered, and says so", async () => {
    const { report, steps, elapsedMs } = await verifyScripted(sequence, {
      answers: [null, "a.bin", "bb.bin"],
      ...served,
    });
    assert.equal(report.ok, true, report.verdict);
    assert.match(steps[0]?.warnings.join() ?? "", /asked once more after 10 s/);
    assert.equal(elapsedMs, 10_000);
  });

  it("asks only the first board's first question once more", async () => {
    const files = {
      ...plan({
        boot: ["a.bin"],
        clients: [{ name: "bench-1", mac: "52:54:00:00:00:01", boot: ["bb.bin"] }],
      }),
      ...contents("a.bin", "bb.bin"),
    };
    const { board } = await verifyScripted(files, { answers: ["a.bin"], ...served });
    assert.deepEqual(
      board.asked.map(({ mac, release }) => ({ mac, release })),
      [
        { mac: "02:00:00:00:00:01", release: true },
        { mac: "52:54:00:00:00:01", release: false },
      ],
    );
    assert.equal(board.calls.filter((call) => call === "bootp").length, 3);
  });

  it("asks BOOTP for one board alone where nobody answers it, over any protocol", async () => {
    const clients = [{ name: "bench-1", mac: "52:54:00:00:00:01", boot: "bb.bin" }];
    const files = { ...plan({ boot: "a.bin", clients }), ...contents("a.bin", "bb.bin") };
    const { board, steps } = await verifyScripted(files, { dead: true });
    assert.equal(board.calls.filter((call) => call === "bootp").length, 2, "once, and once more");
    assert.deepEqual(inWords(steps).slice(-2), [
      "failed bootp round 1 bootp.unanswered",
      "failed tftp bb.bin tftp.unanswered",
    ]);
    // A refusal is an answer: that target may know the next board.
    const refusing = await verifyScripted(files, { tftp: {} });
    assert.equal(refusing.board.calls.filter((call) => call === "bootp").length, 3);
  });

  it("takes the plan's entries for the rounds where nothing answered BOOTP", async () => {
    const { steps } = await verifyScripted(sequence, { ...served });
    assert.deepEqual(inWords(steps), [
      "failed bootp round 1 bootp.silent",
      "passed tftp a.bin",
      "passed tftp bb.bin",
    ]);
  });

  it("does not ask BOOTP with --bootp skip: that is no step, and the report says so", async () => {
    const { report, board } = await verifyScripted(sequence, served, { bootp: "skip" });
    assert.deepEqual(board.asked, []);
    assert.equal(report.ok, true, report.verdict);
    assert.deepEqual(inWords(report.steps), ["passed tftp a.bin", "passed tftp bb.bin"]);
    assert.match(report.notes.join("\n"), /BOOTP was turned off/);
  });

  it("skips BOOTP for an IPv6 target, which is then not verified", async () => {
    const { report } = await verifyScripted(sequence, served, { target: "2001:db8::1" });
    assert.deepEqual(inWords(report.steps)[0], "skipped bootp round 1 bootp.notAsked");
    assert.equal(report.ok, false);
  });

  it("with --bootp skip takes the files from the plan's server", async () => {
    const files = { ...plan({ boot: "a.bin", server: "192.0.2.77" }), ...contents("a.bin") };
    const { board } = await verifyScripted(files, served, { bootp: "skip" });
    assert.deepEqual(board.calls, ["tftp 192.0.2.77 a.bin"]);
  });

  it("logs in anew after a transfer that broke off, not after a refusal", async () => {
    const files = {
      ...plan({ ftp: ["a.bin", "bb.bin", "ccc.bin"], tftp: [] }),
      ...contents("a.bin", "bb.bin", "ccc.bin"),
    };
    const { board } = await verifyScripted(files, {
      answers: [{ file: "" }],
      ftp: {
        "a.bin": { error: "ftp.refused" },
        "bb.bin": { bytes: bytes("bb.bin").subarray(0, 10), error: "ftp.timeout" },
        "ccc.bin": bytes("ccc.bin"),
      },
    });
    assert.deepEqual(board.calls.slice(1), [
      "login 192.0.2.1",
      "ftp a.bin",
      "ftp bb.bin",
      "logout",
      "login 192.0.2.1",
      "ftp ccc.bin",
      "logout",
    ]);
  });

  it("asks nothing more of a protocol whose first file was not answered, and all of the others", async () => {
    const files = {
      ...plan({ tftp: ["a.bin", "bb.bin"], ftp: ["a.bin", "bb.bin"] }),
      ...contents("a.bin", "bb.bin"),
    };
    const { board, report } = await verifyScripted(files, {
      answers: [{ file: "" }],
      tftp: { "a.bin": { error: "tftp.timeout" } },
      ftp: served.ftp,
    });
    assert.deepEqual(board.calls, [
      "bootp",
      "tftp 192.0.2.1 a.bin",
      "login 192.0.2.1",
      "ftp a.bin",
      "ftp bb.bin",
      "logout",
    ]);
    assert.deepEqual(inWords(report.steps).slice(1), [
      "failed tftp a.bin tftp.timeout",
      "failed tftp bb.bin tftp.unanswered",
      "passed ftp a.bin",
      "passed ftp bb.bin",
    ]);
  });

  it("carries option 61 with a part of its own for each run, and the options that were asked for", async () => {
    const options = new Map([[60, new TextEncoder().encode("PXEClient")]]);
    const { board } = await verifyScripted(sequence, { answers: ["a.bin"], ...served }, { options });
    const [asked] = board.asked;
    assert.equal(new TextDecoder().decode(asked?.clientIdentifier), "boot-servers-verify-0123456789abcdef");
    assert.equal(asked?.options, options);
  });

  for (const at of ["bootp", "tftp 192.0.2.1 a.bin", "login 192.0.2.1", "ftp ccc.bin"]) {
    it(`ends at once when it is cancelled at "${at}", with nothing left open`, async () => {
      const controller = new AbortController();
      const files = { ...plan({ boot: ["a.bin"], ftp: ["ccc.bin"] }), ...contents("a.bin", "ccc.bin") };
      const script = {
        answers: ["a.bin"],
        ...served,
        before: (call: string) => {
          if (call === at) controller.abort(new Error("cancelled"));
        },
      };
      const { report, board, rows } = await verifyScripted(files, script, {}, controller.signal);
      assert.equal(report.ok, false);
      assert.match(report.verdict, /^Cancelled after /);
      assert.equal(board.calls.filter((call) => call !== "logout").at(-1), at, "nothing is asked after that");
      assert.equal(board.open, 0);
      assert.notEqual(rows.at(-1)?.state, "running", "no step is left running");
    });
  }
});

describe("what a verification plays (DESIGN §2.3)", () => {
  it("fetches all that is served over both protocols without a plan, and counts what the door refuses", async () => {
    const files = {
      ...contents("a.bin", "sub/bb.bin"),
      ".env": "SECRET=1",
      id_rsa: "key",
      ".git/config": "x",
    };
    const { report, subject } = await verifyScripted(files, {
      answers: [{ file: "" }],
      tftp: contents("a.bin", "sub/bb.bin"),
      ftp: contents("a.bin", "sub/bb.bin"),
    });
    assert.deepEqual(inWords(report.steps), [
      "passed bootp answer",
      "passed tftp a.bin",
      "passed tftp sub/bb.bin",
      "passed ftp a.bin",
      "passed ftp sub/bb.bin",
    ]);
    assert.equal(report.ok, true);
    assert.equal(subject?.whole, true);
    assert.ok(
      Object.values(report.refused).reduce((sum, count) => sum + count, 0) >= 2,
      JSON.stringify(report.refused),
    );
  });

  it("fails where a server without a plan's word names a file", async () => {
    const { steps } = await verifyScripted(contents("a.bin"), { answers: ["a.bin"], ...served });
    assert.equal(inWords(steps)[0], "failed bootp round 1 bootp.unexpectedFile");
  });

  it("fetches the first 1,000 files and says that there are more", async () => {
    const files = Object.fromEntries(Array.from({ length: 1003 }, (_, index) => [`f${index}`, ""]));
    // Nobody is there: what is asked is seen all the same, and no file has to be read for it.
    const { report } = await verifyScripted(files, { dead: true });
    assert.equal(report.steps.length, 1 + 2 * 1000);
    assert.match(report.notes.join("\n"), /first 1000 of 1003/);
  });

  it("plays one board for everybody and each listed client whose drop differs; the others are named in a note", async () => {
    const clients = [
      { name: "same", mac: "52:54:00:00:00:01" },
      { name: "other", mac: "52:54:00:00:00:02", boot: "bb.bin" },
    ];
    const files = { ...plan({ boot: "a.bin", clients }), ...contents("a.bin", "bb.bin") };
    const { report, subject } = await verifyScripted(files, {
      answers: ["a.bin", "a.bin", "bb.bin", "bb.bin"],
      ...served,
    });
    assert.deepEqual(subject?.boards, ["any board", "other"]);
    assert.equal(report.ok, true, report.verdict);
    assert.match(report.notes.join("\n"), /1 listed client gets the same drop/);
  });

  it("plays the board of --client, and of --mac", async () => {
    const clients = [{ name: "other", mac: "52:54:00:00:00:02", boot: "bb.bin" }];
    const files = { ...plan({ boot: "a.bin", clients }), ...contents("a.bin", "bb.bin") };
    const script = { answers: ["bb.bin", "bb.bin"], ...served };
    for (const settings of [{ client: "other" }, { mac: "52:54:00:00:00:02" }]) {
      const { subject, board, report } = await verifyScripted(files, script, settings);
      assert.deepEqual(subject?.boards, ["other"]);
      assert.equal(board.asked[0]?.mac, "52:54:00:00:00:02");
      assert.equal(report.ok, true);
    }
    await assert.rejects(verifyScripted(files, script, { client: "nobody" }), {
      code: "client.unknown",
      remedy: "It lists other.",
    });
    await assert.rejects(verifyScripted(contents("a.bin"), script, { client: "nobody" }), {
      remedy: /--plan/,
    });
  });

  it("reads the manifest as a board does: CRLF, BOM, blank lines and comments (X30)", async () => {
    const manifest = new TextEncoder().encode(
      "\ufeff# list\r\n\r\nfirst: ccc.bin\r\n  second :  bb.bin \r\n",
    );
    const files = { ...plan({ boot: ["m.rc"] }), "m.rc": manifest, ...contents("ccc.bin", "bb.bin") };
    const { steps, report } = await verifyScripted(files, {
      answers: ["m.rc"],
      tftp: { "m.rc": manifest },
      ftp: served.ftp,
    });
    assert.deepEqual(inWords(steps).slice(-3), [
      "passed manifest m.rc",
      "passed ftp ccc.bin",
      "passed ftp bb.bin",
    ]);
    assert.equal(report.ok, true);
  });

  it("fetches a manifest that is not in boot over TFTP first", async () => {
    const manifest = new TextEncoder().encode("first: ccc.bin\n");
    const files = { ...plan({ manifest: "list.txt" }), "list.txt": manifest, ...contents("ccc.bin") };
    const { board, report } = await verifyScripted(files, {
      answers: [{ file: "" }],
      tftp: { "list.txt": manifest },
      ftp: served.ftp,
    });
    assert.deepEqual(board.calls.slice(0, 4), [
      "bootp",
      "tftp 192.0.2.1 list.txt",
      "login 192.0.2.1",
      "ftp ccc.bin",
    ]);
    assert.equal(report.ok, true, report.verdict);
  });

  it("believes the manifest that was fetched, not the workspace's", async () => {
    const files = { ...plan({ boot: ["m.rc"] }), "m.rc": "first: a.bin\n", ...contents("a.bin", "bb.bin") };
    const { board, report } = await verifyScripted(files, {
      answers: ["m.rc"],
      tftp: { "m.rc": new TextEncoder().encode("first: bb.bin\n") },
      ftp: served.ftp,
    });
    assert.ok(board.calls.includes("ftp bb.bin") && !board.calls.includes("ftp a.bin"));
    assert.equal(report.ok, false, "the manifest itself differs");
  });

  it("holds each board to its own manifest: what another board's says of a file does not count", async () => {
    const clients = [{ name: "other", mac: "52:54:00:00:00:02", boot: ["good.rc"] }];
    const [bad, good] = ["a: ccc.bin : size=5", "a: ccc.bin"].map((text) => new TextEncoder().encode(text));
    const own = { "bad.rc": bad!, "good.rc": good! };
    const files = { ...plan({ boot: ["bad.rc"], clients }), ...own, ...contents("ccc.bin") };
    const script = { answers: ["bad.rc", null, "good.rc", null], tftp: own, ftp: served.ftp };
    const { steps } = await verifyScripted(files, script);
    assert.deepEqual(
      steps.filter(({ kind }) => kind === "ftp").map(({ client, state }) => `${client} ${state}`),
      ["any board failed", "other passed"],
    );
  });

  it("compares what an alias names with the file behind it", async () => {
    const files = {
      ...plan({ boot: "pxelinux.0", aliases: { "pxelinux.0": "a.bin" } }),
      ...contents("a.bin"),
    };
    const { report } = await verifyScripted(files, {
      forever: () => "pxelinux.0",
      tftp: { "pxelinux.0": bytes("a.bin") },
    });
    assert.equal(report.ok, true, report.verdict);
  });
});
