/** What an app downloads. `npm run size` tells the figures of what is published. */

import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

const src = join(import.meta.dirname, "../src");

test.each([
  ["index.ts", 9_000, []],
  ["react/index.ts", 1_000, ["react", "../index.js"]],
])("%s is at most %i bytes, minified and gzipped", async (entry, gzipBytesMax, external) => {
  const { outputFiles } = await build({
    entryPoints: [join(src, entry)],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    external,
    write: false,
  });
  const [output] = outputFiles;
  expect(gzipSync(output?.contents ?? "", { level: 9 }).length).toBeLessThanOrEqual(gzipBytesMax);
});
