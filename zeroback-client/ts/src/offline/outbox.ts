/**
 * The mutations of one identity, in the storage from the call until the answer. All tabs write theirs; the one that
 * holds the lock gives them places in the queue, in their order, and sends them.
 */

import { backoffMs } from "../backoff.js";
import { encodeBase64Url } from "../base64.js";
import type { OfflineHost } from "../keeper.js";
import type { Call, Outcome, RequestId } from "../protocol.js";
import type { Queue } from "../requests.js";
import { Entries, type Entry, type Named, Names, queueOf, valuesOf } from "./entries.js";
import { BACKOFF, type OutboxOptions } from "./options.js";
import type { StorageChange } from "./storage.js";
import type { Channel } from "./tabs.js";
import { Unkept } from "./unkept.js";

/** One that this tab sends. */
interface Taken extends Entry {
  readonly requestId: RequestId;
  sequence?: number;
}

type Message =
  | { readonly type: "added" }
  | { readonly type: "outcome"; readonly name: string; readonly outcome: Outcome };

/** How often the tab that sends looks for what nobody has told it of. */
const LOOK_EVERY_MS = 30_000;

/** Order of calls: `handleReady` and `handleDoubt` as it is known, or not, who is here; `stop`, and perhaps `clear`; `leave`. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #host: OfflineHost;
  readonly #entries: Entries;
  readonly #names: Names;
  readonly #channel: Channel;
  #unlock: (() => void) | undefined;
  #isClosed = false;
  #isHolder = false;
  #isReady = false;
  /** Whether the storage has refused a mutation. */
  #isFallen = false;
  #queue: Queue | undefined;
  /** The storage is asked one thing after another. */
  #turn: Promise<void>;
  /** This tab's mutations that are to be written, in their order. */
  #unwritten: Call[] = [];
  /** And by their names those that are. */
  readonly #own = new Map<string, Call>();
  readonly #unkept: Unkept;
  /** What this tab sends, by name, in the order of the names. */
  readonly #taken = new Map<string, Taken>();
  /** The places of those that are in the storage still. */
  readonly #places = new Map<string, number>();
  #retries = 0;
  readonly #timers = new Set<() => void>();

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#host = options.host;
    const { storage, url, identity, tabs, host, after } = options;
    this.#turn = after;
    this.#entries = new Entries(storage, url, identity);
    this.#unkept = new Unkept(host.requests);
    this.#names = new Names(encodeBase64Url(host.platform.randomBytes(6)), host.platform.now);
    const name = `zeroback ${JSON.stringify([url, identity])}`;
    this.#channel = tabs.channel(name, (message) => this.#handleMessage(message as Message));
    this.#run(async () => void (this.#unlock = tabs.lock(name, () => this.#handleLock())));
  }

  add(call: Call): void {
    if (this.#isFallen) {
      this.#unkept.add([call]);
      return this.#releaseUnkept();
    }
    this.#unwritten.push(call);
    this.#run(() => this.#write());
  }

  /** It is known who is here: what has its place may be sent. */
  handleReady(): void {
    this.#isReady = true;
    for (const taken of this.#inOrder()) this.#release(taken, true);
    this.#take();
  }

  /** Nothing more is sent until it is known again. */
  handleDoubt(): void {
    this.#isReady = false;
    this.#host.requests.hold([...this.#taken.values()].map(({ requestId }) => requestId));
  }

  handleEnd(requestId: RequestId, outcome: Outcome): void {
    if (this.#isClosed) return;
    const [name, taken] = [...this.#taken].find(([, one]) => one.requestId === requestId) ?? [];
    const call = taken ?? this.#unkept.take(requestId);
    if (call !== undefined && outcome.status === "error") this.#options.onRefused(call, outcome);
    if (name === undefined) return;
    this.#taken.delete(name);
    // The tab that waits is told first: if this one is gone before the entry is, the next one asks again.
    this.#channel.post({ type: "outcome", name, outcome } satisfies Message);
    this.#run(() => this.#remove(name));
    this.#settleOwn(name);
  }

  /** Does nothing more. Returns the requests that are left; what is kept stays, for another tab or another time. */
  stop(): { readonly kept: Iterable<RequestId>; readonly unkept: Iterable<RequestId> } {
    this.#isClosed = true;
    for (const cancel of this.#timers) cancel();
    this.#channel.close();
    const taken = [...this.#taken.values()].map(({ requestId }) => requestId);
    const idsOf = (calls: Iterable<Call>): readonly RequestId[] => [...calls].map(({ requestId }) => requestId);
    return { kept: new Set([...idsOf(this.#own.values()), ...taken]), unkept: idsOf([...this.#unkept.waiting, ...this.#unwritten]) };
  }

  /** Lets another tab go on. */
  leave(): void {
    this.#unlock?.();
  }

  /** Returns what clears the storage. */
  async clear(): Promise<readonly StorageChange[]> {
    // What is being written must not come behind.
    await this.#turn;
    return this.#entries.clearing();
  }

  #handleMessage(message: Message): void {
    if (message.type === "added") return this.#take();
    const call = this.#own.get(message.name);
    // What this tab has sent itself by now is answered to it.
    if (call === undefined || this.#taken.has(message.name)) return;
    this.#settleOwn(message.name);
    // To ask for anything anew brings all that is new: of a result that is known nothing is sent.
    const [query] = this.#host.asked.all();
    if (query !== undefined) this.#host.asked.renew(query);
    this.#host.settle(call.requestId, message.outcome, true);
  }

  #handleLock(): void {
    this.#isHolder = true;
    this.#look();
  }

  /** Sends what there is, now and then: a tab may end between writing and saying so. */
  #look(): void {
    this.#take();
    this.#later(() => this.#look(), LOOK_EVERY_MS);
  }

  /** Writes the mutations of this tab that are not written yet, all at once. */
  async #write(): Promise<void> {
    const calls = this.#unwritten;
    if (calls.length === 0) return;
    this.#unwritten = [];
    const entries = calls.map((call) => [this.#names.next(), call] as const);
    for (const [name, call] of entries) this.#own.set(name, call);
    try {
      await this.#entries.put(entries);
    } catch (cause) {
      return this.#fall(entries.map(([name]) => name), cause);
    }
    if (this.#isHolder) this.#take();
    else this.#channel.post({ type: "added" } satisfies Message);
  }

  /** From now on this tab's mutations are in memory only, those of these names too. */
  #fall(names: readonly string[], cause: unknown): void {
    this.#options.warn(cause);
    this.#isFallen = true;
    this.#unkept.addBefore(names.flatMap((name) => this.#own.get(name) ?? []));
    for (const name of names) {
      this.#own.delete(name);
      this.#taken.delete(name);
    }
    this.#unkept.add(this.#unwritten.splice(0));
    this.#releaseUnkept();
  }

  #settleOwn(name: string): void {
    this.#own.delete(name);
    this.#releaseUnkept();
  }

  #releaseUnkept(): void {
    // Those that are kept were made before.
    if (this.#own.size === 0) this.#unkept.release();
  }

  /** Has what is in the storage sent, if this is the tab for it. */
  #take(): void {
    this.#run(async () => {
      if (!this.#isHolder) return;
      try {
        await this.#takeAll();
        this.#retries = 0;
      } catch {
        this.#retryLater(() => this.#take());
      }
    });
  }

  async #takeAll(): Promise<void> {
    this.#queue ??= queueOf(await this.#entries.queue(), this.#places, this.#host.platform);
    const entries = await this.#entries.all();
    if (this.#isClosed) return;
    const fresh: Array<Named<Taken>> = [];
    for (const [name, entry] of entries) {
      this.#names.see(name);
      if (this.#places.has(name)) continue;
      const taken = this.#taken.get(name) ?? { ...entry, requestId: this.#own.get(name)?.requestId ?? this.#adopt(entry) };
      this.#taken.set(name, taken);
      if (taken.sequence === undefined) fresh.push([name, taken]);
      else this.#places.set(name, taken.sequence);
    }
    for (const taken of this.#inOrder()) this.#release(taken, true);
    if (this.#isReady && fresh.length > 0) await this.#place(fresh, this.#queue);
  }

  /** Gives places to those that have none, in the storage first, and sends them. */
  async #place(fresh: ReadonlyArray<Named<Taken>>, queue: Queue): Promise<void> {
    const next = queue.next + fresh.length;
    const begunAt = queue.next === 1 ? this.#host.platform.now() : queue.begunAt;
    const placed = fresh.map(([name, taken], at) => [name, { ...taken, sequence: queue.next + at }] as const);
    try {
      await this.#entries.put(placed, { ...queue, next, begunAt });
    } catch (cause) {
      await this.#takeBack(fresh.map(([name]) => name), cause);
      throw cause;
    }
    if (this.#isClosed) return;
    fresh.forEach(([name, taken], at) => {
      taken.sequence = queue.next + at;
      this.#places.set(name, taken.sequence);
    });
    Object.assign(queue, { next, begunAt });
    for (const [, taken] of fresh) this.#release(taken, false);
  }

  /** Takes this tab's own of what can be given no place out of the storage, so that it can be sent from memory. */
  async #takeBack(names: readonly string[], cause: unknown): Promise<void> {
    const own = names.filter((name) => this.#own.has(name));
    if (own.length === 0) return;
    await this.#entries.remove(own);
    if (!this.#isClosed) this.#fall(own, cause);
  }

  #release({ requestId, sequence }: Taken, attempted: boolean): void {
    const queue = this.#queue;
    if (!this.#isReady || queue === undefined || sequence === undefined) return;
    this.#host.requests.release(requestId, { queue, sequence, attempted });
  }

  /** Makes a request of what another tab has left. */
  #adopt({ path, args }: Entry): RequestId {
    let requestId = 0;
    const made = this.#host.requests.make("mutation", path, valuesOf(args), undefined, { keep: (call) => (requestId = call.requestId) });
    // Its refusal is reported, and nobody else waits for it.
    made.catch(() => {});
    return requestId;
  }

  /** Removes one that is answered; until that is done the server remembers its answer. */
  async #remove(name: string): Promise<void> {
    try {
      await this.#entries.remove([name], this.#queue);
      this.#places.delete(name);
    } catch {
      this.#retryLater(() => this.#run(() => this.#remove(name)));
    }
  }

  /** Those that have places, in their order. */
  #inOrder(): readonly Taken[] {
    return [...this.#taken.values()].filter(({ sequence }) => sequence !== undefined).sort((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
  }

  #run(task: () => Promise<void>): void {
    this.#turn = this.#turn.then(() => (this.#isClosed ? undefined : task()));
  }

  #retryLater(task: () => void): void {
    this.#later(task, backoffMs(this.#retries++, BACKOFF, this.#host.platform.random));
  }

  #later(task: () => void, delayMs: number): void {
    if (this.#isClosed) return;
    const cancel = this.#host.platform.schedule(() => {
      this.#timers.delete(cancel);
      task();
    }, delayMs);
    this.#timers.add(cancel);
  }
}
