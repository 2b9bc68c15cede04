// permissions.* through the official SDK: permissions and roles.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientWith, createApi, createKey, errors, method, pages, refused, unique, unkey, verify, withoutIds } from "./support.mjs";

const DENIED = [403, "unkey/authorization/insufficient_permissions"];
const NO_PERMISSION = [404, "unkey/data/permission_not_found"];
const NO_ROLE = [404, "unkey/data/role_not_found"];

const createPermission = async (members = {}) => {
  const permission = { name: "a permission", slug: unique("slug"), ...members };
  return { id: (await unkey.permissions.createPermission(permission)).data.permissionId, ...permission };
};
const createRole = async (members = {}) => {
  const role = { name: unique("role"), ...members };
  return { id: (await unkey.permissions.createRole(role)).data.roleId, ...role };
};
const getPermission = async (permission) => (await unkey.permissions.getPermission({ permission })).data;
const getRole = async (role) => (await unkey.permissions.getRole({ role })).data;
const slugs = (permissions) => permissions.map((permission) => permission.slug);

/** What every list does: pages in the order of the ids, each row once, and a literal search without letter case. */
const lists = (list, make) => {
  test("the iterator ends with every row once, in the order of the ids", async () => {
    const made = [await make(), await make(), await make(), await make(), await make()];
    const listed = await pages(list({ limit: 3 }));
    assert.ok(listed.length > 1 && listed.slice(0, -1).every((page) => page.length === 3));
    const ids = listed.flat().map((row) => row.id);
    assert.deepEqual(ids, [...new Set(ids)].sort());
    assert.deepEqual(made.filter(({ id }) => !ids.includes(id)), []);
  });

  test("search is literal and ignores the letter case", async () => {
    const description = unique("Describes");
    const { id } = await make({ description });
    await make({ description: "another" });
    const find = async (search) => (await pages(list({ search, limit: 1 }))).flat().map((row) => row.id);
    assert.deepEqual(await find(description.toLowerCase()), [id]);
    assert.deepEqual(await find(`  ${id} `), [id]);
    assert.deepEqual(await find(description.replace("_", "%")), []);
    await refused(list({ search: "x".repeat(257) }), 400, "unkey/application/invalid_input");
  });
};

method("permissions.createPermission", () => {
  test("its slug is unique in any letter case, its name is not", async () => {
    const made = await createPermission({ description: "for reading" });
    assert.match(made.id, /^perm_[a-zA-Z0-9]+$/);
    const error = await refused(createPermission({ slug: made.slug.toUpperCase() }), 409, "unkey/data/permission_already_exists");
    assert.match(error.detail, /already exists in this workspace$/);
    await createPermission({ name: made.name });
    await refused(createPermission({ slug: "no blanks" }), 400, "unkey/application/invalid_input");
    const reader = await clientWith("rbac.*.read_permission");
    await refused(reader.permissions.createPermission({ name: "x", slug: unique("slug") }), ...DENIED);
  });
});

method("permissions.getPermission", () => {
  test("by its id and by the slug, with what it was made of", async () => {
    const described = await createPermission({ description: "for reading" });
    const plain = await createPermission({ name: "Ünïcode 🎉" });
    assert.deepEqual(await getPermission(described.id), described);
    assert.deepEqual(await getPermission(described.slug.toUpperCase()), described);
    assert.deepEqual(await getPermission(plain.slug), plain);
    await refused(getPermission("no.such.slug"), ...NO_PERMISSION);
    const stranger = await clientWith("rbac.*.create_permission");
    await refused(stranger.permissions.getPermission({ permission: plain.id }), ...DENIED);
  });
});

method("permissions.listPermissions", () => {
  lists((request) => unkey.permissions.listPermissions(request), createPermission);
});

method("permissions.deletePermission", () => {
  test("takes it from the keys and the roles that have it", async () => {
    const { id, slug } = await createPermission();
    const role = await createRole({ permissions: [slug] });
    const apiId = await createApi();
    const [direct, byRole] = [await createKey(apiId, { permissions: [slug] }), await createKey(apiId, { roles: [role.name] })];
    const code = async ({ key }) => (await verify(key, { permissions: slug })).code;
    const codes = async () => [await code(direct), await code(byRole)];
    assert.deepEqual(await codes(), ["VALID", "VALID"]);
    assert.deepEqual((await unkey.permissions.deletePermission({ permission: slug })).data, {});
    assert.deepEqual(await codes(), ["INSUFFICIENT_PERMISSIONS", "INSUFFICIENT_PERMISSIONS"]);
    assert.deepEqual(await getRole(role.id), { id: role.id, name: role.name });
    await refused(unkey.permissions.deletePermission({ permission: id }), ...NO_PERMISSION);
    await createPermission({ slug });
  });
});

