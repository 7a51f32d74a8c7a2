// Prints what an app downloads: each entry point bundled, minified and gzipped.

import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const entries = [
  { name: "zeroback", entry: "dist/index.js", external: [] },
  // What ./react adds for an app that has the core and React anyway.
  { name: "zeroback/react", entry: "dist/react/index.js", external: ["react", "zeroback"] },
  { name: "zeroback/accounts", entry: "dist/accounts.js", external: [] },
];

for (const { name, entry, external } of entries) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    external,
    write: false,
  });
  const [{ contents }] = outputFiles;
  const gzipBytes = gzipSync(contents, { level: 9 }).length;
  console.log(`${name}: ${contents.length} bytes minified, ${gzipBytes} gzipped`);
}
