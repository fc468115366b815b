import { eventually } from "@cotal/harness";
import { verifies } from "@cotal/requirements";
import { deleteConsumer, type LogEntry, type Session } from "@cotal/session";
import {
  asChannelPattern,
  asToken,
  bucketName,
  type OwnerId,
  type RegistryName,
  type Token,
} from "@cotal/subjects";
import {
  createSpaceTrust,
  createTrust,
  exportSigner,
  ingestOfRegistry,
  ingestSecret,
  mint,
} from "@cotal/trust";
import { describe, expect, test } from "vitest";
import { aclRegistry } from "../src/acl.ts";
import { directoryRegistry } from "../src/directory.ts";
import { openRegistry } from "../src/open-registry.ts";
import { type PeerOffice, type PeerOrder, provisionPeer, retirePeer } from "../src/provision-peer.ts";
import { type OperatorSpace, startOperatorSpace } from "./operator-space.ts";
import { failureOf, newId } from "./support.ts";

const review = asToken("role", "review");

function orderOf(extra: Partial<PeerOrder> = {}): PeerOrder {
  const allowSubscribe = [asChannelPattern("team.>")];
  return { id: newId(), name: "alice", kind: "agent", allowSubscribe, allowPublish: [], ...extra };
}

/** Runs with all that a provisioner has, under the rights of one. */
async function withOffice<T>(space: OperatorSpace, run: (office: PeerOffice) => Promise<T>): Promise<T> {
  return await space.as("provisioner", async (session, id) => run(await openOffice(space, session, id)));
}

async function openOffice({ spec }: OperatorSpace, session: Session, id: OwnerId): Promise<PeerOffice> {
  const secret = (registry: RegistryName): Token => spec.ingest(bucketName(spec.space, registry));
  const { space } = spec;
  return {
    session,
    space,
    acl: await openRegistry(session, aclRegistry, { space, id, secret: secret("acl") }),
    directory: await openRegistry(session, directoryRegistry, { space, id, secret: secret("directory") }),
  };
}

/** The consumers of DM and TASK, and what stands in the two registries. */
async function traces(space: OperatorSpace): Promise<object> {
  const { account_details = [] } = await space.broker.jsz();
  const consumers = account_details
    .flatMap(({ stream_detail = [] }) => stream_detail)
    .filter(({ name }) => name === "DM_acme" || name === "TASK_acme")
    .flatMap(({ consumer_detail = [] }) => consumer_detail.map(({ name }) => name))
    .sort();
  return await withOffice(space, async ({ acl, directory }) => ({
    consumers,
    acl: acl.entries(),
    directory: directory.entries(),
  }));
}
const nothing = { consumers: [], acl: [], directory: [] };

