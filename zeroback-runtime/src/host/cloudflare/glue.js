// The JavaScript side of the Cloudflare host: the Worker, its Durable Object, and the few calls of
// the platform that the Rust side makes. Nothing here decides anything about queries or data.
//
// What must hold:
// - Nothing is ever thrown out of a socket handler: workerd would stop delivering to that socket
//   without closing it. What the Rust side throws means that the instance is broken; then every
//   client is told to connect again, and a new instance begins from what is committed.
// - Each event is handled without an await inside the engine, so no two events interleave in it.
// - The platform may drop a silent object from memory and keep its sockets. What the next life of
//   the object knows of a socket is the text that is attached to it.
// - Text of any length crosses as bytes: reading a long string char by char is slow.

import { DurableObject } from "cloudflare:workers";
import { Instance, __wbg_reset_state as replaceModule, admit, functionPaths } from "zeroback:wasm";
import { Web } from "./web.js";

/** The one object that holds an app's data. */
const OBJECT_NAME = "main";

const CLOSE_NORMAL = 1000;

/** The server restarts: connect again (RFC 6455's registry of close codes). */
const CLOSE_RESTART = 1012;

const CONNECT_AGAIN = "connect again";

/** Attached to a socket that was closed from here. */
const CLOSED = false;

/** Bodies beyond this are not read to their end; the engine's own limit is far below. */
const BODY_BYTES_MAX = 32 * 1024 * 1024;

/** What `Instance.admin` says: nothing more is wanted of a request. */
const ANSWERED = 0;

/** What `Instance.admin` says: the body is an archive. */
const IMPORT = 1;

/** What `Instance.status` says: a schema change is made in steps. */
const MIGRATING = 1;

/** What `Instance.status` says: another life of the object has written, and knows more. */
const OUT_OF_DATE = 3;

/** How long what an alarm was for is let be, where it has failed. */
const ALARM_PAUSE_MS = 10_000;

/** How far ahead an alarm is set at most: the platform knows no time after 2189. What is due later is found then. */
const ALARM_WAIT_MS_MAX = 30 * 24 * 60 * 60 * 1000;

/** How long a flush is let be whose bookkeeping the database has refused. */
const FLUSH_PAUSE_MS = 1_000;

/** How long a document that says how tokens are checked may take, and how large it may be. */
const FETCH_TIMEOUT_MS = 10_000;
const DOCUMENT_BYTES_MAX = 256 * 1024;

const LINE_BREAK = 0x0a;

const JSON_HEADERS = { "content-type": "application/json" };

/** Thrown to undo a transaction, and caught around it. */
const ROLLBACK = Symbol("rollback");

/** How the module says that a mutation runs; see running.rs. */
const MUTATION = 1;

/** A flush runs no mutations but those of jobs. */
const noteTrappedJob = (instance, path, args) => instance.trappedJob(path, args);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// What the linker dropped of what the native build of the same crate registers. See
// ARCHITECTURE.md, "Registration".
const registered = new Set(functionPaths().split("\n"));
const missing = ZEROBACK_FUNCTIONS.filter((path) => !registered.has(path));

export default {
  async fetch(request, env) {
    if (missing.length > 0) {
      const message = `this build lost functions that were registered: ${missing.join(", ")}`;
      return error(500, "internal", message);
    }
    const object = env.ZEROBACK.getByName(OBJECT_NAME);
    const origin = request.headers.get("origin");
    // Whatever is no page of another origin.
    if (origin === null) return object.fetch(request);
    const granted = admission(env.ZEROBACK_ORIGINS ?? "", origin, request);
    if (granted.refused !== undefined) return new Response(granted.refused, { status: 403, headers: JSON_HEADERS });
    if (granted.answered) return new Response(null, { status: 204, headers: granted.headers });
    const response = await object.fetch(request);
    if (granted.headers.length === 0 || response.webSocket !== null) return response;
    const told = new Response(response.body, response);
    for (const [name, value] of granted.headers) {
      if (name === "vary") told.headers.append(name, value);
      else told.headers.set(name, value);
    }
    return told;
  },
};

