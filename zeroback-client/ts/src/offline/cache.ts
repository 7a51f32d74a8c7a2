/**
 * The results that are kept of one identity: read once, shown until the server says something, and written
 * in batches. Bounded by age and by size; what was used least lately goes first.
 */

import { encodeBase64 } from "../base64.js";
import type { QueryKey } from "../query-set.js";
import type { Result } from "../results.js";
import { revive } from "../values.js";
import { keyIn, nameIn, type OfflineStorage, prefixOf, type StorageChange } from "./storage.js";

export interface CacheOptions {
  readonly storage: OfflineStorage;
  /** The parts of all that is kept of a deployment: nothing of another schema is of use. */
  readonly url: string;
  readonly schemaHash: string;
  readonly identity: string;
  readonly bytesMax: number;
  readonly ageMsMax: number;
  readonly now: () => number;
  readonly schedule: (callback: () => void, delayMs: number) => () => void;
  readonly warn: (cause: unknown) => void;
}

/** As it is kept. */
interface Entry {
  readonly tag: string;
  /** The JSON of the wire. */
  readonly value: string;
  /** When it was used last, in Unix milliseconds. */
  readonly at: number;
}

interface Kept {
  result: Result | undefined;
  /** Until somebody looks, there is only this. */
  json: string | undefined;
  tag: string;
  at: number;
  bytes: number;
}

/** So long results are gathered before they are written. */
const WRITE_AFTER_MS = 1_000;

/** That a result is used is noted again after so long. */
const TOUCH_AFTER_MS = 3_600_000;

