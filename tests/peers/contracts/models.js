// Makes TypeScript models of all messages in asyncapi.json (the first argument) and writes them to a file (the second one).

import { readFileSync, writeFileSync } from "node:fs";
import { TypeScriptGenerator } from "@asyncapi/modelina";

const [document, file] = process.argv.slice(2);
const generator = new TypeScriptGenerator({
  modelType: "interface",
  enumType: "union",
  mapType: "record",
  moduleSystem: "ESM",
  rawPropertyNames: true,
});
const models = await generator.generate(JSON.parse(readFileSync(document, "utf8")));
const types = models.map(({ result }) => `export ${result}`);
writeFileSync(file, `${types.join("\n\n")}\n`);
console.log(JSON.stringify({ models: models.length }));
