// analytics.* through the official SDK, on the embedded event store.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientWith, method, refused, unique, unkey } from "./support.mjs";

const QUERY = [400, "user/bad_request/invalid_analytics_query"];
const TABLE = [400, "user/bad_request/invalid_analytics_table"];
const FORBIDDEN = [403, "unkey/authorization/insufficient_permissions"];

/** Asks until the rows are as wanted: an event is in the store about a second after its decision. */
async function eventually(ask, isWanted) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const rows = (await ask()).data;
    if (isWanted(rows)) {
      return rows;
    }
    assert.ok(Date.now() < deadline, `not in time: ${JSON.stringify(rows)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

method("analytics.getVerifications", () => {
  const ask = (query, sdk = unkey) => sdk.analytics.getVerifications({ query });

  test("answers what was verified, and a scoped grant sees its API alone", async () => {
    const apis = [];
    for (const name of ["first", "second"]) {
      const { apiId } = (await unkey.apis.createApi({ name })).data;
      const { key } = (await unkey.keys.createKey({ apiId, externalId: name })).data;
      await unkey.keys.verifyKey({ key, tags: [`of=${name}`] });
      apis.push(apiId);
    }
    const query = "SELECT external_id, outcome, tags, COUNT(*) AS total FROM key_verifications_v1 WHERE time >= now() - INTERVAL 1 HOUR GROUP BY 1, 2, 3 ORDER BY 1";
    const rows = await eventually(() => ask(query), (found) => found.length === 2);
    assert.deepEqual(rows, ["first", "second"].map((name) => ({ external_id: name, outcome: "VALID", tags: [`of=${name}`], total: 1 })));
    const scoped = await clientWith(`api.${apis[1]}.read_analytics`);
    assert.deepEqual((await ask(query, scoped)).data, [rows[1]]);
    assert.deepEqual((await ask("SELECT SUM(count) AS total FROM key_verifications_per_day_v1")).data, [{ total: 2 }]);
  });

  test("refuses what is no query, no table of its own, or not granted", async () => {
    await refused(ask("SELECT FROM"), ...QUERY);
    await refused(ask("SELECT * FROM ratelimits_v1"), ...TABLE);
    await refused(ask("SELECT count() FROM key_verifications_v1", await clientWith("api.*.read_api")), ...FORBIDDEN);
  });
});

method("analytics.getRatelimits", () => {
  const ask = (query, sdk = unkey) => sdk.analytics.getRatelimits({ query });

  test("answers what was decided", async () => {
    const namespace = unique("namespace");
    for (let i = 0; i < 3; i++) {
      await unkey.ratelimit.limit({ namespace, identifier: "user_1", limit: 2, duration: 60_000 });
    }
    const query = "SELECT identifier, passed, COUNT(*) AS total FROM ratelimits_v1 GROUP BY identifier, passed ORDER BY passed";
    assert.deepEqual(await eventually(() => ask(query), (rows) => rows.reduce((sum, row) => sum + row.total, 0) === 3), [
      { identifier: "user_1", passed: false, total: 1 },
      { identifier: "user_1", passed: true, total: 2 },
    ]);
  });

  test("refuses what is no query, or not granted", async () => {
    await refused(ask(""), ...QUERY);
    await refused(ask("SELECT count() FROM ratelimits_v1", await clientWith("ratelimit.*.read_namespace")), ...FORBIDDEN);
  });
});
