// What the JavaScript side of the Cloudflare host promises, on real workerd, with a stand-in for
// the Rust side.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { setTimeout as elapse } from "node:timers/promises";
import { WebSocket } from "undici";

const here = dirname(fileURLToPath(import.meta.url));
const glue = join(here, "../../../zeroback-runtime/src/host/cloudflare/glue.js");
const scratch = mkdtempSync(join(tmpdir(), "zeroback-glue-"));
const servers = [];
const FUNCTIONS = ["tasks:create", "tasks:list"];
let url;

before(async () => {
  url = await serve("whole", FUNCTIONS);
});

after(async () => {
  for (const server of servers) {
    server.stdin.end();
    await once(server, "exit");
  }
  rmSync(scratch, { recursive: true });
});

test("a_request_reaches_the_instance", async () => {
  const answer = await fetch(`${url}/api/query`, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": "once" },
    body: "{}",
  });
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), ["POST", "/api/query", "application/json", "once", 2]);
});

test("a_body_in_many_parts_reaches_the_instance_whole", async () => {
  const parts = Array(1000).fill(new Uint8Array(10_000));
  const body = ReadableStream.from(parts);
  const answer = await fetch(`${url}/api/query`, { method: "POST", body, duplex: "half" });
  assert.equal((await answer.json()).at(-1), 10_000_000);
});

test("a_body_without_an_end_is_refused_at_the_limit", async () => {
  const posted = request(`${url}/api/query`, { method: "POST" });
  posted.write(new Uint8Array((32 << 20) + 1));
  const [answer] = await once(posted, "response", { signal: AbortSignal.timeout(10_000) });
  assert.equal(answer.statusCode, 413);
  let text = "";
  for await (const part of answer) text += part;
  assert.equal(JSON.parse(text).errorCode, "message_too_large");
  posted.destroy();
  assert.equal((await fetch(`${url}/health`)).status, 200);
});

test("the_operators_call_reaches_the_instance", async () => {
  const init = { method: "POST", headers: { authorization: "x" }, body: "{}" };
  const answer = await fetch(`${url}/api/admin/run`, init);
  assert.deepEqual(await answer.json(), ["operated", 2]);
});

test("a_page_that_is_not_let_in_does_not_reach_the_object", async () => {
  const ask = (origin, method, more) =>
    askWith(`${url}/api/query`, { method, headers: { origin, cookie: "a=b", ...more } });
  const refused = await ask("https://evil.example", "POST");
  assert.deepEqual([refused.status, refused.text], [403, "not let in"]);
  const granted = await ask("https://app.example", "POST");
  assert.equal(granted.status, 200);
  assert.equal(granted.headers["access-control-allow-origin"], "https://app.example");
  assert.equal(granted.headers["x-asked"], "/api/query a=b");
  const asked = await ask("https://app.example", "OPTIONS", { "access-control-request-method": "POST" });
  assert.deepEqual([asked.status, asked.text], [204, ""]);
});

test("any_other_request_is_for_a_route", async () => {
  const answer = await fetch(`${url}/here?a=1`, { headers: { "x-own": "1" } });
  assert.equal(answer.status, 201);
  assert.deepEqual(answer.headers.getSetCookie(), ["a=1", "b=2"]);
  assert.deepEqual(await answer.json(), ["GET", "/here?a=1", true, false]);
});

test("a_body_comes_in_and_goes_out_piece_by_piece", async () => {
  const parts = Array.from({ length: 300 }, (_, at) => new Uint8Array(50_000).fill(at));
  const answer = await fetch(`${url}/echo`, { method: "POST", body: ReadableStream.from(parts), duplex: "half" });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  assert.equal(bytes.length, 15_000_000);
  assert.ok(bytes.every((byte, at) => byte === (Math.floor(at / 50_000) & 0xff)));
});

test("what_waits_when_an_instance_breaks_is_answered", async () => {
  const held = fetch(`${url}/hold`);
  const broken = async () => (await fetch(`${url}/trap`, { method: "POST", body: "x" })).text();
  await assert.rejects(broken());
  assert.equal((await held).status, 500);
  assert.equal((await fetch(`${url}/here`)).status, 201);
});

