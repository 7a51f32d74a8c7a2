// Bundles the pages of the browser tests from the built package, as an app would.

import { cp } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const page = join(import.meta.dirname, "page");
export const assets = join(import.meta.dirname, "dist");

/** React mounts twice in strict mode only as it is for developers. */
const strict = { mode: "development", scripts: ["strict"] };
const react18 = join(import.meta.dirname, "../../react-18/node_modules");

const bundles = [
  { mode: "production", scripts: ["notes", "rows"] },
  { ...strict, suffix: "-19" },
  { ...strict, suffix: "-18", alias: { react: join(react18, "react"), "react-dom": join(react18, "react-dom") } },
];

export async function buildPages() {
  for (const { mode, scripts, suffix = "", alias = {} } of bundles) {
    await build({
      entryPoints: Object.fromEntries(scripts.map((name) => [name + suffix, join(page, `${name}.tsx`)])),
      outdir: assets,
      bundle: true,
      format: "esm",
      target: "es2022",
      jsx: "automatic",
      minify: mode === "production",
      define: { "process.env.NODE_ENV": JSON.stringify(mode) },
      alias,
    });
  }
  for (const file of ["index.html", "service-worker.js"]) await cp(join(page, file), join(assets, file));
}
