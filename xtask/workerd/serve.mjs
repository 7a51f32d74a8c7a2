// Serves a packaged Worker on workerd until standard input closes or SIGTERM comes.
//
//   node serve.mjs --worker DIR --data DIR [--port N] [--assets DIR] [--var NAME=VALUE]… [--json-var NAME=JSON]… [--observe]
//
// Prints its address as one line once it answers. Data lies in the given folder and is found there
// again by the next start. With --observe a test can look into it, see observe.mjs.

import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Miniflare } from "miniflare";
import { OBSERVED } from "./observe.mjs";

const { values } = parseArgs({
  options: {
    worker: { type: "string" },
    data: { type: "string" },
    port: { type: "string", default: "0" },
    assets: { type: "string" },
    var: { type: "string", multiple: true, default: [] },
    "json-var": { type: "string", multiple: true, default: [] },
    observe: { type: "boolean", default: false },
  },
});
if (values.worker === undefined || values.data === undefined) {
  console.error("usage: node serve.mjs --worker DIR --data DIR [--port N] [--assets DIR] [--var NAME=VALUE]… [--observe]");
  process.exit(2);
}

const worker = resolve(values.worker);
const server = new Miniflare({
  modules: [
    ...(values.observe ? [{ type: "ESModule", path: "observed.js", contents: OBSERVED }] : []),
    { type: "ESModule", path: "index.js", contents: await readFile(join(worker, "index.js"), "utf8") },
    { type: "CompiledWasm", path: "index_bg.wasm", contents: await readFile(join(worker, "index_bg.wasm")) },
  ],
  compatibilityDate: "2026-04-01",
  compatibilityFlags: values.observe ? ["unsafe_module"] : [],
  bindings: Object.fromEntries([...values.var.map(variable), ...values["json-var"].map(jsonVariable)]),
  durableObjects: { ZEROBACK: { className: "ZerobackObject", useSQLite: true } },
  durableObjectsPersist: resolve(values.data),
  r2Buckets: ["ZEROBACK_FILES"],
  r2Persist: join(resolve(values.data), "files"),
  ...(values.assets === undefined ? {} : { assets: page(values.assets) }),
  host: "127.0.0.1",
  port: Number(values.port),
  // Standard output is for the address alone.
  handleRuntimeStdio(stdout, stderr) {
    stdout.pipe(process.stderr);
    stderr.pipe(process.stderr);
  },
  // Without this it asks a host elsewhere what a request from Cloudflare looks like.
  cf: false,
});

// As a `wrangler.toml` says it: the Worker's own paths go to the Worker, and all others are files of
// the page, or the page itself.
function page(directory) {
  return {
    directory: resolve(directory),
    routerConfig: { has_user_worker: true, static_routing: { user_worker: ["/ws", "/api/*", "/auth/*", "/health", "/storage/*"] } },
    assetConfig: { not_found_handling: "single-page-application" },
  };
}

function variable(text) {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

// As a `wrangler.toml` may have it: a table, which the Worker sees as an object.
function jsonVariable(text) {
  const [name, json] = variable(text);
  return [name, JSON.parse(json)];
}

let stopping = false;
async function stop() {
  if (stopping) return;
  stopping = true;
  await server.dispose();
  process.exit(0);
}
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
process.stdin.on("end", stop).on("error", stop).resume();

const address = await server.ready;
console.log(address.origin);
