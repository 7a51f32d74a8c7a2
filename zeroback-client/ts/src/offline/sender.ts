/**
 * What one tab does for all: takes the mutations of all tabs out of the storage, gives them places in the queue, in
 * their order, sends them, and takes them away when they are answered.
 */

import { backoffMs } from "../backoff.js";
import type { OfflineHost } from "../keeper.js";
import type { Call, Outcome, RequestId } from "../protocol.js";
import type { Queue } from "../requests.js";
import { type Entries, type Entry, type Mutation, type Named, type Names, queueOf, valuesOf } from "./entries.js";
import { BACKOFF } from "./options.js";

/** What tabs say to each other. */
export type Message =
  /** These are written. */
  | { readonly type: "added"; readonly names: readonly string[] }
  /** These are about to be sent, and may be made from now on. */
  | { readonly type: "sending"; readonly names: readonly string[] }
  | { readonly type: "outcomes"; readonly outcomes: ReadonlyArray<Named<Outcome>> };

export interface SenderOptions {
  readonly host: OfflineHost;
  readonly entries: Entries;
  readonly names: Names;
  /** This tab's mutations that are written, by their names. */
  readonly own: ReadonlyMap<string, Call>;
  readonly isClosed: () => boolean;
  readonly post: (message: Message) => void;
  /** Does something when the storage is free. */
  readonly run: (task: () => Promise<void>) => void;
  readonly later: (task: () => void, delayMs: number) => void;
  /** Has these of this tab's own sent from memory. */
  readonly fall: (names: readonly string[], cause: unknown) => void;
}

interface Taken extends Mutation {
  readonly requestId: RequestId;
  sequence: number | undefined;
}

/** More than so many are read together with all others. */
const READ_EACH_MAX = 8;

