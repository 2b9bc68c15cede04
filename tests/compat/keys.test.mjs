// The life of a key through the official SDK: create, read, change, reroll, import, delete.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { before, test } from "node:test";
import { assertNow, call, clientWith, createApi, createKey, errors, getKey, method } from "./support.mjs";
import { refused, unique, unkey, verify, withoutIds } from "./support.mjs";

const META = { plan: "pro", nested: { list: [1, 2.5, null, true, "x", {}] }, empty: "" };
const LIMIT = { name: "rpm", limit: 50, duration: 60_000, autoApply: true };
let apiId;
let role;

before(async () => {
  apiId = await createApi({ storeEncryptedKeys: true });
  role = unique("Billing Admin");
  await unkey.permissions.createRole({ name: role, permissions: ["invoice.read"] });
});

const createFull = (members = {}) =>
  createKey(apiId, {
    prefix: "sk_live",
    name: "full",
    byteLength: 24,
    externalId: "owner",
    meta: META,
    roles: [role],
    permissions: ["doc.read", "doc.*"],
    expires: 4_000_000_000_000,
    credits: { remaining: 100, refill: { interval: "monthly", amount: 100, refillDay: 15 } },
    ratelimits: [LIMIT],
    recoverable: true,
    ...members,
  });

method("keys.createKey", () => {
  test("every option is kept", async () => {
    const since = Date.now();
    const { keyId, key } = await createFull();
    assert.match(key, /^sk_live_[1-9A-HJ-NP-Za-km-z]{30,33}$/);
    const { createdAt, identity, ratelimits, ...stored } = await getKey(keyId);
    assertNow(createdAt, since);
    assert.equal(identity.externalId, "owner");
    assert.deepEqual(withoutIds(ratelimits), [LIMIT]);
    assert.deepEqual(stored, {
      keyId,
      start: key.slice(0, "sk_live_".length + 4),
      enabled: true,
      name: "full",
      meta: META,
      expires: 4_000_000_000_000,
      permissions: ["doc.*", "doc.read", "invoice.read"],
      roles: [role],
      credits: { remaining: 100, refill: { interval: "monthly", amount: 100, refillDay: 15 } },
    });
  });

  test("without options the key has nothing but itself", async () => {
    const { keyId, key } = await createKey(apiId);
    assert.match(key, /^[1-9A-HJ-NP-Za-km-z]{20,22}$/);
    const { createdAt, ...stored } = await getKey(keyId);
    assert.deepEqual(stored, { keyId, start: key.slice(0, 4), enabled: true });
  });

  test("null is unlimited; a refill then is refused", async () => {
    const { keyId } = await createKey(apiId, { credits: { remaining: null } });
    assert.equal((await getKey(keyId)).credits, undefined);
    const contradiction = { remaining: null, refill: { interval: "daily", amount: 10 } };
    const error = await refused(createKey(apiId, { credits: contradiction }), 400, "unkey/application/invalid_input");
    assert.match(error.detail, /credits\.remaining/);
    assert.deepEqual(error.errors, []);
  });

  test("an unknown role, an unknown API, a missing permission", async () => {
    await refused(createKey(apiId, { roles: ["nobody has this"] }), 404, "unkey/data/role_not_found");
    await refused(createKey("api_doesnotexist"), 404, "unkey/data/api_not_found");
    const reader = await clientWith("api.*.read_api");
    await refused(reader.keys.createKey({ apiId }), 404, "unkey/data/api_not_found");
    await refused(createKey(apiId, { byteLength: 10 }), 400, "unkey/application/invalid_input");
  });
});

method("keys.getKey", () => {
  test("decrypt shows a recoverable key and only that", async () => {
    const recoverable = await createFull();
    const plain = await createKey(apiId);
    const shown = async (keyId, decrypt) => (await unkey.keys.getKey({ keyId, decrypt })).data.plaintext;
    assert.equal(await shown(recoverable.keyId, true), recoverable.key);
    assert.equal(await shown(recoverable.keyId, false), undefined);
    assert.equal(await shown(plain.keyId, true), undefined);
  });

  test("decrypt needs its permission and an API that stores keys encrypted", async () => {
    const { keyId } = await createFull();
    const reader = await clientWith("api.*.read_key");
    assert.equal((await reader.keys.getKey({ keyId })).data.keyId, keyId);
    await refused(reader.keys.getKey({ keyId, decrypt: true }), 403, "unkey/authorization/insufficient_permissions");
    const other = await createKey(await createApi());
    await refused(unkey.keys.getKey({ keyId: other.keyId, decrypt: true }), 412, "unkey/application/precondition_failed", errors.APIError);
  });

  test("an unknown key", () => refused(getKey("key_doesnotexist"), 404, "unkey/data/key_not_found"));
});