test("an_archive_goes_out_in_pieces_and_comes_in_whole", async () => {
  const headers = { authorization: "Bearer x", "content-type": "application/zip" };
  const exported = await fetch(`${url}/api/admin/export`, { headers });
  assert.equal(exported.headers.get("content-type"), "application/zip");
  assert.equal(exported.headers.get("content-disposition"), 'attachment; filename="zeroback.zip"');
  assert.equal(await exported.text(), "first,second", "pieces are copied before they are gone");
  const body = new Uint8Array(3_000_000);
  const imported = await fetch(`${url}/api/admin/import`, { method: "POST", headers, body });
  assert.deepEqual(await imported.json(), [3_000_000, null]);
});

test("what_the_instance_refuses_is_not_read", async () => {
  const posted = request(`${url}/api/admin/import`, { method: "POST" });
  posted.write("the first of what never ends");
  const [answer] = await once(posted, "response", { signal: AbortSignal.timeout(10_000) });
  assert.equal(answer.statusCode, 401);
  posted.destroy();
  assert.equal((await fetch(`${url}/health`)).status, 200);
});

test("documents_end_behind_the_one_that_goes_beyond_the_limit", async () => {
  const documents = async (count, bytes, bytesMax) => {
    const body = JSON.stringify({ count, bytes, bytesMax });
    const answer = await fetch(`${url}/api/documents`, { method: "POST", body });
    return (await answer.json()).filter((length) => length === bytes).length;
  };
  // As one value of SQLite's, and row by row, where that value would be too big.
  for (const [count, bytes] of [[4, 1_000], [9, 1_000_000]]) {
    const two = 2 * bytes + 1;
    assert.equal(await documents(count, bytes, two - 1), 2);
    assert.equal(await documents(count, bytes, two), 3, "the engine has to see that there are more");
    assert.equal(await documents(count, bytes, two + 1), 3);
    assert.equal(await documents(count, bytes, 0), 1);
    assert.equal(await documents(count, bytes, count * (bytes + 1) - 1), count);
    assert.equal(await documents(count, bytes, 16 << 20), count);
  }
});

test("messages_of_a_socket_arrive_in_order_and_are_answered", async () => {
  const socket = await open();
  assert.match(await socket.next(), /^life \d+ of 1$/);
  for (const text of ["a", "b", "c", new Uint8Array(3)]) socket.send(text);
  const answers = [await socket.next(), await socket.next(), await socket.next(), await socket.next()];
  assert.deepEqual(answers.map((text) => text.split(" of ")[0]), ["a", "b", "c", "binary"]);
  socket.close();
  assert.equal(await socket.closed, 1000);
});

test("a_ping_is_answered_without_the_instance", async () => {
  const socket = await open();
  await socket.next();
  socket.send("ping");
  assert.equal(await socket.next(), "pong");
  socket.close();
});

test("a_broken_instance_sends_its_clients_away_and_a_new_one_begins", async () => {
  const [one, other] = [await open(), await open()];
  const life = Number((await one.next()).split(" ")[1]);
  await say(other, "hello");
  one.send("break");
  assert.deepEqual(await Promise.all([one.closed, other.closed]), [1012, 1012]);
  const again = await open();
  assert.equal(await again.next(), `life ${life + 1} of 1`);
  await say(again, "hello");
  const failed = await fetch(`${url}/api/break`);
  assert.equal(failed.status, 500);
  assert.equal((await failed.json()).errorCode, "internal");
  assert.equal(await again.closed, 1012);
  assert.equal((await fetch(`${url}/health`)).status, 200);
});

test("a_module_that_trapped_is_replaced", async () => {
  assert.equal((await fetch(`${url}/api/trap`)).status, 500);
  assert.equal((await fetch(`${url}/health`)).status, 200);
});

