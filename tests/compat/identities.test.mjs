// identities.* through the official SDK.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientWith, createApi, createKey, errors, getKey, method, pages, refused, unique, unkey, verify, withoutIds } from "./support.mjs";

const META = { name: "Åsa 🎉", credits: 100, ratio: 2.5, none: null, nested: { list: [true, {}, []] }, empty: "" };
const LIMITS = [
  { name: "api_calls", limit: 100, duration: 60_000, autoApply: false },
  { name: "tokens", limit: 5, duration: 86_400_000, autoApply: true },
];

const create = async (members = {}) => {
  const externalId = unique("user");
  const { identityId } = (await unkey.identities.createIdentity({ externalId, ...members })).data;
  return { id: identityId, externalId };
};
const get = async (identity) => (await unkey.identities.getIdentity({ identity })).data;
const byName = (limits) => withoutIds(limits).sort((a, b) => a.name.localeCompare(b.name));
const NOT_FOUND = [404, "unkey/data/identity_not_found"];

method("identities.createIdentity", () => {
  test("keeps metadata and limits as they are", async () => {
    const { id, externalId } = await create({ meta: META, ratelimits: LIMITS });
    assert.match(id, /^id_[a-zA-Z0-9]+$/);
    const { ratelimits, ...stored } = await get(id);
    assert.deepEqual(stored, { id, externalId, meta: META });
    assert.deepEqual(byName(ratelimits), LIMITS);
  });

  test("without options there is nothing to show", async () => {
    const identity = await create();
    assert.deepEqual(await get(identity.externalId), identity);
  });

  test("the external id is taken while the identity lives, in its letter case", async () => {
    const { externalId } = await create();
    const error = await refused(create({ externalId }), 409, "unkey/data/identity_already_exists");
    assert.equal(error.detail, `Identity with externalId '${externalId}' already exists in this workspace.`);
    await create({ externalId: externalId.toUpperCase() });
    await refused(create({ externalId: "" }), 400, "unkey/application/invalid_input");
  });

  test("of many at once one is made", async () => {
    const externalId = unique("racing");
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => create({ externalId })));
    const made = results.filter((result) => result.status === "fulfilled");
    assert.equal(made.length, 1);
    const others = results.flatMap((result) => result.reason ?? []);
    assert.ok(others.every((error) => error instanceof errors.ConflictErrorResponse), String(others));
  });
});

method("identities.getIdentity", () => {
  test("by its id and by the external id", async () => {
    const { id, externalId } = await create({ meta: META });
    assert.deepEqual(await get(id), await get(externalId));
  });

  test("an unknown one, and a caller that may read another one only", async () => {
    const [mine, other] = [await create(), await create()];
    await refused(get("nobody"), ...NOT_FOUND);
    const reader = await clientWith(`identity.${mine.id}.read_identity`);
    assert.equal((await reader.identities.getIdentity({ identity: mine.externalId })).data.id, mine.id);
    await refused(reader.identities.getIdentity({ identity: other.id }), 403, "unkey/authorization/insufficient_permissions");
  });
});

method("identities.listIdentities", () => {
  test("the iterator ends with every identity once, in the order of the ids", async () => {
    const made = [];
    for (let i = 0; i < 5; i++) {
      made.push(await create({ meta: { i }, ratelimits: LIMITS }));
    }

    const listed = await pages(unkey.identities.listIdentities({ limit: 3 }));
    assert.ok(listed.length > 1 && listed.slice(0, -1).every((page) => page.length === 3));
    const ids = listed.flat().map((identity) => identity.id);
    assert.deepEqual(ids, [...new Set(ids)].sort());
    for (const [i, { id }] of made.entries()) {
      const row = listed.flat().find((identity) => identity.id === id);
      assert.deepEqual([row.meta, byName(row.ratelimits)], [{ i }, LIMITS]);
    }
  });

  test("search is literal and ignores the letter case", async () => {
    const { id, externalId } = await create();
    const find = async (search) => (await pages(unkey.identities.listIdentities({ search, limit: 1 }))).flat().map((row) => row.id);
    assert.deepEqual(await find(externalId.slice(2).toUpperCase()), [id]);
    assert.deepEqual(await find(` ${id} `), [id]);
    assert.deepEqual(await find(externalId.replace("_", "%")), []);
    await refused(unkey.identities.listIdentities({ limit: 0 }), 400, "unkey/application/invalid_input");
  });
});

