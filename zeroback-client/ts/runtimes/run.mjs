// The built client in Node, Deno, Bun and workerd, against each host that is given; see xtask/browser/hosts.mjs. Needs
// `build`.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { hosts, start, within } from "../../../xtask/browser/hosts.mjs";
import { EXPECTED } from "./story.mjs";

const WAIT_MS_MAX = 60_000;
const program = join(import.meta.dirname, "program.mjs");
const require = createRequire(import.meta.url);
const inPackage = (name, path) => join(dirname(require.resolve(`${name}/package.json`)), path);

/** Each plays the story at a URL under a name, and returns what has come of it. */
const runtimes = {
  node: (url, name) => printed(process.execPath, [program, url, name]),
  deno: (url, name) => printed(inPackage("deno", "deno"), ["run", "--no-config", "--no-lock", "--allow-net", program, url, name]),
  bun: (url, name) => printed(inPackage("bun", "bin/bun.exe"), [program, url, name]),
  workerd: inWorker,
};

async function printed(executable, args) {
  const { stdout } = await promisify(execFile)(executable, args, { timeout: WAIT_MS_MAX });
  return JSON.parse(stdout);
}

async function inWorker(url, name) {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "worker.mjs")],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  const worker = new Miniflare({ modules: true, script: outputFiles[0].text, compatibilityDate: "2026-04-01", cf: false });
  try {
    const response = await worker.dispatchFetch(`http://worker/?${new URLSearchParams({ url, name })}`);
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return JSON.parse(text);
  } finally {
    await worker.dispose();
  }
}

for (const host of hosts(process.env, import.meta.dirname)) {
  if (host.skipped !== undefined) {
    console.log(`runtimes at ${host.name}: skipped (${host.skipped})`);
    continue;
  }
  const data = await mkdtemp(join(tmpdir(), "zeroback-runtimes-"));
  const server = await start(host, data);
  try {
    for (const [name, play] of Object.entries(runtimes)) {
      const come = await within(WAIT_MS_MAX, `the client in ${name}`, play(`${server.origin}/ws`, name));
      assert.deepEqual(come, EXPECTED, name);
      console.log(`runtimes at ${host.name}: ${name} passed`);
    }
  } finally {
    await server.stop();
    await rm(data, { recursive: true, force: true });
  }
}
