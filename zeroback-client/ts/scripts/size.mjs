// Prints what an app downloads, each entry point bundled, minified and gzipped, and fails above the limits.
// Of what an entry shares with the core, only the core counts: whoever has one has the other. Needs `build`.

import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const entries = [
  { name: "zeroback", entry: "dist/index.js", gzipBytesMax: 9_000 },
  // What these add for an app that has the core and its framework anyway.
  { name: "zeroback/react", entry: "dist/react/index.js", gzipBytesMax: 3_000 },
  { name: "zeroback/solid", entry: "dist/solid/index.js", gzipBytesMax: 3_000 },
  { name: "zeroback/pages", entry: "dist/optimistic-pages.js", gzipBytesMax: 1_000 },
  { name: "zeroback/accounts", entry: "dist/accounts.js", gzipBytesMax: 1_000 },
  { name: "zeroback/offline", entry: "dist/offline/index.js", gzipBytesMax: 6_000 },
  { name: "zeroback/ssr", entry: "dist/ssr.js", gzipBytesMax: 1_000 },
];

async function bundle(entry, external) {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    external,
    metafile: true,
    write: false,
  });
  return { contents: outputFiles[0].contents, inputs: Object.keys(metafile.inputs) };
}

const [core] = entries;
const ofCore = (await bundle(core.entry, [])).inputs;
const shared = ["react", "solid-js", "solid-js/web", ...ofCore.map((input) => `./${input}`)];

for (const { name, entry, gzipBytesMax } of entries) {
  const { contents } = await bundle(entry, entry === core.entry ? [] : shared);
  const gzipBytes = gzipSync(contents, { level: 9 }).length;
  const isOver = gzipBytes > gzipBytesMax;
  if (isOver) process.exitCode = 1;
  const verdict = isOver ? `MORE THAN ${gzipBytesMax}` : `of ${gzipBytesMax}`;
  console.log(`${name}: ${contents.length} bytes minified, ${gzipBytes} gzipped, ${verdict}`);
}
