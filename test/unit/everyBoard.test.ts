import assert from "node:assert/strict";
import { everyBoard, type Surroundings } from "../../src/engine/everyBoard";
import type { RivalSearch } from "../../src/engine/rivalSearch";
import { agreementOf, networkNotice } from "../../src/extension/network/networkNotice";
import {
  decideOnce,
  everyBoardNotice,
  networksOf,
  type Memory,
} from "../../src/extension/network/everyBoard";
import type { EveryBoard } from "../../src/model/everyBoard";
import type { NetworkInterface } from "../../src/model/networks";
import { defaultWanted, standardPorts, type Wanted } from "../../src/model/settings";
import { temporaryFolder, type TemporaryFolder } from "../support/temporaryFolder";

const eth1: NetworkInterface = {
  name: "eth1",
  kind: "wired",
  addresses: [{ address: "192.168.7.1", netmask: "255.255.255.0" }],
  link: true,
  gateway: false,
};
const nobody: RivalSearch = { kind: "looked", rivals: [] };
const rival = { on: "192.168.7.1", server: "192.168.7.9", from: "192.168.7.9", offered: "192.168.7.50" };

describe("whether every board on a cable could be answered (DESIGN §5)", () => {
  let folder: TemporaryFolder;
  let asked: string[];

  beforeEach(async () => {
    folder = await temporaryFolder({ ".vscode/boot-plan.json": "{}" });
    asked = [];
  });
  afterEach(() => folder.remove());

  const there = (network: Partial<NetworkInterface>, search: RivalSearch): Surroundings => {
    const one = { ...eth1, ...network };
    const info = { family: "IPv4", mac: "", internal: false, cidr: null } as const;
    return {
      readInterfaces: () => ({ eth1: one.addresses.map((address) => ({ ...info, ...address })) }),
      listNetworks: () => Promise.resolve([one]),
      searchRivals: (networks) => {
        asked.push(...networks.map(({ address }) => address));
        return Promise.resolve(search);
      },
    };
  };
  const look = async (
    changes: Partial<Wanted> = {},
    network: Partial<NetworkInterface> = {},
    search: RivalSearch = nobody,
  ): Promise<unknown> => {
    const wanted = { ...defaultWanted, folder: folder.path, addresses: ["eth1"], ports: standardPorts };
    const found = await everyBoard({ ...wanted, ...changes }, there(network, search));
    return found.kind === "free" ? found.pool : found.kind;
  };

  it("it could, where nothing leads out and nobody else answers: with addresses of its own network, or the plan's pool", async () => {
    assert.deepEqual(await look(), ["192.168.7.100-192.168.7.199"]);
    assert.deepEqual(asked, ["192.168.7.1"]);
    await folder.write(".vscode/boot-plan.json", '{ "pool": "192.168.7.20-192.168.7.30" }');
    assert.deepEqual(await look(), ["192.168.7.20-192.168.7.30"]);
  });

  it("never on a network that leads to others, one in the air, or every interface; none of them is asked", async () => {
    assert.equal(await look({}, { gateway: true }), "taken");
    assert.equal(await look({}, { kind: "wireless" }), "taken");
    assert.equal(await look({ addresses: ["0.0.0.0"] }), "taken");
    assert.equal(await look({ addresses: ["192.168.7.1"] }, { gateway: true }), "taken");
    assert.deepEqual(asked, []);
  });

  it("not where another DHCP server answers", async () => {
    assert.equal(await look({}, {}, { kind: "looked", rivals: [rival] }), "taken");
  });

  it("not where somebody has said who is answered, or boards cannot ask", async () => {
    assert.equal(await look({ answer: "listed" }), "unasked");
    assert.equal(await look({ answer: "proxy" }), "unasked");
    assert.equal(await look({ servers: ["tftp"] }), "unasked");
    assert.equal(await look({ ports: { ...standardPorts, bootp: 6767 } }), "unasked");
    await folder.write(".vscode/boot-plan.json", '{ "answer": "boards" }');
    assert.equal(await look(), "unasked");
    assert.deepEqual(asked, []);
  });

  it("cannot be seen without link or lasting address, without the right to ask, or with a plan that has problems", async () => {
    assert.equal(await look({}, { link: false }), "unasked");
    assert.equal(await look({}, { addresses: [] }), "unasked");
    assert.equal(await look({}, { fix: { what: "gives it one", line: "ip address" } }), "unasked");
    assert.equal(await look({ addresses: ["127.0.0.1"] }), "unasked");
    assert.deepEqual(asked, []);
    assert.equal(await look({}, {}, { kind: "blind", why: "no right" }), "unasked");
    await folder.write(".vscode/boot-plan.json", '{ "pool": 7 }');
    assert.equal(await look(), "unasked");
  });
});

