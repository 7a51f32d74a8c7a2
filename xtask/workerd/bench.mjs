// Reads in a Durable Object: ours, and the same written by hand in JavaScript.
//
//   node bench.mjs WORKER
//
// A Durable Object's clock stands still, so one request makes a read many times over and is timed
// from outside, with the cost of an empty request taken off. Statements and crossings of wasm's
// boundary are counted in an object of its own, so that what is timed counts nothing.

import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Miniflare } from "miniflare";

const ARTICLES = 10_000;
const READS = 2_000;
const ROUNDS = 9;

const worker = resolve(process.argv[2]);

const BY_HAND = `
import { DurableObject } from "cloudflare:workers";
export default {
  fetch: (request, env) => env.ROWS.getByName("main").fetch(request),
};
export class Rows extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
  }
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/fill") {
      this.sql.exec(\`CREATE TABLE articles (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        doc TEXT NOT NULL, shelf INTEGER NOT NULL, rank INTEGER NOT NULL);
        CREATE INDEX by_shelf ON articles (shelf, rank, id)\`);
      for (const { _id, shelf, rank, ...rest } of await request.json()) {
        const doc = JSON.stringify({ _id, ...rest, shelf, rank });
        this.sql.exec("INSERT INTO articles (id, doc, shelf, rank) VALUES (?, ?, ?, ?)", _id, doc, shelf, rank);
      }
      return Response.json(null);
    }
    const [first, times] = [Number(searchParams.get("first")), Number(searchParams.get("times"))];
    let seen = 0;
    for (let shelf = first; shelf < first + times; shelf += 1) {
      const rows = [...this.sql.exec("SELECT doc FROM articles WHERE shelf = ? ORDER BY rank, id LIMIT 50", shelf).raw()];
      seen += rows.map(([doc]) => JSON.parse(doc)).length;
    }
    return Response.json(seen);
  }
}
`;

const options = { compatibilityDate: "2026-04-01", cf: false };
const here = dirname(fileURLToPath(import.meta.url));
const packaged = [
  { type: "ESModule", path: "index.js", contents: await readFile(join(worker, "index.js"), "utf8") },
  { type: "CompiledWasm", path: "index_bg.wasm", contents: await readFile(join(worker, "index_bg.wasm")) },
];
const counting = await Promise.all(
  ["counting.js", "crossings.js"].map(async (path) => {
    return { type: "ESModule", path, contents: await readFile(join(here, "bench", path), "utf8") };
  }),
);
const durableObjects = { ZEROBACK: { className: "ZerobackObject", useSQLite: true } };
const ours = new Miniflare({ ...options, modules: packaged, durableObjects });
const counted = new Miniflare({ ...options, modules: [...counting, ...packaged], durableObjects });
const byHand = new Miniflare({
  ...options,
  modules: [{ type: "ESModule", path: "main.js", contents: BY_HAND }],
  durableObjects: { ROWS: { className: "Rows", useSQLite: true } },
});

try {
  for (const object of [ours, counted]) {
    for (let from = 0; from < ARTICLES; from += 1_000) await call("mutation", "articles:fill", { from, count: 1_000 }, object);
  }
  const articles = [];
  for (let shelf = 0; shelf < ARTICLES / 50; shelf += 1) articles.push(...(await call("query", "articles:shelf", { shelf })));
  await send(byHand, "/fill", { method: "POST", body: JSON.stringify(articles) });
  await compare();
} finally {
  await ours.dispose();
  await counted.dispose();
  await byHand.dispose();
}

async function compare() {
  const [first, shelves] = [0, ARTICLES / 50];
  const readOurs = (times) => call("query", "articles:shelf_often", { first, times });
  const readByHand = (times) => send(byHand, `/read?first=${first}&times=${times}`);
  const rounds = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const pair = [await perRead(readOurs, shelves), await perRead(readByHand, shelves)];
    // The first one warms both up.
    if (round > 0) rounds.push(pair);
  }
  rounds.sort((a, b) => a[0] / a[1] - b[0] / b[1]);
  const [us, them] = rounds[Math.floor(rounds.length / 2)];
  console.log("in a Durable Object, and by hand in JavaScript: us per read of 50 typed rows by an index, medians");
  console.log(`ours ${us.toFixed(1)}, by hand ${them.toFixed(1)}, ratio ${(us / them).toFixed(2)}`);
  for (const [name, path, args] of [
    ["50 rows by an index", "articles:shelf", { shelf: 3 }],
    ["25 of 50 rows by a filter", "articles:open", { shelf: 3 }],
    ["a page of 50", "articles:page", { page: { limit: 50 } }],
  ]) {
    // The first one warms up.
    await call("query", path, args, counted);
    await send(counted, "/counted");
    await call("query", path, args, counted);
    const { statements, into, outOf } = await send(counted, "/counted");
    console.log(`${name}: ${statements} statements, ${into} crossings into wasm, ${outOf} out of it`);
  }
}

// Reads per request are bounded by what one function may read, so many requests make one measure.
async function perRead(read, shelves) {
  const requests = READS / shelves;
  const once = await timed(() => read(0), requests);
  const all = await timed(() => read(shelves), requests);
  return ((all - once) / (requests * shelves)) * 1_000;
}

async function timed(request, times) {
  const started = performance.now();
  for (let time = 0; time < times; time += 1) await request();
  return performance.now() - started;
}

async function call(kind, path, args, object = ours) {
  const answer = await send(object, `/api/${kind}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path, args }),
  });
  if (answer.status !== "success") throw new Error(`${path}: ${answer.errorMessage}`);
  return answer.value;
}

async function send(to, path, init) {
  const response = await to.dispatchFetch(`http://bench${path}`, init);
  return response.json();
}