test("steps_of_a_schema_change_are_made_without_anyone_asking", async () => {
  const url = await serve("migrating", FUNCTIONS);
  await fetch(`${url}/api/migrate`, { method: "POST", body: "50" });
  const made = async () => Number((await (await fetch(`${url}/api/steps`)).text()).split(" ")[0]);
  while ((await made()) < 50) await elapse(20);
  assert.equal(await made(), 50);
});

test("a_step_that_breaks_the_instance_leaves_the_object_up", async () => {
  const url = await serve("broken-step", FUNCTIONS);
  const life = async () => Number((await (await fetch(`${url}/api/steps`)).text()).split(" ")[1]);
  const first = await life();
  await fetch(`${url}/api/migrate`, { method: "POST", body: "100" });
  while ((await life()) === first) await elapse(20);
  assert.equal((await fetch(`${url}/health`)).status, 200);
});

test("the_object_is_woken_for_each_job_without_an_event", async () => {
  const url = await serve("jobs", FUNCTIONS);
  await fetch(`${url}/api/jobs`, { method: "POST", body: "3" });
  // Asking makes no flush.
  const left = async () => (await fetch(`${url}/api/jobs-left`, { method: "POST" })).json();
  while ((await left()) > 0) await elapse(5);
});

test("no_alarm_is_set_for_a_time_that_the_platform_does_not_know", async () => {
  const url = await serve("far", FUNCTIONS, ["--observe"]);
  await fetch(`${url}/api/jobs`, { method: "POST", body: "1 after 9000000000000000" });
  await fetch(`${url}/api/jobs-left`, { method: "POST" });
  const alarms = await observe(url, "alarms");
  assert.equal(alarms.length, 1);
  assert.ok(alarms[0] > Date.now() && alarms[0] <= Date.now() + 31 * 24 * 60 * 60 * 1000, `${alarms}`);
});

test("an_instance_that_is_out_of_date_answers_and_is_replaced", async () => {
  const url = await serve("overtaken", FUNCTIONS);
  const socket = await open(url);
  const life = Number((await socket.next()).split(" ")[1]);
  assert.equal((await fetch(`${url}/api/overtaken`)).status, 200);
  assert.equal(await socket.closed, 1012);
  const again = await open(url);
  assert.equal(await again.next(), `life ${life + 1} of 1`);
  again.close();
});

test("a_build_that_lost_functions_says_which_and_serves_nothing", async () => {
  const url = await serve("lost", [...FUNCTIONS, "tasks:remove", "notes/old:list"]);
  const answer = await fetch(`${url}/health`);
  assert.equal(answer.status, 500);
  assert.match((await answer.json()).errorMessage, /: tasks:remove, notes\/old:list$/);
});

test("settings_reach_the_instance_as_texts_and_as_objects", async () => {
  const setting = async (url, name) => await (await fetch(`${url}/api/setting/${name}`)).text();
  assert.equal(await setting(url, "ZEROBACK_LIMITS"), "none");
  const variables = ["--var", 'ZEROBACK_LIMITS={"a":"b=c"}', "--json-var", 'ZEROBACK_ACCOUNTS={"sessionDays": 7}'];
  const set = await serve("set", FUNCTIONS, variables);
  assert.equal(await setting(set, "ZEROBACK_LIMITS"), '{"a":"b=c"}');
  assert.equal(await setting(set, "ZEROBACK_ACCOUNTS"), '{"sessionDays":7}');
});

test("sockets_stay_open_while_the_object_sleeps_and_are_known_when_it_wakes", async () => {
  const url = await serve("asleep", FUNCTIONS, ["--observe"]);
  const [ann, bob] = [await open(url), await open(url)];
  await attach(ann, "ann");
  await attach(bob, "bob");
  await observe(url, "evict");
  ann.send("hello");
  assert.deepEqual([await ann.next(), await bob.next()], ["slept as ann of 3", "slept as bob of 3"]);
  assert.equal(await ann.next(), "hello of 3");
  assert.equal(await observe(url, "lives"), 2);
  await attach(bob, "rob");
  await observe(url, "evict");
  assert.equal((await fetch(`${url}/health`)).status, 200);
  assert.deepEqual([await ann.next(), await bob.next()], ["slept as ann of 2", "slept as rob of 2"]);
  assert.equal(await observe(url, "lives"), 3);
});

