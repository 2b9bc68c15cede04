// The server's own description against the OpenAPI 3.1 meta-schema, and its schemas against a validator that knows nothing of the server.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020.js";

const serverURL = process.env.BASE_URL;
const rootKey = process.env.UNKEY_ROOT_KEY;
assert.ok(serverURL && rootKey, "BASE_URL and UNKEY_ROOT_KEY are needed");

let document;
let ajv;

before(async () => {
  const answer = await fetch(`${serverURL}/openapi.json`);
  assert.equal(answer.status, 200);
  document = await answer.json();
  ajv = new Ajv2020({ strict: true, allErrors: true, formats: { int64: true }, allowUnionTypes: true });
  for (const keyword of ["openapi", "info", "servers", "tags", "security", "paths", "components"]) {
    ajv.addKeyword(keyword);
  }
  ajv.addSchema({ $id: "https://unkey.test/openapi.json", ...document });
});

const schemaAt = (pointer) => ajv.compile({ $ref: `https://unkey.test/openapi.json#${pointer}` });
const escaped = (path) => path.replaceAll("/", "~1");

describe("openapi.json", () => {
  test("is a valid OpenAPI 3.1 document", async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document));
    assert.ok(valid, JSON.stringify(errors, null, 2));
    assert.equal(validator.version, "3.1");
  });

  test("the meta-schema refuses what is none", async () => {
    const broken = structuredClone(document);
    delete broken.paths["/v2/keys.verifyKey"].post.responses["200"].description;
    assert.equal((await new Validator().validate(broken)).valid, false);
  });

  test("every schema compiles, and every example satisfies its own", () => {
    let count = 0;
    for (const name of Object.keys(document.components.schemas)) {
      schemaAt(`/components/schemas/${name}`);
    }
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [status, response] of Object.entries(item.post?.responses ?? {})) {
        if (response.content) {
          schemaAt(`/paths/${escaped(path)}/post/responses/${status}/content/application~1json/schema`);
        }
      }
      if (item.post) {
        const validate = schemaAt(`/paths/${escaped(path)}/post/requestBody/content/application~1json/schema`);
        assert.ok(validate(item.post.requestBody.content["application/json"].example), `${path}: ${ajv.errorsText(validate.errors)}`);
        count++;
      }
    }
    assert.ok(count > 40, `${count} operations`);
  });

  test("a real answer is as described, and one with another member is not", async () => {
    const answer = await fetch(`${serverURL}/v2/keys.verifyKey`, {
      method: "POST",
      headers: { Authorization: `Bearer ${rootKey}`, "Content-Type": "application/json" },
      body: JSON.stringify({ key: "none" }),
    });
    const body = await answer.json();
    const validate = schemaAt("/paths/~1v2~1keys.verifyKey/post/responses/200/content/application~1json/schema");
    assert.ok(validate(body), ajv.errorsText(validate.errors));
    assert.equal(validate({ ...body, data: { ...body.data, more: 1 } }), false);
  });
});