describe("the offer to answer every board on a cable", () => {
  const wanted = { ...defaultWanted, addresses: ["eth1"], ports: standardPorts };

  it("names the network, the addresses, and what is kept where", () => {
    const { message, detail } = everyBoardNotice(wanted, ["192.168.7.100-192.168.7.199"]);
    assert.equal(message, "Answer every board on this cable (eth1)?");
    assert.match(detail, /an address of 192\.168\.7\.100 to 192\.168\.7\.199 and the boot file/);
    assert.match(detail, /bootServers\.bootp\.answer of this machine/);
  });

  it("is made once for each folder and network, accepted or declined; what could not be looked at is looked at again", async () => {
    const kept = new Map<string, unknown>();
    const memory: Memory = {
      get: <T>(key: string, otherwise: T) => (kept.get(key) as T | undefined) ?? otherwise,
      update: (key, value) => Promise.resolve(void kept.set(key, value)),
    };
    const free = { kind: "free", pool: ["192.168.7.100-192.168.7.199"] } as const;
    const done: string[] = [];
    const start = (
      folder: string,
      interfaceName: string,
      found: EveryBoard,
      answer = true,
    ): Promise<boolean> =>
      decideOnce(
        memory,
        folder,
        { addresses: [interfaceName] },
        () => {
          done.push(`looks at ${interfaceName}`);
          return Promise.resolve(found);
        },
        ([pool]) => {
          done.push(`asks for ${pool ?? ""}`);
          return Promise.resolve(answer);
        },
      );
    const both = ["looks at eth1", "asks for 192.168.7.100-192.168.7.199"];
    for (const [folder, interfaceName, found, answer, accepted, expected] of [
      ["/a", "eth1", { kind: "unasked" }, true, false, ["looks at eth1"]],
      ["/a", "eth1", free, false, false, both],
      ["/a", "eth1", free, true, false, []],
      ["/b", "eth1", free, true, true, both],
      ["/b", "eth1", free, true, false, []],
      ["/a", "eth2", { kind: "taken" }, true, false, ["looks at eth2"]],
      ["/a", "eth2", free, true, false, []],
    ] as const) {
      assert.equal(await start(folder, interfaceName, found, answer), accepted);
      assert.deepEqual(done.splice(0), expected, `${folder} ${interfaceName}`);
    }
  });

  it("is decided for its networks in any order", () => {
    assert.equal(networksOf({ addresses: ["eth1", "eth2"] }), networksOf({ addresses: ["eth2", "eth1"] }));
    assert.notEqual(networksOf({ addresses: ["eth1"] }), networksOf({ addresses: ["eth2"] }));
  });

  it("accepted, another network is another question, which says that addresses are given", () => {
    const everyone = { ...wanted, answer: "everyone" } as const;
    assert.notEqual(agreementOf(wanted), agreementOf(everyone));
    assert.match(networkNotice(everyone, "drop", []).detail, /asks by DHCP is given an address/);
    assert.doesNotMatch(networkNotice(wanted, "drop", []).detail, /DHCP/);
  });
});
