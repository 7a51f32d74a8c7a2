/** A world for the client: a clock that stands still until told, and a server on the other end of each socket. */

import { ZerobackClient, type ZerobackClientOptions } from "../src/index.js";
import type { Platform, Socket } from "../src/platform.js";

export class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onerror: (() => void) | null = null;
  onclose: (() => void) | null = null;
  readonly sent: string[] = [];
  /** The newest that the client has named in a `querySet`. */
  set: number | undefined;
  closedByClient = false;
  /** How many more frames `send` takes before it throws. */
  framesLeft = Infinity;
  constructor(readonly url: string) {}

  send(text: string): void {
    if (this.framesLeft-- <= 0) throw new Error("InvalidStateError");
    this.sent.push(text);
    if (text.startsWith(`{"type":"querySet"`)) this.set = (JSON.parse(text) as { set?: number }).set ?? this.set;
  }

  close(): void {
    this.closedByClient = true;
  }

  // What the server does.

  open(): void {
    this.onopen?.();
  }

  /** Opens, and answers `connect`. */
  accept(limits: object = { messageBytesMax: 4_194_304 }, identity?: string): void {
    this.open();
    this.say({ type: "connected", protocol: 1, limits, identity });
  }

  say(message: object | string): void {
    this.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }

  /** Says a transition, which has everything that was asked if nothing else is said. */
  transition(version: number, content: { set?: number | undefined; answers?: object[]; queries?: object[] } = {}): void {
    this.say({ type: "transition", version: [1, version], set: this.set, ...content });
  }

  drop(): void {
    this.onerror?.();
    this.onclose?.();
  }

  /** The messages since the last call, without `connect`, heartbeats, acknowledgements, sets and places in a queue. */
  received(): Array<Record<string, unknown>> {
    return this.receivedInFull()
      .filter(({ type }) => type !== "ack")
      .map(({ set, queue, sequence, ackedThrough, attempted, ...rest }) => rest);
  }

  /** The messages since the last call, without `connect` and heartbeats. */
  receivedInFull(): Array<Record<string, unknown>> {
    return this.sent
      .splice(0)
      .filter((text) => text !== "ping")
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .filter(({ type }) => type !== "connect");
  }
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export class World implements Platform {
  readonly sockets: FakeSocket[] = [];
  readonly warnings: string[] = [];
  /** How many timers were ever set. */
  timersSet = 0;
  /** What `random` gives. */
  luck = 0.999_999;
  #nextByte = 0;
  #nowMs: number;
  readonly #timers = new Set<Timer>();
  readonly #wakers = new Set<() => void>();

  /** What time it is, after a fixed one. */
  constructor(afterMs = 0) {
    this.#nowMs = 1_790_000_000_000 + afterMs;
  }

  client(options: ZerobackClientOptions = {}): ZerobackClient {
    return new ZerobackClient("ws://test/ws", { platform: this, ...options });
  }

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("no socket was made");
    return socket;
  }

  get timers(): number {
    return this.#timers.size;
  }

  get wakers(): number {
    return this.#wakers.size;
  }

  /** Lets time pass; timers fire in their order. */
  async advance(ms: number): Promise<void> {
    const end = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.at);
      next.callback();
      await settle();
    }
    this.#nowMs = end;
    await settle();
  }

  /** The network comes back, or the page becomes visible. */
  wake(): void {
    for (const waker of this.#wakers) waker();
  }

  readonly now = (): number => this.#nowMs;
  readonly random = (): number => this.luck;
  /** 0, 1, 2, …: so the first client's queue is that of the golden messages. */
  readonly randomBytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => this.#nextByte++);

  readonly schedule = (callback: () => void, delayMs: number): (() => void) => {
    const timer: Timer = { at: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    this.timersSet++;
    return () => void this.#timers.delete(timer);
  };

  readonly connect = (url: string): FakeSocket => {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    return socket;
  };

  readonly onWake = (callback: () => void): (() => void) => {
    this.#wakers.add(callback);
    return () => void this.#wakers.delete(callback);
  };

  readonly warn = (message: string, cause?: unknown): void => {
    this.warnings.push(cause === undefined ? message : `${message}: ${String(cause)}`);
  };
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

export type Settled =
  | { readonly status: "pending" }
  | { readonly status: "resolved"; readonly value: unknown }
  | { readonly status: "rejected"; readonly code: unknown };

/** Watches a promise without waiting for it. */
export function observe(promise: Promise<unknown>): () => Settled {
  let settled: Settled = { status: "pending" };
  promise.then(
    (value) => (settled = { status: "resolved", value }),
    (error: { code?: unknown }) => (settled = { status: "rejected", code: error.code ?? error }),
  );
  return () => settled;
}
