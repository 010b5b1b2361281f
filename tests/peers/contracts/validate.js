// Holds the documents in `contracts/` against their standards, each with the standard's own tool. Whatever they complain of
// goes to standard error, and then this ends with 1.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Parser } from "@asyncapi/parser";
import { bundleFromString, createConfig, lintFromString } from "@redocly/openapi-core";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
