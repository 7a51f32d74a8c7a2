// Checks the package in the working folder under the two newest major versions of the compiler.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
let failed = false;

for (const compiler of ["typescript", "typescript-6"]) {
  const manifest = require.resolve(`${compiler}/package.json`);
  const { version } = JSON.parse(readFileSync(manifest, "utf8"));
  console.log(`tsc ${version}`);
  const run = spawnSync(process.execPath, [join(dirname(manifest), "bin/tsc"), "-p", "."], { stdio: "inherit" });
  failed ||= run.status !== 0;
}

process.exit(failed ? 1 : 0);