test("pings_are_answered_without_waking_the_object", async () => {
  const url = await serve("pinged", FUNCTIONS, ["--observe"]);
  const socket = await open(url);
  await attach(socket, "it");
  await observe(url, "evict");
  for (let count = 0; count < 3; count += 1) {
    socket.send("ping");
    assert.equal(await socket.next(), "pong");
  }
  assert.equal(await observe(url, "lives"), 1);
  socket.send("hello");
  assert.equal(await socket.next(), "slept as it of 2");
  assert.equal(await observe(url, "lives"), 2);
});

test("a_socket_without_an_attachment_is_sent_away_when_the_object_wakes", async () => {
  const url = await serve("unknown", FUNCTIONS, ["--observe"]);
  const [known, unknown] = [await open(url), await open(url)];
  await attach(known, "known");
  await say(unknown, "hello");
  await observe(url, "evict");
  known.send("hello");
  assert.equal(await known.next(), "slept as known of 2");
  assert.equal(await unknown.closed, 1012);
});

test("who_leaves_while_the_object_sleeps_is_let_go", async () => {
  const url = await serve("leaving", FUNCTIONS, ["--observe"]);
  const [ann, bob] = [await open(url), await open(url)];
  await attach(ann, "ann");
  await attach(bob, "bob");
  await observe(url, "evict");
  ann.close();
  assert.equal(await ann.closed, 1000);
  assert.equal(await (await fetch(`${url}/api/left`)).text(), "1");
  assert.match(await bob.next(), /^slept as bob/);
  assert.equal(await observe(url, "lives"), 2);
});

test("a_socket_that_was_closed_is_not_taken_over_though_its_client_does_not_answer", async () => {
  const url = await serve("closed", FUNCTIONS, ["--observe"]);
  const [ann, deaf] = [await open(url), await openDeaf(url)];
  await attach(ann, "ann");
  deaf.say("attach deaf");
  deaf.say("leave");
  await deaf.told("as it was asked");
  await observe(url, "evict");
  ann.send("hello");
  assert.equal(await ann.next(), "slept as ann of 2", "and nobody else");
  deaf.socket.destroy();
});

test("what_cannot_be_attached_is_refused_and_what_was_stays", async () => {
  const url = await serve("long", FUNCTIONS, ["--observe"]);
  const socket = await open(url);
  await socket.next();
  socket.send(`attach ${"x".repeat(12_000)}`);
  assert.match(await socket.next(), /^attached/);
  socket.send(`attach ${"x".repeat(20_000)}`);
  assert.match(await socket.next(), /^not attached/);
  await observe(url, "evict");
  socket.send("hello");
  assert.equal((await socket.next()).length, "slept as  of 2".length + 12_000);
});

test("an_instance_that_cannot_wake_sends_its_clients_away_and_a_new_one_begins", async () => {
  const url = await serve("not-woken", FUNCTIONS, ["--observe"]);
  const [ann, bob] = [await open(url), await open(url)];
  await attach(ann, "ann");
  await attach(bob, "broken");
  await observe(url, "evict");
  ann.send("hello");
  assert.deepEqual(await Promise.all([ann.closed, bob.closed]), [1012, 1012]);
  assert.equal((await fetch(`${url}/health`)).status, 200);
});

test("one_frame_for_many_reaches_them_all_and_one_that_is_gone_is_in_nobodys_way", async () => {
  const url = await serve("many", FUNCTIONS);
  const clients = [await open(url), await openDeaf(url), await open(url), await open(url)];
  const [ann, deaf, bob, cleo] = clients;
  await Promise.all([ann, bob, cleo].map((client) => say(client, "hello")));
  deaf.socket.destroy();
  ann.send("tell all");
  const told = await Promise.all([ann, bob, cleo].map((client) => client.next()));
  for (const text of told) assert.match(text, /^[34] are told$/);
  assert.match(await (await open(url)).next(), /^life 1 /);
});

