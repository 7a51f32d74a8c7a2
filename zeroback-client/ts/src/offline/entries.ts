/** The mutations of one identity as the storage has them: what is in them, their order, and how they change. */

import { encodeBase64Url } from "../base64.js";
import type { Platform } from "../platform.js";
import type { Queue } from "../requests.js";
import { type JsonObject, revive } from "../values.js";
import { keyIn, nameIn, type OfflineStorage, prefixOf, type StorageChange } from "./storage.js";

export interface Mutation {
  readonly path: string;
  readonly args: JsonObject;
}

/** With a place it may have been sent: that is written before it is. */
export interface Entry extends Mutation {
  readonly sequence?: number;
}

/** Names are in the order of the calls. */
export type Named<T> = readonly [name: string, T];

/** Where the queue is. */
export interface QueueEntry {
  readonly id: string;
  readonly next: number;
  readonly begunAt: number;
  readonly isKnown: boolean;
}

/**
 * Returns the queue as it goes on, with a new id if there was none. What is still in the storage is not acknowledged:
 * `places` has its places, in their order.
 */
export function queueOf(entry: QueueEntry | undefined, places: ReadonlyMap<string, number>, { now, randomBytes }: Platform): Queue {
  const kept = entry ?? { id: encodeBase64Url(randomBytes(16)), next: 1, begunAt: 0, isKnown: false };
  // A clock that was set back says nothing of the queue's age.
  const isKnown = kept.isKnown || kept.begunAt > now();
  const ackedThrough = (): number => {
    const [first = queue.next] = places.values();
    return first - 1;
  };
  const queue: Queue = { ...kept, isKnown, ackedThrough };
  return queue;
}

/** Returns the arguments as they were called with. */
export function valuesOf(args: JsonObject): object {
  return revive(structuredClone(args)) as object;
}

/** Names of one tab: each comes behind all that were seen before, whatever a clock says. */
export class Names {
  readonly #tab: string;
  readonly #now: () => number;
  #last = 0;

  constructor(tab: string, now: () => number) {
    this.#tab = tab;
    this.#now = now;
  }

  next(): string {
    this.#last = Math.max(this.#now(), this.#last + 1);
    return `${String(this.#last).padStart(16, "0")} ${this.#tab}`;
  }

  see(name: string): void {
    this.#last = Math.max(this.#last, Number.parseInt(name, 10));
  }
}

export class Entries {
  readonly #storage: OfflineStorage;
  readonly #prefix: string;
  readonly #queueKey: string;

  constructor(storage: OfflineStorage, url: string, identity: string) {
    this.#storage = storage;
    this.#prefix = prefixOf("mutation", url, identity);
    this.#queueKey = keyIn(prefixOf("queue", url), identity);
  }

  async queue(): Promise<QueueEntry | undefined> {
    const [found] = await this.#storage.read(this.#queueKey);
    return found && (parsed(found[1]) as QueueEntry | undefined);
  }

  /** Returns those that have places first, in the order of these; then the others in that of their names. */
  async all(): Promise<ReadonlyArray<Named<Entry>>> {
    return this.#parse(await this.#storage.read(this.#prefix));
  }

  /** Returns those of these names that are still there, in the same order. */
  async some(names: readonly string[]): Promise<ReadonlyArray<Named<Entry>>> {
    const found = await Promise.all(names.map((name) => this.#storage.read(keyIn(this.#prefix, name))));
    return this.#parse(found.flat());
  }

  /** Writes entries, and where the queue is if they get places in it. */
  put(entries: ReadonlyArray<Named<Entry>>, queue?: QueueEntry): Promise<void> {
    const changes = entries.map(([name, { path, args, sequence }]) => this.#change(name, { path, args, sequence }));
    return this.#storage.write([...changes, ...this.#queueChange(queue)]);
  }

  remove(names: readonly string[], queue?: QueueEntry): Promise<void> {
    return this.#storage.write([...names.map((name) => this.#change(name, undefined)), ...this.#queueChange(queue)]);
  }

  /** Returns what takes everything away. */
  async clearing(): Promise<readonly StorageChange[]> {
    const entries = await this.#storage.read(this.#prefix);
    return [...entries.map(([key]) => [key, undefined] as const), [this.#queueKey, undefined]];
  }

  #parse(entries: ReadonlyArray<readonly [key: string, text: string]>): ReadonlyArray<Named<Entry>> {
    const read = ([key, text]: readonly [string, string]): ReadonlyArray<Named<Entry>> => {
      const entry = parsed(text) as Entry | undefined;
      return entry === undefined ? [] : [[nameIn(this.#prefix, key), entry]];
    };
    return entries.flatMap(read).sort(inOrder);
  }

  #change(name: string, entry: object | undefined): StorageChange {
    return [keyIn(this.#prefix, name), entry && JSON.stringify(entry)];
  }

  #queueChange(queue: QueueEntry | undefined): readonly StorageChange[] {
    if (queue === undefined) return [];
    const { id, next, begunAt, isKnown } = queue;
    return [[this.#queueKey, JSON.stringify({ id, next, begunAt, isKnown })]];
  }
}

/** What is no JSON was not written by this, and must not hold up the rest. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function inOrder([a, { sequence: first = Infinity }]: Named<Entry>, [b, { sequence: second = Infinity }]: Named<Entry>): number {
  // Where neither has a place, the difference is no number.
  return first - second || (a < b ? -1 : 1);
}