/** Order of calls: `load`; `result` and `put` whenever; `close`, or `clear`. */
export class Cache {
  readonly #options: CacheOptions;
  readonly #prefix: string;
  readonly #kept = new Map<QueryKey, Kept>();
  readonly #unwritten = new Set<QueryKey>();
  #cancelWrite: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#prefix = prefixOf("cache", options.url, options.schemaHash, options.identity);
  }

  /** Reads what is kept, and lets go what is too old, too much or of another schema. Returns the queries. */
  async load(): Promise<readonly QueryKey[]> {
    const { storage, url, ageMsMax, bytesMax, now } = this.#options;
    const ofSchema = prefixOf("cache", url, this.#options.schemaHash);
    const entries: Array<readonly [key: string, text: string, at: number]> = [];
    const gone: StorageChange[] = [];
    for (const [key, text] of await storage.read(prefixOf("cache", url))) {
      const at = key.startsWith(ofSchema) ? (parseEntry(text)?.at ?? 0) : 0;
      if (at > now() - ageMsMax) entries.push([key, text, at]);
      else gone.push([key, undefined]);
    }
    let left = bytesMax;
    for (const [key, text, at] of entries.sort((a, b) => b[2] - a[2])) {
      left -= sizeOf(key, text);
      if (left < 0) gone.push([key, undefined]);
      else if (key.startsWith(this.#prefix)) this.#take(key, text, at);
    }
    if (gone.length > 0) await storage.write(gone);
    return [...this.#kept.keys()];
  }

  result(key: QueryKey): Result | undefined {
    const kept = this.#kept.get(key);
    if (kept?.json === undefined) return kept?.result;
    try {
      kept.result = staleResult(kept.tag, revive(JSON.parse(kept.json)));
    } catch {
      this.drop(key);
      return undefined;
    }
    kept.json = undefined;
    this.#touch(key, kept);
    return kept.result;
  }

  /** Takes in what the server has said. */
  put(key: QueryKey, tag: string, value: unknown): void {
    const kept = this.#kept.get(key);
    if (kept?.tag === tag) return this.#touch(key, kept);
    const at = this.#options.now();
    this.#kept.set(key, { result: staleResult(tag, value), json: undefined, tag, at, bytes: kept?.bytes ?? 0 });
    this.#note(key);
  }

  /** Has a query that failed, or whose result has no tag, begin with nothing next time. */
  drop(key: QueryKey): void {
    if (this.#kept.delete(key)) this.#note(key);
  }

  /** Forgets everything. Returns what clears the storage. */
  async clear(): Promise<readonly StorageChange[]> {
    this.#kept.clear();
    this.#unwritten.clear();
    this.#cancelWrite?.();
    await this.#writing;
    const { storage, url } = this.#options;
    const all = await storage.read(prefixOf("cache", url));
    const isIts = (key: string): boolean => (JSON.parse(key) as string[])[3] === this.#options.identity;
    return all.filter(([key]) => isIts(key)).map(([key]) => [key, undefined]);
  }

  /** Writes what is not written yet. */
  close(): void {
    this.#cancelWrite?.();
    if (this.#unwritten.size > 0) this.#writing = this.#write();
  }

  #take(name: string, text: string, at: number): void {
    const [key, entry] = [nameIn(this.#prefix, name), parseEntry(text)];
    // What the server has said meanwhile is newer.
    if (entry === undefined || this.#kept.has(key)) return;
    this.#kept.set(key, { result: undefined, json: entry.value, tag: entry.tag, at, bytes: sizeOf(name, text) });
  }

  #touch(key: QueryKey, kept: Kept): void {
    const now = this.#options.now();
    if (now - kept.at < TOUCH_AFTER_MS) return;
    kept.at = now;
    this.#note(key);
  }

  #note(key: QueryKey): void {
    this.#unwritten.add(key);
    this.#cancelWrite ??= this.#options.schedule(() => void (this.#writing = this.#write()), WRITE_AFTER_MS);
  }

  async #write(): Promise<void> {
    this.#cancelWrite = undefined;
    const changes = new Map<string, string | undefined>();
    for (const key of this.#unwritten) {
      const result = this.result(key);
      const kept = this.#kept.get(key);
      const text = kept && result && encodeEntry(kept, result);
      const name = keyIn(this.#prefix, key);
      if (kept !== undefined) kept.bytes = sizeOf(name, text ?? "");
      changes.set(name, text);
    }
    this.#unwritten.clear();
    for (const key of this.#tooMuch()) {
      this.#kept.delete(key);
      changes.set(keyIn(this.#prefix, key), undefined);
    }
    try {
      await this.#options.storage.write([...changes]);
    } catch (cause) {
      this.#options.warn(cause);
    }
  }

  /** Returns what has to go. */
  #tooMuch(): readonly QueryKey[] {
    let left = this.#options.bytesMax;
    return [...this.#kept]
      .sort(([, a], [, b]) => b.at - a.at)
      .filter(([, { bytes }]) => (left -= bytes) < 0)
      .map(([key]) => key);
  }
}

function staleResult(tag: string, value: unknown): Result {
  const state = { status: "success", value, isStale: true } as const;
  return { tag, state: Object.freeze(state) };
}

function encodeEntry({ tag, at }: Kept, { state }: Result): string | undefined {
  if (state.status !== "success") return undefined;
  const entry: Entry = { tag, at, value: JSON.stringify(state.value, wireForm) };
  return JSON.stringify(entry);
}

/** JSON has no form of its own for two of the values that results have. */
function wireForm(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return { $bigint: String(value) };
  return value instanceof Uint8Array ? { $bytes: encodeBase64(value) } : value;
}

/** What an older version of the app, or another program, has left is not understood, and goes. */
function parseEntry(text: string): Entry | undefined {
  try {
    const entry = JSON.parse(text) as Partial<Entry>;
    const fits = typeof entry.tag === "string" && typeof entry.value === "string" && typeof entry.at === "number";
    return fits ? (entry as Entry) : undefined;
  } catch {
    return undefined;
  }
}

/** Browsers keep texts in two bytes a character. */
function sizeOf(key: string, text: string): number {
  return 2 * (key.length + text.length);
}
