// Joins the glue of the Cloudflare host, what wasm-bindgen made, and the list of functions of the
// native build to the two files of a Worker.
//
//   node bundle.mjs GLUE.js STAGE FUNCTIONS.txt OUT

import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const [glue, stage, functions, out] = process.argv.slice(2);
const names = (await readFile(functions, "utf8")).split("\n").filter(Boolean);

const bundled = await build({
  entryPoints: [glue],
  bundle: true,
  format: "esm",
  target: "esnext",
  write: false,
  external: ["cloudflare:*", "./index_bg.wasm"],
  alias: { "zeroback:wasm": resolve(stage, "index.js") },
  define: { ZEROBACK_FUNCTIONS: JSON.stringify(names) },
});
// A wasm module's source phase import is what workerd's ordinary import of one already is.
const code = bundled.outputFiles[0].text.replaceAll(/^import source /gm, "import ");
await writeFile(join(out, "index.js"), code);
await copyFile(join(stage, "index_bg.wasm"), join(out, "index_bg.wasm"));
