// What a key may do, through the official SDK: its permissions and its roles.
import assert from "node:assert/strict";
import { before, beforeEach, test } from "node:test";
import { clientWith, createApi, createKey, getKey, method, refused, unique, unkey, verify, withoutIds } from "./support.mjs";

const DENIED = [403, "unkey/authorization/insufficient_permissions"];
let apiId;
let keyId;
let key;

before(async () => {
  apiId = await createApi();
});

beforeEach(async () => {
  ({ keyId, key } = await createKey(apiId, { permissions: ["base.read"] }));
});

const slugs = (permissions) => permissions.map((permission) => permission.slug);
const names = (roles) => roles.map((role) => role.name);
const may = async (query) => (await verify(key, { permissions: query })).valid;

method("keys.addPermissions", () => {
  const add = async (...permissions) => (await unkey.keys.addPermissions({ keyId, permissions })).data;

  test("adds to what the key has, creating what is missing", async () => {
    const slug = unique("fresh.slug");
    const added = await add(slug, "base.read", slug);
    assert.deepEqual(slugs(added), ["base.read", slug]);
    assert.deepEqual(withoutIds(added)[1].name, slug);
    assert.equal((await unkey.permissions.getPermission({ permission: slug })).data.id, added[1].id);
    assert.ok(await may(`base.read AND ${slug}`));
    assert.deepEqual(await add(slug), added);
  });

  test("a description that is stored is shown", async () => {
    const slug = unique("described.slug");
    await unkey.permissions.createPermission({ name: "Described", slug, description: "what it is for" });
    assert.deepEqual(withoutIds(await add(slug)).at(-1), { name: "Described", slug, description: "what it is for" });
  });

  test("parallel adds lose nothing", async () => {
    const parallel = Array.from({ length: 10 }, () => unique("parallel"));
    await Promise.all(parallel.map((slug) => add(slug)));
    assert.deepEqual((await getKey(keyId)).permissions, ["base.read", ...parallel].sort());
  });

  test("creating needs a permission of its own", async () => {
    const updater = await clientWith("api.*.update_key", "rbac.*.add_permission_to_key");
    const slug = unique("never.made");
    assert.deepEqual(slugs((await updater.keys.addPermissions({ keyId, permissions: ["base.read"] })).data), ["base.read"]);
    await refused(updater.keys.addPermissions({ keyId, permissions: ["base.read", slug] }), ...DENIED);
    await refused(unkey.permissions.getPermission({ permission: slug }), 404, "unkey/data/permission_not_found");
    await refused(add(), 400, "unkey/application/invalid_input");
  });
});

method("keys.removePermissions", () => {
  const remove = async (...permissions) => (await unkey.keys.removePermissions({ keyId, permissions })).data;

  test("leaves the rest, and the permission itself", async () => {
    await unkey.keys.addPermissions({ keyId, permissions: ["base.write", "base.other"] });
    assert.deepEqual(slugs(await remove("base.write")).sort(), ["base.other", "base.read"]);
    assert.equal(await may("base.write"), false);
    assert.deepEqual(await remove("base.read", "base.other", "base.write"), []);
    assert.equal((await getKey(keyId)).permissions, undefined);
    assert.equal((await unkey.permissions.getPermission({ permission: "base.write" })).data.slug, "base.write");
  });

  test("an unknown one is named and nothing happens", async () => {
    const unknown = unique("unknown");
    const error = await refused(remove("base.read", unknown), 404, "unkey/data/permission_not_found");
    assert.ok(error.detail.includes(unknown), error.detail);
    assert.ok(await may("base.read"));
  });
});

method("keys.setPermissions", () => {
  const set = async (...permissions) => (await unkey.keys.setPermissions({ keyId, permissions })).data;

  test("the key has these and no others", async () => {
    assert.deepEqual(slugs(await set("set.b", "set.a")).sort(), ["set.a", "set.b"]);
    assert.deepEqual(await Promise.all([may("set.a AND set.b"), may("base.read")]), [true, false]);
    assert.deepEqual(await set(), []);
    assert.equal((await getKey(keyId)).permissions, undefined);
    await refused(unkey.keys.setPermissions({ keyId: "key_doesnotexist", permissions: [] }), 404, "unkey/data/key_not_found");
  });
});

let editor;
let viewer;

beforeEach(async () => {
  [editor, viewer] = [unique("editor"), unique("viewer")];
  await unkey.permissions.createRole({ name: editor, description: "may write", permissions: ["role.write"] });
  await unkey.permissions.createRole({ name: viewer });
});

const roles = async (operation, ...wanted) => (await unkey.keys[operation]({ keyId, roles: wanted })).data;

const refusesUnknownRoles = (operation) =>
  test("an unknown role is named and nothing happens", async () => {
    await roles("setRoles", viewer);
    const { id } = (await unkey.permissions.getRole({ role: editor })).data;
    for (const unknown of ["no such role", id]) {
      const error = await refused(roles(operation, editor, unknown), 404, "unkey/data/role_not_found");
      assert.ok(error.detail.includes(unknown), error.detail);
    }

    assert.deepEqual((await getKey(keyId)).roles, [viewer]);
    const reader = await clientWith("api.*.read_key");
    await refused(reader.keys[operation]({ keyId, roles: [editor] }), ...DENIED);
  });

method("keys.addRoles", () => {
  test("the answer is every role with its permissions, and the key has them all", async () => {
    assert.deepEqual(withoutIds(await roles("addRoles", viewer)), [{ name: viewer }]);
    const [first, second] = await roles("addRoles", editor);
    assert.deepEqual([first.name, first.permissions], [viewer, undefined]);
    assert.deepEqual([second.name, second.description], [editor, "may write"]);
    assert.deepEqual(withoutIds(second.permissions), [{ name: "role.write", slug: "role.write" }]);
    assert.ok(await may("base.read AND role.write"));
    assert.deepEqual(names(await roles("addRoles", viewer)).sort(), [editor, viewer]);
    assert.deepEqual((await getKey(keyId)).roles, [editor, viewer]);
  });

  refusesUnknownRoles("addRoles");
});

method("keys.removeRoles", () => {
  test("leaves the rest, and the role itself", async () => {
    await roles("addRoles", editor, viewer);
    assert.deepEqual(names(await roles("removeRoles", editor)), [viewer]);
    assert.equal(await may("role.write"), false);
    assert.deepEqual(await roles("removeRoles", viewer, editor), []);
    assert.equal((await unkey.permissions.getRole({ role: editor })).data.name, editor);
  });

  refusesUnknownRoles("removeRoles");
});

method("keys.setRoles", () => {
  test("the key has these and no others", async () => {
    assert.deepEqual(names(await roles("setRoles", editor)), [editor]);
    assert.deepEqual(names(await roles("setRoles", viewer)), [viewer]);
    assert.equal(await may("role.write"), false);
    assert.deepEqual(await roles("setRoles"), []);
    assert.equal((await getKey(keyId)).roles, undefined);
  });

  refusesUnknownRoles("setRoles");
});
