// The official v1 packages (@unkey/api 0.x and @unkey/ratelimit 0.x) against a running server that was started with --v1.
// These clients check nothing themselves, so the tests look at whole answers.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Unkey, and, or } from "unkey-api-v1";
import { Overrides, Ratelimit } from "unkey-ratelimit-v1";

const baseUrl = process.env.BASE_URL;
const rootKey = process.env.UNKEY_ROOT_KEY;
assert.ok(baseUrl && rootKey, "BASE_URL and UNKEY_ROOT_KEY are needed");

const client = (options = {}) => new Unkey({ baseUrl, rootKey, retry: { attempts: 0 }, ...options });
const unkey = client();
const tag = Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
const owner = `v1_user_${tag}`;
let apiId;
let key;

const ok = async (call) => {
  const { result, error } = await call;
  assert.equal(error, undefined, JSON.stringify(error));
  return result;
};
const refused = async (call, code) => {
  const { result, error } = await call;
  assert.equal(result, undefined, JSON.stringify(result));
  assert.equal(error.code, code, error.message);
  assert.equal(error.docs, `https://unkey.dev/docs/api-reference/errors/code/${code}`);
  assert.match(error.requestId, /^req_/);
  return error.message;
};
const create = (options = {}) => ok(unkey.keys.create({ apiId, ...options }));
const verify = (request, secret = key.key) => ok(unkey.keys.verify({ key: secret, ...request }));

before(async () => {
  apiId = (await ok(unkey.apis.create({ name: `compat-v1-${tag}` }))).apiId;
  key = await create({
    prefix: "t",
    name: "compat",
    ownerId: owner,
    meta: { plan: "pro", nested: { list: [1, 2.5, null] } },
    roles: [`admin-${tag}`],
    permissions: ["doc.read", "doc.list"],
    remaining: 100,
    refill: { interval: "monthly", amount: 100 },
    ratelimit: { async: true, limit: 50, duration: 60_000 },
    environment: "test",
  });
});

describe("apis", () => {
  test("get and delete", async () => {
    const api = await ok(unkey.apis.get({ apiId }));
    assert.deepEqual(api, { id: apiId, workspaceId: api.workspaceId, name: `compat-v1-${tag}` });
    const gone = (await ok(unkey.apis.create({ name: "to be deleted" }))).apiId;
    assert.deepEqual(await ok(unkey.apis.delete({ apiId: gone })), {});
    assert.equal(await refused(unkey.apis.get({ apiId: gone }), "NOT_FOUND"), `api ${gone} not found`);
  });

  test("listKeys pages", async () => {
    const listed = (await ok(unkey.apis.create({ name: "listed" }))).apiId;
    const ids = [];
    for (let i = 0; i < 5; i++) ids.push((await ok(unkey.keys.create({ apiId: listed, ownerId: i % 2 ? owner : undefined }))).keyId);
    const seen = [];
    let cursor;
    do {
      const page = await ok(unkey.apis.listKeys({ apiId: listed, limit: 2, cursor }));
      assert.equal(page.total, 5);
      seen.push(...page.keys.map((k) => k.id));
      cursor = page.cursor;
    } while (cursor);
    assert.deepEqual(seen, ids.toSorted());
    const owned = await ok(unkey.apis.listKeys({ apiId: listed, ownerId: owner }));
    assert.deepEqual([owned.total, owned.keys.length, owned.keys[0].ownerId, owned.cursor], [2, 2, owner, undefined]);
  });
});