method("permissions.createRole", () => {
  test("creates the permissions that are missing", async () => {
    const { slug } = await createPermission();
    const missing = unique("missing");
    const role = await createRole({ description: "may much", permissions: [missing, slug.toUpperCase()] });
    assert.match(role.id, /^role_[a-zA-Z0-9]+$/);
    assert.deepEqual(slugs((await getRole(role.id)).permissions).sort(), [missing, slug].sort());
    assert.equal((await getPermission(missing)).name, missing);
  });

  test("its name is unique in any letter case, and nothing stays of a refused one", async () => {
    const { name } = await createRole();
    const slug = unique("slug");
    await refused(createRole({ name: name.toUpperCase(), permissions: [slug] }), 409, "unkey/data/role_already_exists");
    const creator = await clientWith("rbac.*.create_role", "rbac.*.add_permission_to_role");
    const other = unique("role");
    await refused(creator.permissions.createRole({ name: other, permissions: [slug] }), ...DENIED);
    await refused(getRole(other), ...NO_ROLE);
    await refused(getPermission(slug), ...NO_PERMISSION);
  });
});

method("permissions.getRole", () => {
  test("by its id and by the name, with its permissions", async () => {
    const permission = await createPermission({ description: "for reading" });
    const { permissions, ...role } = await createRole({ description: "may read", permissions: [permission.slug] });
    assert.deepEqual(await getRole(role.id), { ...role, permissions: [permission] });
    assert.deepEqual(await getRole(role.name), await getRole(role.id));
    const bare = await createRole({ name: unique("Ünïcode 🎉") });
    assert.deepEqual(await getRole(bare.name), bare);
    await refused(getRole("no such role"), ...NO_ROLE);
  });
});

method("permissions.listRoles", () => {
  lists((request) => unkey.permissions.listRoles(request), createRole);

  test("each with its permissions", async () => {
    const { name } = await createRole({ permissions: ["list.a", "list.b"] });
    const [[row]] = await pages(unkey.permissions.listRoles({ search: name }));
    assert.deepEqual(withoutIds(row.permissions), [{ name: "list.a", slug: "list.a" }, { name: "list.b", slug: "list.b" }]);
  });
});

method("permissions.setRolePermissions", () => {
  const set = async (roleId, ...permissions) => (await unkey.permissions.setRolePermissions({ roleId, permissions })).data;

  test("the role has these and no others, and its keys follow", async () => {
    const [keep, old, fresh] = [unique("keep"), unique("old"), unique("fresh")];
    const { id, name } = await createRole({ permissions: [keep, old] });
    const { key } = await createKey(await createApi(), { roles: [name] });
    const result = await set(id, keep.toUpperCase(), fresh, fresh.toUpperCase());
    assert.deepEqual(slugs(result), [keep, fresh]);
    assert.deepEqual(slugs((await getRole(id)).permissions).sort(), [keep, fresh].sort());
    const codes = [await verify(key, { permissions: `${keep} AND ${fresh}` }), await verify(key, { permissions: old })];
    assert.deepEqual(codes.map((data) => data.code), ["VALID", "INSUFFICIENT_PERMISSIONS"]);
    assert.deepEqual(await set(id, keep, fresh), await set(id, keep, fresh));
    assert.deepEqual(await set(id), []);
    assert.equal((await getRole(id)).permissions, undefined);
  });

  test("by its id alone, and with both permissions", async () => {
    const { id, name } = await createRole();
    await refused(set("role_missing"), ...NO_ROLE);
    await refused(set(name.replace("_", "-")), ...NO_ROLE);
    const half = await clientWith("rbac.*.add_permission_to_role");
    await refused(half.permissions.setRolePermissions({ roleId: id, permissions: [] }), ...DENIED);
  });
});

method("permissions.deleteRole", () => {
  // The SDK knows no 404 of this one operation.
  const gone = (role) => refused(unkey.permissions.deleteRole({ role }), ...NO_ROLE, errors.APIError);

  test("takes it from its keys; the permissions stay", async () => {
    const slug = unique("slug");
    const { id, name } = await createRole({ permissions: [slug] });
    const { key } = await createKey(await createApi(), { roles: [name] });
    assert.deepEqual((await verify(key, { permissions: slug })).roles, [name]);
    assert.deepEqual((await unkey.permissions.deleteRole({ role: name })).data, {});
    const after = await verify(key, { permissions: slug });
    assert.deepEqual([after.code, after.roles, after.permissions], ["INSUFFICIENT_PERMISSIONS", undefined, undefined]);
    assert.equal((await getPermission(slug)).slug, slug);
    await gone(id);
    await gone(name);
  });
});