// Decides on a request that a page of an origin makes.
function admission(origins, origin, request) {
  const { pathname, host } = new URL(request.url);
  const isPreflight = request.method === "OPTIONS" && request.headers.has("access-control-request-method");
  const decide = () => admit(origins, origin, host, pathname, request.headers.get("cookie") ?? "", isPreflight);
  try {
    return JSON.parse(decide());
  } catch {
    // The module may have ended, and nobody noticed.
    replaceTrappedModule(false);
    return JSON.parse(decide());
  }
}

export class ZerobackObject extends DurableObject {
  #instance;
  #platform;
  #flushing = false;
  #flushingLater = false;
  #flushingThen = false;
  #pumping = false;
  // Whether an alarm was set for the next step of a schema change.
  #stepsFollow = false;
  // For when this life of the object has set its one alarm, until it rings.
  #alarmAt;

  constructor(ctx, env) {
    super(ctx, env);
    this.#platform = new Platform(ctx, env, () => this.#pumpSoon(), new Web((event) => this.#tell(event), env.ZEROBACK_FILES));
    this.#platform.onFetch = (fetch, url) => this.#fetchFor(this.#instance, fetch, url);
    // Heartbeats do not wake the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  async fetch(request) {
    try {
      const { pathname, search } = new URL(request.url);
      if (pathname === "/ws") return this.#upgrade(request);
      if (pathname !== "/health" && !pathname.startsWith("/api/")) return await this.#route(request, pathname + search);
      if (pathname.startsWith("/api/admin/")) {
        return await this.#admin(request, pathname + search, request.headers.get("content-type") ?? "");
      }
      const body = await readBody(request);
      if (body === undefined) return error(413, "message_too_large", "the body could not be read");
      const { ticket, answered } = this.#platform.expectReply();
      const key = request.headers.get("idempotency-key") ?? undefined;
      this.#run(
        (instance) => instance.http(ticket, request.method, pathname, headersOf(request), body),
        (instance, _path, _args, viewer) => {
          if (key !== undefined) instance.trappedCall(key, body, viewer);
        },
      );
      return await answered;
    } catch (fault) {
      const id = requestId();
      console.error(id, fault);
      return error(500, "internal", "the server failed", id);
    }
  }

  webSocketMessage(socket, message) {
    if (typeof message !== "string") {
      return this.#onSocket(socket, (instance, connection) => instance.binary(connection));
    }
    const frame = encoder.encode(message);
    this.#onSocket(
      socket,
      (instance, connection) => instance.text(connection, frame),
      (instance, _path, _args, viewer) => instance.trappedText(frame, viewer),
    );
  }

  webSocketClose(socket) {
    // Without an answer the client would wait for the end of its close until it gives up. One that
    // we closed ourselves is not known any more, and closing it twice would keep it waiting too.
    if (this.#forget(socket)) closeSocket(socket, CLOSE_NORMAL, "");
  }

  webSocketError(socket) {
    this.#forget(socket);
  }

  // What is due, and one step of a schema change that is too large for one event. It is never let
  // throw: after some retries the platform would give it up, and the object would answer `migrating` for
  // ever, or do nothing more that is scheduled.
  async alarm() {
    this.#alarmAt = undefined;
    let pauseMs = ALARM_PAUSE_MS;
    try {
      const goesOn = this.#run((instance) => {
        if (instance.status() === MIGRATING) return instance.migrate();
        instance.flush();
        return false;
      }, noteTrappedJob);
      if (this.#instance?.status() !== MIGRATING) return;
      if (goesOn) pauseMs = 0;
    } catch (fault) {
      console.error(fault);
    }
    this.#setAlarm(Date.now() + pauseMs);
  }

  #upgrade(request) {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return error(426, "bad_message", "GET /ws is for WebSockets");
    }
    return this.#run((instance) => {
      const [client, server] = Object.values(new WebSocketPair());
      instance.open(this.#platform.accept(server), headersOf(request));
      return new Response(null, { status: 101, webSocket: client });
    });
  }

  // Whoever may not do it is refused before anything of the body is read.
  async #admin(request, path, contentType) {
    const authorization = request.headers.get("authorization") ?? undefined;
    const { ticket, answered } = this.#platform.expectReply();
    const wanted = this.#run((instance) =>
      instance.admin(ticket, request.method, path, contentType, authorization),
    );
    if (wanted === ANSWERED) return await answered;
    this.#platform.forgetReply(ticket);
    const body = await readBody(request);
    if (body === undefined && wanted === IMPORT) {
      const message = `the archive has over ${BODY_BYTES_MAX} bytes; nothing was imported`;
      return error(413, "import_too_large", message);
    }
    if (body === undefined) return error(413, "message_too_large", "the body could not be read");
    const done = this.#platform.expectReply();
    this.#run((instance) => {
      if (wanted === IMPORT) instance.import(done.ticket, body);
      else instance.operate(done.ticket, body);
    });
    return await done.answered;
  }

  async #route(request, path) {
    const { number, answered } = this.#platform.web().expect(request);
    const headers = [...request.headers].flat();
    this.#run((instance) => instance.route(number, request.method, path, headers, request.body !== null));
    return await answered;
  }

  // Tells the instance what has become of a request or a body; it waits for none where it is a new one.
  #tell(event) {
    if (this.#instance === undefined) return;
    try {
      this.#run(event);
    } catch (fault) {
      console.error(fault);
    }
  }

  #onSocket(socket, handle, noteTrap) {
    const connection = this.#platform.connectionOf(socket);
    if (connection === undefined) return closeSocket(socket, CLOSE_RESTART, CONNECT_AGAIN);
    try {
      this.#run((instance) => handle(instance, connection), noteTrap);
    } catch (fault) {
      console.error(fault);
    }
  }

  // Tells whether the socket was known.
  #forget(socket) {
    const connection = this.#platform.connectionOf(socket);
    if (connection === undefined) return false;
    this.#platform.forget(connection);
    try {
      this.#run((instance) => instance.closed(connection));
    } catch (fault) {
      console.error(fault);
    }
    return true;
  }

  // Runs one event in the instance, and sees to the flush that it calls for. Where a mutation of the
  // event traps, `noteTrap` tells the next instance, so that it is not made again.
  #run(event, noteTrap) {
    try {
      this.#instance ??= new Instance(this.#platform, crypto.getRandomValues(new BigUint64Array(1))[0]);
      const value = event(this.#instance);
      this.#platform.forgetFrame();
      this.#flushSoon();
      this.#seeToSchema();
      this.#seeToAlarm();
      return value;
    } catch (fault) {
      this.#instance = undefined;
      this.#platform.closeAll();
      this.#platform.failReplies(fault);
      this.#platform.web().giveUp(fault);
      const trapped = this.#platform.takeTrapped();
      replaceTrappedModule(trapped !== undefined);
      if (trapped !== undefined) this.#noteTrapped(trapped, noteTrap);
      throw fault;
    }
  }

  // Sees to it that what has trapped does not trap again when its client asks for it again.
  #noteTrapped({ isMutation, path, args, viewer }, noteTrap) {
    console.error(`${path} has trapped`);
    try {
      if (!isMutation) this.#run((instance) => this.#platform.keepTrappedQueries(instance.trappedQuery(path, args)));
      else if (noteTrap !== undefined) this.#run((instance) => noteTrap(instance, path, args, viewer));
    } catch (fault) {
      console.error(fault);
    }
  }

  // Sees to it that the steps of a schema change are made, also after an eviction, and that an
  // instance which knows less than the database is not asked again, once it has said so.
  #seeToSchema() {
    const status = this.#instance.status();
    if (status === MIGRATING && !this.#stepsFollow) {
      this.#stepsFollow = true;
      this.#setAlarm(Date.now());
    }
    if (status === OUT_OF_DATE && !this.#instance.wantsFlush()) {
      this.#instance = undefined;
      this.#platform.closeAll();
    }
  }

  // Sees to it that the object is woken for what is scheduled. The platform writes the alarm with what
  // the event has written, or neither.
  #seeToAlarm() {
    const wake = this.#instance?.nextWake();
    if (wake === undefined || this.#alarmAt <= wake) return;
    this.#setAlarm(Math.min(wake, Date.now() + ALARM_WAIT_MS_MAX));
  }

  #setAlarm(at) {
    this.#alarmAt = at;
    this.ctx.storage.setAlarm(at).catch((fault) => {
      // The next event sets it.
      this.#alarmAt = undefined;
      this.#stepsFollow = false;
      console.error(fault);
    });
  }

  // One flush per burst: events that have arrived together are all handled before a timer fires. A
  // timer also keeps the object from being dropped.
  #flushSoon() {
    if (!this.#flushing && this.#instance.wantsFlush()) {
      this.#flushing = true;
      setTimeout(() => {
        this.#flushing = false;
        this.#flush();
      }, 0);
    }
    const pauseMs = this.#instance.wantsFlushIn();
    if (pauseMs !== undefined && !this.#flushingThen) {
      this.#flushingThen = true;
      setTimeout(() => {
        this.#flushingThen = false;
        this.#flush();
      }, pauseMs);
    }
    if (!this.#flushingLater && this.#instance.wantsFlushLater()) {
      this.#flushingLater = true;
      setTimeout(() => {
        this.#flushingLater = false;
        this.#flush();
      }, FLUSH_PAUSE_MS);
    }
  }

  // Actions go on behind the event at hand.
  #pumpSoon() {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      // Where the instance is gone, its actions are.
      this.#tell((instance) => instance.pump());
    });
  }

  // Gets a document for an instance; another one has not asked for it.
  async #fetchFor(instance, fetch, url) {
    const got = await getDocument(url);
    if (this.#instance !== instance) return;
    try {
      this.#run((it) => it.keysFetched(fetch, got.body, got.maxAgeMs, got.cause ?? ""));
    } catch (fault) {
      console.error(fault);
    }
  }

  #flush() {
    try {
      this.#run((instance) => instance.flush(), noteTrappedJob);
    } catch (fault) {
      console.error(fault);
      // What is scheduled goes on.
      this.#setAlarm(Date.now() + ALARM_PAUSE_MS);
    }
  }
}