describe("keys", () => {
  test("verify answers everything the key has", async () => {
    const result = await verify({ apiId, tags: ["path=/x"], remaining: { cost: 0 } });
    assert.deepEqual(result, {
      valid: true,
      code: "VALID",
      requestId: result.requestId,
      keyId: key.keyId,
      name: "compat",
      ownerId: owner,
      meta: { plan: "pro", nested: { list: [1, 2.5, null] } },
      remaining: 100,
      ratelimit: { limit: 50, remaining: 49, reset: result.ratelimit.reset },
      enabled: true,
      permissions: ["doc.list", "doc.read"],
      roles: [`admin-${tag}`],
      environment: "test",
      identity: { id: result.identity.id, externalId: owner, meta: {} },
    });
    assert.match(result.requestId, /^req_/);
    assert.ok(result.ratelimit.reset > Date.now() - 1000 && result.ratelimit.reset <= Date.now() + 61_000);
  });

  test("verify with permission queries", async () => {
    const code = async (permissions) => (await verify({ authorization: { permissions }, remaining: { cost: 0 } })).code;
    assert.equal(await code("doc.read"), "VALID");
    assert.equal(await code("doc.write"), "INSUFFICIENT_PERMISSIONS");
    assert.equal(await code(or("doc.write", "doc.read")), "VALID");
    assert.equal(await code(and("doc.read", or("doc.list", "x", and("y", "z")))), "VALID");
    assert.equal(await code(and("doc.read", or("x", and("doc.list", "z")))), "INSUFFICIENT_PERMISSIONS");
    assert.match(await refused(unkey.keys.verify({ key: key.key, authorization: { permissions: and() } }), "BAD_REQUEST"), /^authorization\.permissions: /);
  });

  test("verify needs no root key", async () => {
    const result = await ok(client({ rootKey: "public" }).keys.verify({ key: key.key, remaining: { cost: 0 } }));
    assert.equal(result.code, "VALID");
  });

  test("verify knows every outcome that is no success", async () => {
    const unknown = await verify({}, "no such key");
    assert.deepEqual(unknown, { valid: false, code: "NOT_FOUND", requestId: unknown.requestId });
    assert.equal((await verify({ apiId: "api_other" })).code, "FORBIDDEN");
    assert.equal((await verify({}, (await create({ enabled: false })).key)).code, "DISABLED");
    assert.equal((await verify({}, (await create({ expires: 1000, meta: { a: 1 } })).key)).meta.a, 1);
    const limited = (await create({ ratelimit: { limit: 1, duration: 3_600_000 } })).key;
    assert.deepEqual([(await verify({}, limited)).code, (await verify({}, limited)).code], ["VALID", "RATE_LIMITED"]);
    const credits = (await create({ remaining: 2 })).key;
    assert.deepEqual([(await verify({ remaining: { cost: 2 } }, credits)).remaining, (await verify({}, credits)).code], [0, "USAGE_EXCEEDED"]);
    const ratelimits = [{ name: "a", limit: 10, duration: 10_000, cost: 4 }, { name: "b", limit: 1, duration: 60_000, cost: 2 }];
    assert.equal((await verify({ ratelimits }, (await create()).key)).code, "RATE_LIMITED");
    await refused(unkey.keys.verify({ key: key.key, ratelimits: [{ name: "none" }] }), "BAD_REQUEST");
  });

  test("get shows the key", async () => {
    const shown = await ok(unkey.keys.get({ keyId: key.keyId }));
    assert.ok(key.key.startsWith(shown.start));
    assert.deepEqual([shown.id, shown.apiId, shown.name, shown.ownerId, shown.enabled], [key.keyId, apiId, "compat", owner, true]);
    assert.deepEqual(shown.refill, { interval: "monthly", amount: 100, refillDay: 1 });
    assert.deepEqual([shown.ratelimit.limit, shown.ratelimit.duration], [50, 60_000]);
    assert.deepEqual([shown.roles, shown.permissions], [[`admin-${tag}`], ["doc.list", "doc.read"]]);
    assert.equal(await refused(unkey.keys.get({ keyId: "key_none" }), "NOT_FOUND"), "key key_none not found");
  });

  test("update, updateRemaining and delete", async () => {
    const made = await create({ name: "before", meta: { a: 1 }, remaining: 5 });
    assert.deepEqual(await ok(unkey.keys.update({ keyId: made.keyId, name: "after", meta: null, ratelimit: { limit: 3, duration: 1000 } })), {});
    const shown = await ok(unkey.keys.get({ keyId: made.keyId }));
    assert.deepEqual([shown.name, shown.meta, shown.remaining, shown.ratelimit.limit], ["after", undefined, 5, 3]);
    const move = async (op, value) => (await ok(unkey.keys.updateRemaining({ keyId: made.keyId, op, value }))).remaining;
    assert.deepEqual([await move("increment", 5), await move("decrement", 3), await move("set", null)], [10, 7, null]);
    assert.deepEqual(await ok(unkey.keys.delete({ keyId: made.keyId })), {});
    assert.equal((await verify({}, made.key)).code, "NOT_FOUND");
  });

  test("permissions and roles of a key", async () => {
    const { keyId, key: secret } = await create();
    const added = await ok(unkey.keys.addPermissions({ keyId, permissions: [{ name: `p1.${tag}`, create: true }, { name: "doc.read" }] }));
    assert.deepEqual(added.map((p) => p.name).toSorted(), ["doc.read", `p1.${tag}`]);
    assert.deepEqual(await ok(unkey.keys.removePermissions({ keyId, permissions: [{ name: "doc.read" }] })), {});
    await ok(unkey.keys.addRoles({ keyId, roles: [{ name: `r1-${tag}`, create: true }] }));
    const result = await verify({}, secret);
    assert.deepEqual([result.permissions, result.roles], [[`p1.${tag}`], [`r1-${tag}`]]);
    await ok(unkey.keys.setRoles({ keyId, roles: [] }));
    await ok(unkey.keys.setPermissions({ keyId, permissions: [] }));
    assert.deepEqual((await verify({}, secret)).roles, []);
    await refused(unkey.keys.addRoles({ keyId, roles: [{ name: `none-${tag}` }] }), "NOT_FOUND");
  });
});

