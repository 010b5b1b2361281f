// Holds the documents of the folder that it is given against their standards, each with the standard's own tool: ajv for JSON
// Schema, @asyncapi/parser, and Redocly's linter for OpenAPI. Says what is wrong, and then ends with 1.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { DiagnosticSeverity, Parser } from "@asyncapi/parser";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const folder = process.argv[2];
const complaints = [];

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
addFormats.default(ajv);
const schemas = readdirSync(join(folder, "schemas"));
for (const name of schemas) {
  try {
    ajv.compile(JSON.parse(readFileSync(join(folder, "schemas", name), "utf8")));
  } catch (error) {
    complaints.push(`${name}: ${error.message}`);
  }
}

const asyncapi = readFileSync(join(folder, "asyncapi.json"), "utf8");
const { document, diagnostics } = await new Parser().parse(asyncapi);
for (const { code, message, path, severity } of diagnostics) {
  if (severity <= DiagnosticSeverity.Warning) {
    complaints.push(`asyncapi.json, ${path.join("/")}: ${message} (${code})`);
  }
}

// What is asked for health has no answer that blames the one who asks.
const redocly = createRequire(import.meta.url).resolve("@redocly/cli/bin/cli.js");
const rule = ["--skip-rule", "operation-4xx-response", "--max-problems", "20"];
const linted = spawnSync(process.execPath, [redocly, "lint", ...rule, "--format", "stylish", join(folder, "openapi.json")], {
  encoding: "utf8",
  env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
});
if (linted.status !== 0 || linted.stdout.includes("warning")) {
  complaints.push(`openapi.json:\n${linted.stdout}${linted.stderr}`);
}

if (complaints.length > 0) {
  console.error(complaints.join("\n"));
  process.exit(1);
}
console.log(JSON.stringify({ schemas: schemas.length, operations: document.operations().length }));