/** Order of calls: `handleReady` and `handleDoubt` as it is known, or not, who is here; `handleLock` once; all else whenever. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #host: OfflineHost;
  isHolder = false;
  #isReady = false;
  /** Whether all was read that came before what is told of. */
  #hasAll = false;
  #queue: Queue | undefined;
  readonly #taken = new Map<string, Taken>();
  readonly #nameOf = new Map<RequestId, string>();
  /** Those that have no places yet. */
  readonly #fresh = new Map<string, Taken>();
  /** The places of those that are in the storage still, in their order. */
  readonly #places = new Map<string, number>();
  /** Those that are answered and in the storage still. */
  readonly #answered = new Set<string>();
  /** What other tabs are to be told of. */
  #untold: Array<Named<Outcome>> = [];
  #retries = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#host = options.host;
  }

  /** The requests of all that is sent. */
  get requestIds(): readonly RequestId[] {
    return [...this.#nameOf.keys()];
  }

  has(name: string): boolean {
    return this.#taken.has(name);
  }

  /** What has its place may be sent, and what has none gets one. */
  handleReady(): void {
    this.#isReady = true;
    const placed = [...this.#taken].filter(([, { sequence }]) => sequence !== undefined);
    placed.sort(([, a], [, b]) => (a.sequence ?? 0) - (b.sequence ?? 0));
    this.#release(placed, true);
    this.take();
  }

  handleDoubt(): void {
    this.#isReady = false;
    this.#host.requests.hold(this.requestIds);
  }

  /** Takes in that a request has come to something. Returns the mutation, if it is one of these. */
  handleEnd(requestId: RequestId, outcome: Outcome): Named<Mutation> | undefined {
    const name = this.#nameOf.get(requestId);
    const taken = name === undefined ? undefined : this.#taken.get(name);
    if (name === undefined || taken === undefined) return undefined;
    this.drop(name);
    if (!this.#options.own.has(name)) this.#untold.push([name, outcome]);
    this.#answered.add(name);
    // The tabs that wait are told first: if this one is gone before the entry is, the next one asks again.
    if (this.#untold.length === 1) queueMicrotask(() => this.#tell());
    if (this.#answered.size === 1) this.#options.run(() => this.#remove());
    return [name, taken];
  }

  /** Has what is in the storage sent, if this is the tab for it: all of it, or what has these names. */
  take(names?: readonly string[]): void {
    const { entries, run } = this.#options;
    const isAll = names === undefined || names.length > READ_EACH_MAX;
    run(() => this.#takeFrom(() => (isAll ? entries.all() : entries.some(names))));
  }

  /** The same, for what this tab has just written, while it was the one that sends. */
  takeWritten(written: ReadonlyArray<Named<Entry>>): Promise<void> {
    return this.#takeFrom(async () => written);
  }

  /** Forgets what this tab does not send any more. */
  drop(name: string): void {
    const taken = this.#taken.get(name);
    if (taken === undefined) return;
    this.#nameOf.delete(taken.requestId);
    this.#taken.delete(name);
    this.#fresh.delete(name);
  }

  async #takeFrom(read: () => Promise<ReadonlyArray<Named<Entry>>>): Promise<void> {
    if (!this.isHolder) return;
    const { entries } = this.#options;
    try {
      this.#queue ??= queueOf(await entries.queue(), this.#places, this.#host.platform);
      this.#takeIn(await (this.#hasAll ? read() : entries.all()));
      this.#hasAll = true;
      await this.#place(this.#queue);
      this.#retries = 0;
    } catch {
      this.#hasAll = false;
      this.#retryLater(() => this.take());
    }
  }

  #takeIn(entries: ReadonlyArray<Named<Entry>>): void {
    if (this.#options.isClosed()) return;
    const placed: Array<Named<Taken>> = [];
    for (const [name, { path, args, sequence }] of entries) {
      this.#options.names.see(name);
      if (this.#taken.has(name) || this.#answered.has(name)) continue;
      const requestId = this.#options.own.get(name)?.requestId ?? this.#adopt({ path, args });
      const taken: Taken = { path, args, sequence, requestId };
      this.#taken.set(name, taken);
      this.#nameOf.set(requestId, name);
      if (sequence === undefined) this.#fresh.set(name, taken);
      else {
        this.#places.set(name, sequence);
        placed.push([name, taken]);
      }
    }
    this.#release(placed, true);
  }

  /** Makes a request of what another tab has left. */
  #adopt({ path, args }: Mutation): RequestId {
    let requestId = 0;
    const made = this.#host.requests.make("mutation", path, valuesOf(args), undefined, { keep: (call) => (requestId = call.requestId) });
    // Its refusal is reported, and nobody else waits for it.
    made.catch(() => {});
    return requestId;
  }

  /** Gives places to those that have none, in the order of their names, in the storage first, and sends them. */
  async #place(queue: Queue): Promise<void> {
    if (!this.#isReady || this.#fresh.size === 0 || this.#options.isClosed()) return;
    const fresh = [...this.#fresh].sort(([a], [b]) => (a < b ? -1 : 1));
    const next = queue.next + fresh.length;
    const begunAt = queue.next === 1 ? this.#host.platform.now() : queue.begunAt;
    const placed = fresh.map(([name, { path, args }], at) => [name, { path, args, sequence: queue.next + at }] as const);
    this.#announce(fresh);
    try {
      await this.#options.entries.put(placed, { ...queue, next, begunAt });
    } catch (cause) {
      await this.#takeBack(fresh.map(([name]) => name), cause);
      throw cause;
    }
    if (this.#options.isClosed()) return;
    fresh.forEach(([name, taken], at) => {
      taken.sequence = queue.next + at;
      this.#places.set(name, taken.sequence);
      this.#fresh.delete(name);
    });
    Object.assign(queue, { next, begunAt });
    this.#release(fresh, false);
  }

  /** Takes this tab's own of what can be given no place out of the storage, so that it can be sent from memory. */
  async #takeBack(names: readonly string[], cause: unknown): Promise<void> {
    const own = names.filter((name) => this.#options.own.has(name));
    if (own.length === 0) return;
    await this.#options.entries.remove(own);
    if (!this.#options.isClosed()) this.#options.fall(own, cause);
  }

  /** Has those that have places sent. */
  #release(placed: ReadonlyArray<Named<Taken>>, attempted: boolean): void {
    const queue = this.#queue;
    if (!this.#isReady || queue === undefined) return;
    if (attempted) this.#announce(placed);
    for (const [, { requestId, sequence }] of placed) {
      if (sequence !== undefined) this.#host.requests.release(requestId, { queue, sequence, attempted });
    }
  }

  /** Tells the tabs that have made them that these may be made from now on. */
  #announce(calls: ReadonlyArray<Named<Taken>>): void {
    const names = calls.flatMap(([name]) => (this.#options.own.has(name) ? [] : name));
    if (names.length > 0) this.#options.post({ type: "sending", names });
  }

  /** Tells other tabs what theirs have come to, all at once. */
  #tell(): void {
    if (this.#untold.length > 0 && !this.#options.isClosed()) this.#options.post({ type: "outcomes", outcomes: this.#untold.splice(0) });
  }

  /** Removes those that are answered, all at once; until that is done the server remembers their answers. */
  async #remove(): Promise<void> {
    this.#tell();
    const names = [...this.#answered];
    try {
      await this.#options.entries.remove(names, this.#queue);
    } catch {
      return this.#retryLater(() => this.#options.run(() => this.#remove()));
    }
    for (const name of names) {
      this.#answered.delete(name);
      this.#places.delete(name);
    }
    if (this.#answered.size > 0) this.#options.run(() => this.#remove());
  }

  #retryLater(task: () => void): void {
    this.#options.later(task, backoffMs(this.#retries++, BACKOFF, this.#host.platform.random));
  }
}