method("keys.whoami", () => {
  test("answers what getKey answers and takes nothing", async () => {
    const { keyId, key } = await createFull();
    const known = (await unkey.keys.whoami({ key })).data;
    assert.equal(known.credits.remaining, 100);
    assert.deepEqual(known, await getKey(keyId));
  });

  test("an unknown key and a caller that may not read look the same", async () => {
    const { key } = await createKey(apiId);
    const stranger = await clientWith("api.*.create_key");
    const denied = await refused(stranger.keys.whoami({ key }), 404, "unkey/data/key_not_found");
    assert.deepEqual(denied, await refused(unkey.keys.whoami({ key: "no such key" }), 404, "unkey/data/key_not_found"));
  });
});

method("keys.updateKey", () => {
  const update = async (keyId, members) => {
    assert.deepEqual((await unkey.keys.updateKey({ keyId, ...members })).data, {});
    return getKey(keyId);
  };

  test("sets, keeps and clears each member", async () => {
    const since = Date.now();
    const { keyId, key } = await createKey(apiId);
    const set = { name: "after", meta: META, expires: 4_000_000_000_000, enabled: false, roles: [role], permissions: ["doc.write"] };
    const changed = await update(keyId, { ...set, externalId: "somebody", ratelimits: [LIMIT], credits: { remaining: 5 } });
    const { createdAt, updatedAt, identity, ratelimits, ...rest } = changed;
    assertNow(updatedAt, since);
    assert.equal(identity.externalId, "somebody");
    assert.deepEqual(withoutIds(ratelimits), [LIMIT]);
    const permissions = ["doc.write", "invoice.read"];
    assert.deepEqual(rest, { keyId, start: key.slice(0, 4), ...set, permissions, credits: { remaining: 5 } });
    const kept = await update(keyId, {});
    assert.deepEqual({ ...kept, updatedAt }, changed);
    const cleared = { name: null, externalId: null, meta: null, expires: null, credits: null, ratelimits: [], roles: [], permissions: [] };
    const { updatedAt: _, ...bare } = await update(keyId, { ...cleared, enabled: true });
    assert.deepEqual(bare, { keyId, start: key.slice(0, 4), enabled: true, createdAt });
  });

  test("credits and their refill change apart", async () => {
    const refill = { interval: "monthly", amount: 10, refillDay: 31 };
    const { keyId } = await createKey(apiId, { credits: { remaining: 1000, refill } });
    const credits = async (value) => (await update(keyId, { credits: value })).credits;
    assert.deepEqual(await credits({ remaining: 7 }), { remaining: 7, refill });
    assert.deepEqual(await credits({ refill: null }), { remaining: 7 });
    const daily = { interval: "daily", amount: 250 };
    assert.deepEqual(await credits({ refill: daily }), { remaining: 7, refill: daily });
    assert.equal(await credits({ remaining: null }), undefined);
    assert.deepEqual(await credits({ remaining: 3 }), { remaining: 3 });
    const wrong = { refill: { ...daily, refillDay: 4 } };
    await refused(unkey.keys.updateKey({ keyId, credits: wrong }), 400, "unkey/application/invalid_input");
  });

  test("a limit of the same name keeps its id", async () => {
    const { keyId } = await createKey(apiId, { ratelimits: [LIMIT] });
    const [before] = (await getKey(keyId)).ratelimits;
    const [after] = (await update(keyId, { ratelimits: [{ ...LIMIT, limit: 1, autoApply: false }] })).ratelimits;
    assert.deepEqual(after, { ...before, limit: 1, autoApply: false });
  });

  test("the next verification knows", async () => {
    const { keyId, key } = await createKey(apiId, { credits: { remaining: 100 } });
    assert.equal((await verify(key)).credits, 99);
    await update(keyId, { credits: { remaining: 50 } });
    assert.equal((await verify(key)).credits, 49);
    await update(keyId, { enabled: false });
    assert.equal((await verify(key)).code, "DISABLED");
    await refused(unkey.keys.updateKey({ keyId, roles: ["nobody has this"] }), 404, "unkey/data/role_not_found");
    await refused(unkey.keys.updateKey({ keyId: "key_doesnotexist" }), 404, "unkey/data/key_not_found");
  });
});

method("keys.rerollKey", () => {
  test("the new key has what the old one had, and the old one runs out", async () => {
    const old = await createFull();
    await verify(old.key);
    const before = await getKey(old.keyId);
    const now = Date.now();
    const fresh = (await unkey.keys.rerollKey({ keyId: old.keyId, expiration: 60_000 })).data;
    assert.match(fresh.key, /^sk_live_/);
    assert.notEqual(fresh.key, old.key);
    const { expires } = await getKey(old.keyId);
    assert.ok(expires >= now + 60_000 && expires <= now + 125_000, `${expires}`);
    const { createdAt, start, ratelimits, plaintext, ...after } = (await unkey.keys.getKey({ keyId: fresh.keyId, decrypt: true })).data;
    assert.equal(plaintext, fresh.key);
    assert.equal(start, fresh.key.slice(0, "sk_live_".length + 4));
    assert.deepEqual(withoutIds(ratelimits), withoutIds(before.ratelimits));
    const { createdAt: _, start: __, ratelimits: ___, ...wanted } = { ...before, keyId: fresh.keyId };
    assert.deepEqual(after, wanted);
    assert.equal(after.credits.remaining, 99);
    assert.equal((await verify(old.key)).code, "VALID");
    assert.equal((await verify(fresh.key)).code, "VALID");
  });

  test("without a delay the old key is expired at once", async () => {
    const { keyId, key } = await createKey(apiId);
    const fresh = (await unkey.keys.rerollKey({ keyId, expiration: 0 })).data;
    assert.equal((await verify(key)).code, "EXPIRED");
    assert.equal((await verify(fresh.key)).code, "VALID");
    await refused(unkey.keys.rerollKey({ keyId, expiration: -1 }), 400, "unkey/application/invalid_input");
    await refused(unkey.keys.rerollKey({ keyId: "key_doesnotexist", expiration: 0 }), 404, "unkey/data/key_not_found");
  });
});

