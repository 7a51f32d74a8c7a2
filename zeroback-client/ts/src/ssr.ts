/**
 * For programs that render pages on a server: asks for results before there is a socket. The hooks
 * `usePreloadedQuery` and `createPreloadedQuery` show them at once, and go on live.
 */

import { ZerobackClient } from "./client.js";
import type { AnyQuery, ArgsOf } from "./function-reference.js";
import { requestTagged } from "./http.js";
import type { Socket } from "./platform.js";
import type { Preloaded } from "./preloaded.js";
import { encodeArgs, type JsonObject, type JsonValue } from "./values.js";

export { type Preloaded, preloadedValue } from "./preloaded.js";

export interface PreloadOptions {
  /** Who asks: a token as `setAuth` gives it. Default: nobody. */
  readonly token?: string;
  /** What makes requests. Default: the runtime's own. */
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * Runs the query once, over HTTP. What it returns can be sent as JSON, and rendered from, on a server and in a
 * browser. Rejects with a `ZerobackError`.
 *
 * `url` is that of the backend, as a `ZerobackClient` takes it, or without the path.
 */
export async function preloadQuery<F extends AnyQuery>(
  url: string | URL,
  query: F,
  args: ArgsOf<F>,
  options: PreloadOptions = {},
): Promise<Preloaded<F>> {
  const { token, fetch = globalThis.fetch } = options;
  const { path } = query;
  const argsText = encodeArgs(args);
  const { value, tag } = await requestTagged(fetch, queryUrl(url), {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: `{"path":${JSON.stringify(path)},"args":${argsText}}`,
  });
  return { path, args: JSON.parse(argsText) as JsonObject, value: value as JsonValue, ...(tag !== undefined && { tag }) };
}

/**
 * Makes a client for a server to render with: it connects to nothing and keeps nothing, so it needs neither a
 * WebSocket nor an end. In a browser make a `ZerobackClient`.
 */
export function serverClient(): ZerobackClient {
  const socket: Socket = { onopen: null, onmessage: null, onerror: null, onclose: null, send() {}, close() {} };
  const nothing = () => () => {};
  return new ZerobackClient("ws://server.invalid/ws", {
    platform: { connect: () => socket, schedule: nothing, onWake: nothing },
  });
}

function queryUrl(url: string | URL): string {
  const absolute = new URL(url, globalThis.location?.href);
  absolute.pathname = absolute.pathname.replace(/(\/ws)?\/?$/, "/api/query");
  return absolute.href.replace(/^ws/, "http");
}
