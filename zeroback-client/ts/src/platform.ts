/**
 * Everything that the client takes from the world around it. This is the only file that touches
 * clocks, timers, entropy, sockets and browser events, so that tests can be the world instead.
 */

/** The part of a WebSocket that the client uses. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: (() => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
}

/** Anything that makes sockets as `WebSocket` does: the global one, or that of the npm package `ws`. */
export interface SocketConstructor {
  new (url: string): object;
}

export interface Platform {
  /** Unix milliseconds. */
  now(): number;
  /** From 0 up to, but not including, 1. */
  random(): number;
  /** So many bytes that nobody can guess. */
  randomBytes(count: number): Uint8Array;
  /** Calls back once, `delayMs` from now. Returns what cancels it. */
  schedule(callback: () => void, delayMs: number): () => void;
  /** Opens a socket. */
  connect(url: string): Socket;
  /** Calls back whenever a lost connection has a good chance to come back. Returns what stops it. */
  onWake(callback: () => void): () => void;
  /** Where mistakes are told that no caller is there to hear. */
  warn(message: string, cause?: unknown): void;
}

/** Returns the platform that the program runs on, with what is given in its place. */
export function platformOf(webSocket: SocketConstructor | undefined, given: Partial<Platform> = {}): Platform {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    schedule(callback, delayMs) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    connect: given.connect ?? socketMaker(webSocket),
    onWake,
    warn: (message, cause) => console.warn(`[zeroback] ${message}`, ...(cause === undefined ? [] : [cause])),
    ...given,
  };
}

/** Returns the address to open: absolute, and a WebSocket's. Throws a `TypeError` for what is no address. */
export function socketUrl(url: string | URL): string {
  const absolute = new URL(url, globalThis.location?.href);
  return absolute.href.replace(/^http/, "ws");
}

function socketMaker(webSocket: SocketConstructor | undefined = globalThis.WebSocket): Platform["connect"] {
  if (webSocket === undefined) {
    throw new TypeError("this runtime has no WebSocket: give one as the option webSocket");
  }
  return (url) => new webSocket(url) as Socket;
}

function onWake(callback: () => void): () => void {
  const page = globalThis.document as Document | undefined;
  const whenVisible = () => {
    if (page?.visibilityState === "visible") callback();
  };
  globalThis.addEventListener?.("online", callback);
  page?.addEventListener("visibilitychange", whenVisible);
  return () => {
    globalThis.removeEventListener?.("online", callback);
    page?.removeEventListener("visibilitychange", whenVisible);
  };
}