method("keys.migrateKeys", () => {
  const hash = (key) => createHash("sha256").update(key).digest("base64");

  test("keys are imported by their hashes, known ones are reported", async () => {
    const { migrationId } = await call("migrations.createMigration", { algorithm: "sha256" });
    const [first, second] = [unique("old"), unique("old")];
    const members = { name: "imported", externalId: "importer", meta: META, roles: [role], permissions: ["doc.read"], ratelimits: [LIMIT] };
    const keys = [{ hash: hash(first), ...members, credits: { remaining: 4 } }, { hash: hash(second), enabled: false }];
    const { migrated, failed } = (await unkey.keys.migrateKeys({ migrationId, apiId, keys })).data;
    assert.deepEqual([migrated.map((key) => key.hash), failed], [[hash(first), hash(second)], []]);
    const verified = await verify(first);
    assert.deepEqual([verified.code, verified.keyId, verified.credits], ["VALID", migrated[0].keyId, 3]);
    assert.equal((await verify(second)).code, "DISABLED");
    const { createdAt, identity, ratelimits, ...stored } = await getKey(migrated[0].keyId);
    assert.equal(identity.externalId, "importer");
    assert.deepEqual(withoutIds(ratelimits), [LIMIT]);
    assert.deepEqual(stored, {
      keyId: migrated[0].keyId,
      start: "",
      enabled: true,
      name: "imported",
      meta: META,
      permissions: ["doc.read", "invoice.read"],
      roles: [role],
      credits: { remaining: 3 },
    });
    const again = (await unkey.keys.migrateKeys({ migrationId, apiId, keys: [keys[0], { hash: hash(unique("old")) }] })).data;
    assert.deepEqual([again.migrated.length, again.failed], [1, [hash(first)]]);
  });

  test("a key of another scheme is found by its migration, and by itself from then on", async () => {
    const { migrationId } = await call("migrations.createMigration", { algorithm: "github.com/seamapi/prefixed-api-key" });
    const longToken = unique("long").replace("_", "");
    const imported = createHash("sha256").update(longToken).digest("hex");
    const { migrated } = (await unkey.keys.migrateKeys({ migrationId, apiId, keys: [{ hash: imported }] })).data;
    const key = `company_short_${longToken}`;
    assert.equal((await verify(key)).code, "NOT_FOUND");
    assert.equal((await verify(key, { migrationId })).keyId, migrated[0].keyId);
    assert.equal((await verify(key)).keyId, migrated[0].keyId);
  });

  test("an unknown migration and an unknown API", async () => {
    const { migrationId } = await call("migrations.createMigration", { algorithm: "sha256" });
    const keys = [{ hash: hash(unique("old")) }];
    await refused(unkey.keys.migrateKeys({ migrationId: "mig_unknown", apiId, keys }), 404, "unkey/data/migration_not_found");
    await refused(unkey.keys.migrateKeys({ migrationId, apiId: "api_doesnotexist", keys }), 404, "unkey/data/api_not_found");
    await refused(unkey.keys.migrateKeys({ migrationId, apiId, keys: [] }), 400, "unkey/application/invalid_input");
  });
});

method("keys.deleteKey", () => {
  for (const permanent of [false, true]) {
    test(permanent ? "for good" : "softly", async () => {
      const { keyId, key } = await createFull();
      assert.deepEqual((await unkey.keys.deleteKey({ keyId, permanent })).data, {});
      assert.deepEqual(await verify(key), { valid: false, code: "NOT_FOUND" });
      await refused(getKey(keyId), 404, "unkey/data/key_not_found");
      await refused(unkey.keys.deleteKey({ keyId, permanent: true }), 404, "unkey/data/key_not_found");
    });
  }

  test("without the permission the key stays", async () => {
    const { keyId, key } = await createKey(apiId);
    const reader = await clientWith("api.*.read_key");
    await refused(reader.keys.deleteKey({ keyId }), 403, "unkey/authorization/insufficient_permissions");
    assert.equal((await verify(key)).code, "VALID");
  });
});