/** The object's sockets, requests and database. */
class Platform {
  onFetch;
  #ctx;
  #env;
  #onAsked;
  #web;
  // Of each action that runs: what ends its promise.
  #actions = new Map();
  #sql;
  // Both ways. A connection's number is of one life of the object.
  #sockets = new Map();
  #connections = new Map();
  #lastConnection = 0;
  #lastFrame;
  #replies = new Map();
  #lastTicket = 0;
  // Where the module says which function runs.
  #memory;
  #runningAt = 0;
  #trappedQueries = [];

  constructor(ctx, env, onAsked, web) {
    this.#ctx = ctx;
    this.#env = env;
    this.#onAsked = onAsked;
    this.#web = web;
    this.#sql = ctx.storage.sql;
    this.#takeOver();
  }

  accept(socket) {
    this.#ctx.acceptWebSocket(socket);
    return this.#know(socket);
  }

  // Undefined for a socket that was closed from here.
  connectionOf(socket) {
    return this.#connections.get(socket);
  }

  forget(connection) {
    this.#connections.delete(this.#sockets.get(connection));
    this.#sockets.delete(connection);
  }

  closeAll() {
    for (const connection of [...this.#sockets.keys()]) {
      this.closeConnection(connection, CLOSE_RESTART, CONNECT_AGAIN);
    }
  }

  // A long one would stay in memory.
  forgetFrame() {
    this.#lastFrame = undefined;
  }

  expectReply() {
    const ticket = ++this.#lastTicket;
    const answered = new Promise((resolve, reject) => {
      this.#replies.set(ticket, { resolve, reject, archive: [] });
    });
    // It may fail before anyone waits for it.
    answered.catch(() => {});
    return { ticket, answered };
  }

  forgetReply(ticket) {
    this.#replies.delete(ticket);
  }

  failReplies(fault) {
    for (const { reject } of this.#replies.values()) reject(fault);
    this.#replies.clear();
  }

  // Returns which function ran when the module was left, if one did: what the module says of it is
  // taken back, since other objects read the same.
  takeTrapped() {
    if (this.#memory === undefined) return undefined;
    const running = new Uint32Array(this.#memory.buffer, this.#runningAt, 7);
    const [kind, pathAt, pathLength, argsAt, argsLength, viewerAt, viewerLength] = running;
    running[0] = 0;
    if (kind === 0) return undefined;
    const text = (at, length) => decoder.decode(new Uint8Array(this.#memory.buffer, at, length));
    return {
      isMutation: kind === MUTATION,
      path: text(pathAt, pathLength),
      args: text(argsAt, argsLength),
      viewer: text(viewerAt, viewerLength),
    };
  }

  keepTrappedQueries(queries) {
    this.#trappedQueries = queries;
  }

  // --- What follows is called from Rust, see platform.rs. ---

  watch(memory, address) {
    this.#memory = memory;
    this.#runningAt = address;
  }

  trappedQueries() {
    return this.#trappedQueries;
  }

  send(connection, frame) {
    this.#lastFrame = frame;
    this.sendAgain(connection);
  }

  sendAgain(connection) {
    this.#sockets.get(connection)?.send(this.#lastFrame);
  }

  attach(connection, attachment) {
    this.#sockets.get(connection)?.serializeAttachment(attachment);
  }

  sleepingSockets() {
    const attached = ([connection, socket]) => [connection, socket.deserializeAttachment()];
    return JSON.stringify([...this.#sockets].map(attached));
  }

  closeConnection(connection, code, reason) {
    const socket = this.#sockets.get(connection);
    if (socket === undefined) return;
    this.forget(connection);
    closeSocket(socket, code, reason);
  }

  reply(ticket, status, body, tag) {
    const headers = { "content-type": "application/json", ...(tag === undefined ? {} : { "zeroback-tag": tag }) };
    this.#replies.get(ticket)?.resolve(new Response(body, { status, headers }));
    this.#replies.delete(ticket);
  }

  pumpSoon() {
    this.#onAsked();
  }

  keepAlive(action) {
    this.#ctx.waitUntil(new Promise((resolve) => this.#actions.set(action, resolve)));
  }

  letGo(action) {
    this.#actions.get(action)?.();
    this.#actions.delete(action);
  }

  fetchKeys(fetch, url) {
    this.onFetch(fetch, url);
  }

  env(name) {
    const value = this.#env[name];
    return typeof value === "string" ? value : undefined;
  }

  archivePiece(ticket, bytes) {
    // The bytes are the module's own, and another piece comes to the same place.
    this.#replies.get(ticket)?.archive.push(bytes.slice());
  }

  replyArchive(ticket) {
    const { resolve, archive } = this.#replies.get(ticket) ?? {};
    const headers = {
      "content-type": "application/zip",
      "content-disposition": 'attachment; filename="zeroback.zip"',
      "cache-control": "no-store",
    };
    resolve?.(new Response(new Blob(archive), { headers }));
    this.#replies.delete(ticket);
  }

  web() {
    return this.#web;
  }

  adminKey() {
    return this.#env.ZEROBACK_ADMIN_KEY;
  }

  setting(name) {
    const value = this.#env[name];
    // A variable may be an object where it is set by a file. What is neither that nor a text is no setting, and
    // is refused as one.
    return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
  }

  log(text) {
    console.error(text);
  }

  // A statement without rows is at its end when it has run. Every other cursor below is read to its
  // end: one that is not stays open until it is collected.

  execute(sql, params) {
    this.#sql.exec(sql, ...params);
  }

  update(sql, params) {
    return this.#sql.exec(sql, ...params).rowsWritten > 0;
  }

  rows(sql, params) {
    return encoder.encode(JSON.stringify([...this.#sql.exec(sql, ...params).raw()]));
  }

  text(sql, params) {
    const [row] = [...this.#sql.exec(sql, ...params).raw()];
    return row === undefined ? undefined : encoder.encode(row[0]);
  }

  // All documents come out of SQLite as one value. A blob, because text would be made a string of
  // JavaScript's on its way.
  documents(sql, order, params, bytesMax) {
    const joined = `SELECT CAST(group_concat(doc, char(10) ORDER BY ${order}) AS BLOB) FROM (${sql})`;
    try {
      const [[blob]] = [...this.#sql.exec(joined, ...params).raw()];
      return blob === null ? new Uint8Array() : endBehind(new Uint8Array(blob), bytesMax);
    } catch (fault) {
      if (!/too big/.test(fault.message)) throw fault;
      return this.#joinRows(sql, params, bytesMax);
    }
  }

  transaction(body) {
    try {
      this.#ctx.storage.transactionSync(() => {
        if (!body()) throw ROLLBACK;
      });
    } catch (fault) {
      if (fault !== ROLLBACK) throw fault;
    }
  }

  // Takes over the sockets of an earlier life of the object. One without an attachment was accepted
  // and lost before the first flush: nothing is known of it.
  #takeOver() {
    for (const socket of this.#ctx.getWebSockets()) {
      const attachment = socket.deserializeAttachment();
      if (typeof attachment === "string") this.#know(socket);
      else if (attachment !== CLOSED) closeSocket(socket, CLOSE_RESTART, CONNECT_AGAIN);
    }
  }

  #know(socket) {
    const connection = ++this.#lastConnection;
    this.#sockets.set(connection, socket);
    this.#connections.set(socket, connection);
    return connection;
  }

  #joinRows(sql, params, bytesMax) {
    const parts = [];
    // With a line break behind every document, also behind the last, which has none in the end.
    let length = 0;
    for (const [doc] of this.#sql.exec(sql, ...params).raw()) {
      // The cursor is read to its end; what is beyond the limit is not kept.
      if (length - 1 > bytesMax) continue;
      const part = encoder.encode(doc);
      parts.push(part);
      length += part.length + 1;
    }
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      bytes[at + part.length] = LINE_BREAK;
      at += part.length + 1;
    }
    return bytes.subarray(0, Math.max(0, at - 1));
  }
}

// A trap (a stack that overflows, memory that is used up) ends a module: every later call throws.
// Another module then takes its place, and objects of this isolate that have an instance in the old
// one begin anew at their next event. A trap that Rust was told of as an exception, by the transaction
// that it left, may have left the module callable, but its stack is not as it should be.
function replaceTrappedModule(hasTrapped) {
  if (hasTrapped) return replaceModule();
  try {
    functionPaths();
  } catch {
    replaceModule();
  }
}

function closeSocket(socket, code, reason) {
  try {
    // It stays among the object's sockets until its client has answered.
    socket.serializeAttachment(CLOSED);
    socket.close(code, reason);
  } catch {
    // It was closed already.
  }
}

// Ends lines with the one that goes beyond so many bytes, as #joinRows does.
function endBehind(lines, bytesMax) {
  const end = lines.indexOf(LINE_BREAK, bytesMax + 1);
  return end < 0 ? lines : lines.subarray(0, end);
}

function headersOf(request) {
  const header = (name) => request.headers.get(name);
  return JSON.stringify({
    contentType: header("content-type"),
    idempotencyKey: header("idempotency-key"),
    authorization: header("authorization"),
    cookie: header("cookie"),
  });
}

// A document that says how tokens are checked; `cause` where it cannot be had.
async function getDocument(url) {
  try {
    const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS);
    const response = await fetch(url, { redirect: "manual", signal });
    if (response.status !== 200) return { cause: `${url} answered ${response.status}` };
    const body = await readBody(response, DOCUMENT_BYTES_MAX);
    if (body === undefined) return { cause: `${url} has over ${DOCUMENT_BYTES_MAX} bytes` };
    const age = /(?:^|[\s,])max-age="?(\d+)/.exec(response.headers.get("cache-control") ?? "");
    return { body: decoder.decode(body), maxAgeMs: age === null ? undefined : Number(age[1]) * 1000 };
  } catch (fault) {
    return { cause: `${url}: ${fault}` };
  }
}

// Undefined for one that is too large, of which no more is read than it takes to know that.
async function readBody(request, bytesMax = BODY_BYTES_MAX) {
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) return undefined;
  const parts = [];
  let length = 0;
  for await (const part of request.body ?? []) {
    length += part.length;
    // Leaving the loop cancels the stream.
    if (length > bytesMax) return undefined;
    parts.push(part);
  }
  if (parts.length === 1) return parts[0];
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function error(status, errorCode, errorMessage, errorRequestId = requestId()) {
  return Response.json({ status: "error", errorCode, errorMessage, errorRequestId }, { status });
}

// Names a request that no instance has named.
function requestId() {
  const [bits] = crypto.getRandomValues(new BigUint64Array(1));
  return bits.toString(16).padStart(16, "0");
}
