// trunk runs this after each build (Trunk.toml). In a release it gives short names to what the wasm file imports from the
// script. wasm-bindgen's have a digest each, and no compressor makes a digest smaller, neither there nor here.
import { createHash } from "node:crypto";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

// Of the format (https://webassembly.github.io/spec/core/binary/modules.html).
const IMPORTS = 2;
const FUNCTION = 0;

/** The wasm file with short names, and the names that it had, each with its new one. */
function shorten(wasm) {
  const names = new Map();
  const sections = [wasm.subarray(0, 8)];
  for (let at = 8; at < wasm.length; ) {
    const id = wasm[at];
    const [length, start] = number(wasm, at + 1);
    at = start + length;
    const content = wasm.subarray(start, at);
    const written = id === IMPORTS ? shortenImports(content, names) : content;
    sections.push(Buffer.from([id]), bytesOf(written.length), written);
  }
  return [Buffer.concat(sections), names];
}

function shortenImports(section, names) {
  let [count, at] = number(section, 0);
  const written = [bytesOf(count)];
  while (count-- > 0) {
    const module = at;
    at = textAt(section, at).end;
    const name = textAt(section, at);
    written.push(section.subarray(module, at));
    if (section[name.end] !== FUNCTION) throw new Error(`${name.text} is imported, and is no function`);
    const short = names.get(name.text) ?? names.size.toString(36);
    names.set(name.text, short);
    at = number(section, name.end + 1)[1];
    written.push(bytesOf(short.length), Buffer.from(short), section.subarray(name.end, at));
  }
  return Buffer.concat(written);
}

function textAt(bytes, at) {
  const [length, start] = number(bytes, at);
  const end = start + length;
  return { text: bytes.toString("utf8", start, end), end };
}

/** A number in LEB128, and where what follows it begins. */
function number(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at];
  }
}

function bytesOf(value) {
  const bytes = [];
  for (; value > 0x7f; value >>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}

/** The script with the same names, where it says what may be imported. */
function renameIn(script, names) {
  for (const [name, short] of names) {
    const entry = `\n        ${name}: `;
    if (script.split(entry).length !== 2) throw new Error(`${name} is not offered by the script, or twice`);
    script = script.replace(entry, () => `\n        "${short}": `);
  }
  return script;
}

const digest = (bytes) => `sha384-${createHash("sha384").update(bytes).digest("base64")}`;

async function run(folder) {
  const files = await readdir(folder);
  const only = (form) => {
    const found = files.filter((file) => form.test(file));
    if (found.length !== 1) throw new Error(`there are ${found.length} files like ${form} in ${folder}, and not one`);
    return join(folder, found[0]);
  };
  const [page, script, wasm] = [/^index\.html$/, /-[0-9a-f]+\.js$/, /_bg\.wasm$/].map(only);
  const before = [await readFile(script), await readFile(wasm)];
  const [shortened, names] = shorten(before[1]);
  const after = [Buffer.from(renameIn(before[0].toString(), names)), shortened];

  // Another content has another name, so that no cache takes one for the other; and another digest.
  const hash = createHash("sha256").update(after[0]).update(after[1]).digest("hex").slice(0, 16);
  let html = await readFile(page, "utf8");
  for (const [index, old] of [script, wasm].entries()) {
    const renamed = old.replace(/-[0-9a-f]+(?=(_bg)?\.[a-z]+$)/, `-${hash}`);
    await writeFile(old, after[index]);
    await rename(old, renamed);
    html = html.replaceAll(basename(old), basename(renamed));
    html = html.replaceAll(digest(before[index]), digest(after[index]));
  }
  await writeFile(page, html);
}

if (process.env.TRUNK_PROFILE === "release") await run(process.env.TRUNK_STAGING_DIR);
