// node build.mjs STYLES FOLDER: the board in SolidJS as one script, one style sheet and `solid.html`, in a folder. STYLES is the folder
// of the board's own style sheets: both boards look the same.
//
// As somebody would ship it who writes Solid: JSX that the compiler turns into templates and fine-grained effects, bundled and
// minified.
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformAsync } from "@babel/core";
import solid from "babel-preset-solid";
import { build } from "esbuild";

const [styles, folder] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));

const jsx = {
  name: "solid",
  setup({ onLoad }) {
    onLoad({ filter: /\.jsx$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const options = { presets: [solid], filename: basename(path), babelrc: false, configFile: false };
      return { contents: (await transformAsync(source, options)).code, loader: "js" };
    });
  },
};

/** What the entry comes to, bundled and minified. */
async function bundle(options) {
  const { outputFiles } = await build({
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "none",
    logLevel: "warning",
    write: false,
    ...options,
  });
  return outputFiles[0].contents;
}

/** Writes it under a name that changes with the content: browsers keep such a file for ever. */
async function write(content, ending) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
  const name = `solid-${hash}.${ending}`;
  await writeFile(join(folder, name), content);
  return name;
}

const script = await bundle({ entryPoints: [join(here, "main.jsx")], plugins: [jsx] });
// In the order in which the board loads them.
const sheets = ["base", "stays", "board", "pages"].map((name) => `@import "./${name}.css";`);
const sheet = await bundle({ stdin: { contents: sheets.join("\n"), resolveDir: styles, loader: "css" } });
const page = await readFile(join(here, "solid.html"), "utf8");
const [scriptName, sheetName] = [await write(script, "js"), await write(sheet, "css")];
await writeFile(
  join(folder, "solid.html"),
  page.replaceAll("SCRIPT", () => scriptName).replace("SHEET", () => sheetName),
);
