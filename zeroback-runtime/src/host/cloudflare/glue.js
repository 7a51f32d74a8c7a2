// The JavaScript side of the Cloudflare host: the Worker, its Durable Object, and the few calls of
// the platform that the Rust side makes. Nothing here decides anything about queries or data.
//
// What must hold:
// - Nothing is ever thrown out of a socket handler: workerd would stop delivering to that socket
//   without closing it. What the Rust side throws means that the instance is broken; then every
//   client is told to connect again, and a new instance begins from what is committed.
// - Each event is handled without an await inside the engine, so no two events interleave in it.
// - Text of any length crosses as bytes: reading a long string char by char is slow.

import { DurableObject } from "cloudflare:workers";
import { Instance, functionPaths } from "zeroback:wasm";

/** The one object that holds an app's data. */
const OBJECT_NAME = "main";

const CLOSE_NORMAL = 1000;

/** The server restarts: connect again (RFC 6455's registry of close codes). */
const CLOSE_RESTART = 1012;

/** Bodies beyond this are refused unread; the engine's own limit is far below. */
const BODY_BYTES_MAX = 32 * 1024 * 1024;

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
    return env.ZEROBACK.getByName(OBJECT_NAME).fetch(request);
  },
};

export class ZerobackObject extends DurableObject {
  #instance;
  #platform;
  #flushing = false;

  constructor(ctx, env) {
    super(ctx, env);
    this.#platform = new Platform(ctx);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    // Sockets outlive an evicted object, but what it knew of them does not.
    this.#platform.closeAll();
  }

  async fetch(request) {
    try {
      const url = new URL(request.url);
      if (url.pathname === "/ws") return this.#upgrade(request);
      const body = await readBody(request);
      const contentType = request.headers.get("content-type") ?? "";
      return this.#run((instance) => {
        const answer = instance.http(request.method, url.pathname, contentType, body);
        return new Response(answer.body, {
          status: answer.status,
          headers: { "content-type": "application/json" },
        });
      });
    } catch (fault) {
      console.error(fault);
      return error(500, "internal", "the server failed");
    }
  }

  webSocketMessage(socket, message) {
    this.#onSocket(socket, (instance, connection) => {
      if (typeof message === "string") instance.text(connection, encoder.encode(message));
      else instance.binary(connection, message.byteLength);
    });
  }

  webSocketClose(socket) {
    // Without an answer the client would wait for the end of its close until it gives up. One that
    // we closed ourselves is not known any more, and closing it twice would keep it waiting too.
    if (this.#forget(socket)) this.#platform.close(socket, CLOSE_NORMAL, "");
  }

  webSocketError(socket) {
    this.#forget(socket);
  }

  alarm() {
    this.#run((instance) => instance.flush());
  }

  #upgrade(request) {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return error(426, "bad_message", "GET /ws is for WebSockets");
    }
    return this.#run((instance) => {
      const [client, server] = Object.values(new WebSocketPair());
      instance.open(this.#platform.accept(server));
      return new Response(null, { status: 101, webSocket: client });
    });
  }

  #onSocket(socket, handle) {
    const connection = this.#platform.connectionOf(socket);
    if (connection === undefined) return this.#platform.close(socket, CLOSE_RESTART, "connect again");
    try {
      this.#run((instance) => handle(instance, connection));
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

  // Runs one event in the instance, and sees to the flush that it calls for.
  #run(event) {
    try {
      this.#instance ??= new Instance(this.#platform);
      const value = event(this.#instance);
      this.#flushSoon();
      return value;
    } catch (fault) {
      this.#instance = undefined;
      this.#platform.closeAll();
      throw fault;
    }
  }

  // One flush per burst: events that have arrived together are all handled before a timer fires.
  #flushSoon() {
    if (this.#flushing || !this.#instance.wantsFlush()) return;
    this.#flushing = true;
    setTimeout(() => {
      this.#flushing = false;
      try {
        this.#run((instance) => instance.flush());
      } catch (fault) {
        console.error(fault);
      }
    }, 0);
  }
}

/** What the Rust side calls. Every method may throw, and the Rust side catches. */
class Platform {
  #ctx;
  #sockets = new Map();
  #lastConnection = 0;
  // Tells the sockets of this life of the object from those of an earlier one.
  #life = crypto.randomUUID();

  constructor(ctx) {
    this.#ctx = ctx;
  }

  accept(socket) {
    const connection = ++this.#lastConnection;
    this.#ctx.acceptWebSocket(socket);
    socket.serializeAttachment({ life: this.#life, connection });
    this.#sockets.set(connection, socket);
    return connection;
  }

  // Undefined for a socket that an earlier life of this object accepted.
  connectionOf(socket) {
    const { life, connection } = socket.deserializeAttachment();
    return life === this.#life && this.#sockets.has(connection) ? connection : undefined;
  }

  forget(connection) {
    this.#sockets.delete(connection);
  }

  closeAll() {
    this.#sockets.clear();
    for (const socket of this.#ctx.getWebSockets()) this.close(socket, CLOSE_RESTART, "connect again");
  }

  close(socket, code, reason) {
    try {
      socket.close(code, reason);
    } catch {
      // It was closed already.
    }
  }

  // --- called from Rust ---

  send(connection, text) {
    this.#sockets.get(connection)?.send(text);
  }

  closeConnection(connection, code, reason) {
    const socket = this.#sockets.get(connection);
    this.#sockets.delete(connection);
    if (socket !== undefined) this.close(socket, code, reason);
  }
}

async function readBody(request) {
  const length = Number(request.headers.get("content-length") ?? 0);
  if (length > BODY_BYTES_MAX) return new Uint8Array(BODY_BYTES_MAX);
  return new Uint8Array(await request.arrayBuffer());
}

function error(status, errorCode, errorMessage) {
  return Response.json({ status: "error", errorCode, errorMessage }, { status });
}