describe("provisioning a peer, as a provisioner", () => {
  test("makes its queues, its rights and its entry, and has the credential issued last", async () => {
    verifies("TRUST-8");
    await using space = await startOperatorSpace();
    const order = orderOf({ role: review });
    const { id } = order;
    const atIssue = await withOffice(space, (office) => provisionPeer(office, order, () => traces(space)));
    const made = {
      consumers: [`dm_${id}`, "svc_review"],
      acl: [{ key: id, value: { epoch: 1, allowSubscribe: ["team.>"], allowPublish: [] } }],
      directory: [{ key: id, value: { v: 1, id, name: "alice", kind: "agent", role: "review" } }],
    };
    expect(atIssue).toMatchObject(made);
    const again = await withOffice(space, (office) => provisionPeer(office, order, async () => "credential"));
    expect(again).toBe("credential");
    expect(await traces(space)).toEqual(atIssue);
  });

  test("removes what it made when the credential cannot be issued, and nothing else", async () => {
    verifies("TRUST-9");
    await using space = await startOperatorSpace();
    const order = orderOf({ role: review });
    const broken = async (): Promise<never> => {
      throw new Error("no signer");
    };
    await withOffice(space, async (office) => {
      await expect(provisionPeer(office, order, broken)).rejects.toThrow("no signer");
      expect(await traces(space)).toEqual(nothing);
      await provisionPeer(office, order, async () => "credential");
      const before = await traces(space);
      await expect(provisionPeer(office, order, broken)).rejects.toThrow("no signer");
      expect(await traces(space)).toEqual(before);
      const second = orderOf({ name: "bob", role: review });
      await expect(provisionPeer(office, second, broken)).rejects.toThrow("no signer");
      expect(await traces(space)).toEqual(before);
    });
  });

  test("leaves what its role shares when another peer has come to need it", async () => {
    verifies("TRUST-9");
    await using space = await startOperatorSpace();
    await withOffice(space, async (office) => {
      const other = orderOf({ name: "bob", role: review });
      const issue = async (): Promise<never> => {
        await withOffice(space, (second) => provisionPeer(second, other, async () => 0));
        await eventually(() => office.directory.get(other.id).kind === "found");
        throw new Error("no signer");
      };
      await expect(provisionPeer(office, orderOf({ role: review }), issue)).rejects.toThrow("no signer");
      expect(await traces(space)).toMatchObject({
        consumers: [`dm_${other.id}`, "svc_review"],
        acl: [{ key: other.id }],
        directory: [{ key: other.id }],
      });
    });
  });

  test("removes what it made when any earlier step fails", async () => {
    verifies("TRUST-9");
    await using space = await startOperatorSpace();
    await withOffice(space, async (office) => {
      const { acl, directory } = office;
      const fails = (): Promise<never> => Promise.reject(new Error("cut off"));
      const offices: PeerOffice[] = [
        { ...office, acl: { ...acl, get: acl.get, revision: 0, put: fails } },
        { ...office, directory: { ...directory, get: directory.get, revision: 0, put: fails } },
      ];
      for (const one of offices) {
        const issued: string[] = [];
        const issue = async (): Promise<void> => void issued.push("credential");
        await expect(provisionPeer(one, orderOf({ role: review }), issue)).rejects.toThrow("cut off");
        expect(issued).toEqual([]);
        expect(await traces(space)).toEqual(nothing);
      }
      const badName = orderOf({ name: " alice" });
      expect((await failureOf(provisionPeer(office, badName, async () => 0))).code).toBe("invalid-record");
      expect(await traces(space)).toEqual(nothing);
    });
  });

  test("goes on where an earlier one was cut off, with rights of a later epoch", async () => {
    verifies("TRUST-9", "REG-15");
    await using space = await startOperatorSpace();
    const order = orderOf();
    await withOffice(space, async (office) => {
      const fails = async (): Promise<never> => {
        await deleteConsumer(office.session, "DM_acme", `dm_${order.id}`);
        throw new Error("cut off");
      };
      await expect(provisionPeer(office, order, fails)).rejects.toThrow("cut off");
      const other = { ...order, allowPublish: [asChannelPattern("lab")] };
      await provisionPeer(office, other, async () => 0);
      expect(office.acl.get(order.id)).toMatchObject({ value: { epoch: 3, allowPublish: ["lab"] } });
    });
  });

  test("tells of what it could not remove", async () => {
    verifies("TRUST-9");
    await using space = await startOperatorSpace();
    await withOffice(space, async (office) => {
      const log: LogEntry[] = [];
      const { acl } = office;
      const stuck: PeerOffice = {
        ...office,
        session: { ...office.session, log: (entry) => void log.push(entry) },
        acl: { ...acl, get: acl.get, revision: 0, remove: () => Promise.reject(new Error("gone")) },
      };
      const issue = (): Promise<never> => Promise.reject(new Error("no signer"));
      const order = orderOf();
      await expect(provisionPeer(stuck, order, issue)).rejects.toThrow("no signer");
      expect(log).toMatchObject([{ level: "warn", event: "provision.left-behind", fields: { what: "acl" } }]);
      expect(await traces(space)).toMatchObject({ consumers: [], directory: [], acl: [{ key: order.id }] });
      await provisionPeer(office, { ...order, allowSubscribe: [] }, async () => 0);
      expect(acl.get(order.id)).toMatchObject({ value: { epoch: 2, allowSubscribe: [] } });
    });
  });

  test("refuses other rights, another person under the same id, and a name in use, and makes nothing", async () => {
    verifies("REG-41", "TRUST-8");
    await using space = await startOperatorSpace();
    await withOffice(space, async (office) => {
      const order = orderOf();
      await provisionPeer(office, order, async () => 0);
      const before = await traces(space);
      const refused: [Partial<PeerOrder>, string][] = [
        [{ allowPublish: [asChannelPattern("lab")] }, "rights-differ"],
        [{ allowSubscribe: [] }, "rights-differ"],
        [{ name: "eve" }, "rights-differ"],
        [{ kind: "endpoint" }, "rights-differ"],
        [{ role: review }, "rights-differ"],
        [{ id: newId(), name: "Alice" }, "name-taken"],
        [
          {
            id: newId(),
            name: "bob",
            allowPublish: Array.from({ length: 200 }, () => asChannelPattern("a")),
          },
          "too-many-patterns",
        ],
      ];
      for (const [extra, code] of refused) {
        const failure = await failureOf(provisionPeer(office, { ...order, ...extra }, async () => 0));
        expect([extra, failure.code]).toEqual([extra, code]);
        expect(await traces(space)).toEqual(before);
      }
    });
  });

  test("gives one of many the name that all of them want, and leaves nothing of the others", async () => {
    verifies("REG-41", "TRUST-9");
    await using space = await startOperatorSpace();
    const run = (order: PeerOrder) =>
      withOffice(space, (office) =>
        provisionPeer(office, order, async () => order.id).catch((error: { code: string }) => error.code),
      );
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => run(orderOf())));
    expect(outcomes.filter((one) => one === "name-taken")).toHaveLength(5);
    const winner = outcomes.find((one) => one !== "name-taken");
    expect(await traces(space)).toMatchObject({
      consumers: [`dm_${winner}`],
      acl: [{ key: winner }],
      directory: [{ key: winner }],
    });
  });
});