method("identities.updateIdentity", () => {
  const update = async (identity, members) => (await unkey.identities.updateIdentity({ identity, ...members })).data;

  test("replaces metadata and limits; a limit of the same name keeps its id", async () => {
    const { id, externalId } = await create({ meta: { old: true }, ratelimits: LIMITS });
    const { ratelimits: before } = await get(id);
    const wanted = [{ ...LIMITS[0], limit: 200 }, { name: "extra", limit: 1, duration: 1000, autoApply: true }];
    const { ratelimits, ...rest } = await update(externalId, { meta: META, ratelimits: wanted });
    assert.deepEqual(rest, { id, externalId, meta: META });
    assert.deepEqual(byName(ratelimits), wanted);
    const kept = (limits) => limits.find((limit) => limit.name === "api_calls").id;
    assert.equal(kept(ratelimits), kept(before));
    const after = await get(id);
    assert.deepEqual([after.meta, byName(after.ratelimits)], [META, wanted]);
  });

  test("absent keeps, empty clears", async () => {
    const { id, externalId } = await create({ meta: META, ratelimits: LIMITS });
    assert.deepEqual(byName((await update(id, {})).ratelimits), LIMITS);
    assert.deepEqual((await get(id)).meta, META);
    assert.deepEqual(await update(id, { meta: {}, ratelimits: [] }), { id, externalId });
    assert.deepEqual(await get(id), { id, externalId });
  });

  test("keys of the identity follow at once", async () => {
    const { externalId } = await create();
    const { key } = await createKey(await createApi(), { externalId });
    assert.equal((await verify(key)).ratelimits, undefined);
    await update(externalId, { meta: { plan: "pro" }, ratelimits: [{ name: "once", limit: 1, duration: 60_000, autoApply: true }] });
    const [first, second] = [await verify(key), await verify(key)];
    assert.deepEqual([first.code, second.code, first.identity.meta], ["VALID", "RATE_LIMITED", { plan: "pro" }]);
  });

  test("the same name twice, an unknown identity, a missing permission", async () => {
    const { id } = await create();
    const twice = await refused(update(id, { ratelimits: [LIMITS[0], LIMITS[0]] }), 400, "unkey/application/invalid_input");
    assert.equal(twice.detail, "Ratelimit with name 'api_calls' is already defined in the request");
    await refused(update("nobody", {}), ...NOT_FOUND);
    const reader = await clientWith("identity.*.read_identity");
    await refused(reader.identities.updateIdentity({ identity: id }), 403, "unkey/authorization/insufficient_permissions");
  });
});

method("identities.deleteIdentity", () => {
  // The SDK takes errors of this one operation as typed only from application/problem+json, which it does not ask for.
  const gone = (identity) => refused(unkey.identities.deleteIdentity({ identity }), ...NOT_FOUND, errors.APIError);

  test("takes the identity away; its external id can be used again", async () => {
    const { id, externalId } = await create({ ratelimits: LIMITS });
    const { keyId, key } = await createKey(await createApi(), { externalId });
    assert.equal((await verify(key)).identity.id, id);
    const answer = await unkey.identities.deleteIdentity({ identity: externalId });
    assert.deepEqual(Object.keys(answer), ["meta"]);
    await gone(externalId);
    await gone(id);
    await refused(get(id), ...NOT_FOUND);
    assert.deepEqual(await verify(key), { valid: true, code: "VALID", keyId, enabled: true });
    assert.equal((await getKey(keyId)).identity, undefined);
    assert.notEqual((await create({ externalId })).id, id);
    await unkey.identities.deleteIdentity({ identity: externalId });
  });
});