describe("identities and permissions", () => {
  test("identities", async () => {
    const externalId = `v1_identity_${tag}`;
    const limit = { name: "tokens", limit: 5, duration: 60_000 };
    const { identityId } = await ok(unkey.identities.create({ externalId, meta: { tier: 1 }, ratelimits: [limit] }));
    const whole = { id: identityId, externalId, meta: { tier: 1 }, ratelimits: [limit] };
    assert.deepEqual(await ok(unkey.identities.get({ externalId })), whole);
    assert.deepEqual(await ok(unkey.identities.update({ identityId, meta: { tier: 2 } })), { ...whole, meta: { tier: 2 } });
    const list = await ok(unkey.identities.list({ limit: 100 }));
    assert.ok(list.total >= 2 && list.identities.some((i) => i.id === identityId));
    await refused(unkey.identities.create({ externalId }), "CONFLICT");
    assert.deepEqual(await ok(unkey.identities.delete({ identityId })), {});
    await refused(unkey.identities.get({ identityId }), "NOT_FOUND");
  });

  test("permissions and roles", async () => {
    const name = `compat.v1.${tag}`;
    const { permissionId } = await ok(unkey.permissions.createPermission({ name, description: "what for" }));
    assert.deepEqual(await ok(unkey.permissions.getPermission({ permissionId })), { id: permissionId, name, slug: name, description: "what for" });
    assert.ok((await ok(unkey.permissions.listPermissions())).some((p) => p.id === permissionId));
    const { roleId } = await ok(unkey.permissions.createRole({ name }));
    assert.deepEqual(await ok(unkey.permissions.getRole({ roleId })), { id: roleId, name });
    assert.ok((await ok(unkey.permissions.listRoles())).some((r) => r.id === roleId));
    await refused(unkey.permissions.createRole({ name }), "CONFLICT");
    await ok(unkey.permissions.deleteRole({ roleId }));
    await ok(unkey.permissions.deletePermission({ permissionId }));
    await refused(unkey.permissions.getPermission({ permissionId }), "NOT_FOUND");
  });
});

describe("@unkey/ratelimit", () => {
  const limiter = (options = {}) => new Ratelimit({ baseUrl, rootKey, namespace: `v1_${tag}`, limit: 2, duration: "60s", ...options });

  test("limit counts down and denies", async () => {
    const ratelimit = limiter();
    const first = await ratelimit.limit("u", { meta: { path: "/" }, resources: [{ type: "doc", id: "1" }], async: true });
    assert.deepEqual(first, { success: true, limit: 2, remaining: 1, reset: first.reset });
    assert.ok(first.reset > Date.now() - 1000 && first.reset <= Date.now() + 61_000);
    assert.equal((await ratelimit.limit("u")).success, true);
    assert.deepEqual([(await ratelimit.limit("u")).success, (await ratelimit.limit("somebody else", { cost: 2 })).remaining], [false, 0]);
  });

  test("overrides", async () => {
    const namespaceName = `v1_${tag}`;
    await limiter().limit("first");
    const overrides = new Overrides({ baseUrl, rootKey });
    const { overrideId } = await ok(overrides.setOverride({ namespaceName, identifier: "vip_*", limit: 7, duration: 60_000 }));
    assert.equal((await limiter().limit("vip_1")).limit, 7);
    const shown = { id: overrideId, identifier: "vip_*", limit: 7, duration: 60_000, async: false };
    assert.deepEqual(await ok(overrides.getOverride({ namespaceName, identifier: "vip_1" })), shown);
    assert.deepEqual(await ok(overrides.listOverrides({ namespaceName })), { overrides: [shown], total: 1 });
    assert.deepEqual(await ok(overrides.deleteOverride({ namespaceName, identifier: "vip_*" })), {});
    assert.equal((await limiter().limit("vip_1")).limit, 2);
  });

  test("a wrong root key is thrown", async () => {
    await assert.rejects(limiter({ rootKey: "bad" }).limit("u"), /\[UNAUTHORIZED - req_\w+\]: key not found/);
  });
});

describe("errors", () => {
  test("codes and messages", async () => {
    assert.match(await refused(unkey.apis.create({ name: "ab" }), "BAD_REQUEST"), /^name: /);
    assert.equal(await refused(unkey.keys.create({}), "BAD_REQUEST"), "apiId: is required");
    assert.equal(await refused(client({ rootKey: "bad" }).apis.get({ apiId }), "UNAUTHORIZED"), "key not found");
    assert.equal(await refused(client({ rootKey: key.key }).apis.get({ apiId }), "UNAUTHORIZED"), "root key required");
  });

  test("what is not served says so", async () => {
    assert.match(await refused(unkey.keys.getVerifications({ keyId: key.keyId }), "NOT_FOUND"), /not served here/);
  });
});