// Everywhere else the object is put to sleep by its test. Here time has to go by, once: it is to be
// seen that nothing keeps it awake, which costs an operator money, and that pings do not.
test("a_flush_that_could_not_keep_all_is_made_again_without_anyone_asking", async () => {
  const socket = await open();
  await socket.next();
  socket.send("fail 2");
  assert.equal(await socket.next(), "kept of 1");
  socket.close();
});

test("a_silent_object_with_sockets_falls_asleep", async () => {
  const url = await serve("silent", FUNCTIONS, ["--observe"]);
  const socket = await open(url);
  await attach(socket, "it");
  for (let second = 0; second < 13; second += 1) {
    await elapse(1_000);
    socket.send("ping");
    assert.equal(await socket.next(), "pong");
  }
  socket.send("hello");
  assert.equal(await socket.next(), "slept as it of 2");
  assert.equal(await observe(url, "lives"), 2);
});

/** Packages the stand-in with the glue and serves it. */
async function serve(name, functions, options = []) {
  const folder = mkdtempSync(join(scratch, `${name}-`));
  const stage = join(folder, "stage");
  execFileSync("cp", ["-r", join(here, "stage"), stage]);
  writeFileSync(join(stage, "index_bg.wasm"), Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const list = join(folder, "functions.txt");
  writeFileSync(list, functions.join("\n"));
  const bundle = [join(here, "../bundle.mjs"), glue, stage, list, folder];
  execFileSync(process.execPath, bundle, { stdio: "inherit" });
  const args = [join(here, "../serve.mjs"), "--worker", folder, "--data", join(folder, "data"), ...options];
  const server = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "ignore"] });
  servers.push(server);
  const [address] = await once(createInterface(server.stdout), "line");
  return address;
}

// A client always says something before long. workerd ends a socket that never has said anything
// only ten seconds after it was closed.
async function say(socket, text) {
  socket.send(text);
  while (!(await socket.next()).startsWith(text)) continue;
}

/** Attaches a text to a socket, and reads what came before. */
async function attach(socket, text) {
  socket.send(`attach ${text}`);
  while (!(await socket.next()).startsWith("attached")) continue;
}

/** Asks the observer that is around the object, see observe.mjs. */
async function observe(url, what) {
  const answer = await fetch(`${url}/observe/${what}`);
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

/** A WebSocket that never answers: neither a close nor anything else. */
async function openDeaf(url) {
  const headers = {
    connection: "upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
  };
  const asked = request(`${url}/ws`, { headers });
  asked.end();
  const [, socket, head] = await once(asked, "upgrade");
  let heard = head.toString("latin1");
  socket.on("data", (data) => (heard += data.toString("latin1")));
  // A text frame below 126 bytes, with a mask of zeros.
  const say = (text) => socket.write(Uint8Array.of(0x81, 0x80 + text.length, 0, 0, 0, 0, ...Buffer.from(text)));
  const told = async (text) => {
    while (!heard.includes(text)) await once(socket, "data");
  };
  return { socket, say, told };
}

/** A socket whose messages are read one by one. */
async function open(origin = url) {
  const socket = new WebSocket(`${origin.replace("http", "ws")}/ws`);
  const messages = [];
  const readers = [];
  socket.addEventListener("message", ({ data }) => {
    const reader = readers.shift();
    if (reader === undefined) messages.push(data);
    else reader(data);
  });
  const closed = once(socket, "close").then(([event]) => event.code);
  await once(socket, "open");
  const next = () =>
    messages.length > 0
      ? Promise.resolve(messages.shift())
      : new Promise((resolve) => void readers.push(resolve));
  return { next, closed, send: (data) => socket.send(data), close: () => socket.close() };
}

// A request with headers that `fetch` keeps to itself.
async function askWith(address, { method, headers }) {
  const asked = request(address, { method, headers });
  asked.end();
  const [answer] = await once(asked, "response", { signal: AbortSignal.timeout(10_000) });
  let text = "";
  for await (const part of answer) text += part;
  return { status: answer.statusCode, headers: answer.headers, text };
}