describe("the credential of a provisioner", () => {
  test("lives for minutes, and no host of agents can make one", async () => {
    verifies("TRUST-10");
    const at = Date.now();
    const trust = createTrust({ name: "test", at });
    const made = createSpaceTrust(trust, { space: "acme", shards: 2, storageBytes: 1 }, at);
    const order = { profile: "provisioner", name: "n" } as const;
    expect(mint(made, order, at).expiresAt - at).toBeLessThanOrEqual(5 * 60_000);
    const { space } = exportSigner({ trust, space: made }, "agents");
    expect(() => mint(space, order, at)).toThrow(expect.objectContaining({ code: "signer-missing" }));
    for (const registry of ["acl", "directory"] as const) {
      expect(() => ingestSecret(space, ingestOfRegistry(space, registry))).toThrow("may not write");
    }
  });
});

describe("retiring a peer, as a provisioner", () => {
  test("frees its name and removes its queue; its id is not used again", async () => {
    verifies("REG-41", "REG-44");
    await using space = await startOperatorSpace();
    await withOffice(space, async (office) => {
      const order = orderOf({ role: review });
      const { id } = order;
      await provisionPeer(office, order, async () => 0);
      expect(await retirePeer(office, id)).toBe("retired");
      expect(await retirePeer(office, id)).toBe("unchanged");
      expect(await retirePeer(office, newId())).toBe("absent");
      expect(await traces(space)).toMatchObject({
        consumers: ["svc_review"],
        directory: [{ key: id, value: { name: "alice", retired: true } }],
      });
      expect((await failureOf(provisionPeer(office, order, async () => 0))).code).toBe("peer-retired");
      const heir = orderOf();
      await provisionPeer(office, heir, async () => 0);
      expect(office.directory.get(heir.id)).toMatchObject({ value: { name: "alice" } });
    });
  });
});
