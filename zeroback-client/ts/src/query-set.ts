/**
 * What was asked: one live query per distinct path and arguments, however many listeners it has, and
 * what of that the server has yet to be told. Knows no results and no socket.
 */

import type { Platform } from "./platform.js";
import type { QueryId } from "./protocol.js";
import { type JsonObject, jsonOf } from "./values.js";

/** The path and canonical arguments of a query, in one string. */
export type QueryKey = string;

/** A query as its caller names it. */
export interface Question {
  readonly key: QueryKey;
  readonly path: string;
  readonly args: JsonObject;
}

export interface AskedQuery extends Question {
  readonly queryId: QueryId;
  /** Called when the query's state may have changed. */
  readonly listeners: Set<() => void>;
  /** Whether this connection's server has been told. */
  readonly told: boolean;
}

interface Entry extends AskedQuery {
  queryId: QueryId;
  told: boolean;
  /** Set while nobody listens and the query waits for its end. */
  cancelEnd: (() => void) | undefined;
}

export interface QuerySetOptions {
  /** How long a query without listeners is kept, so that a remount finds it again. */
  readonly lingerMs: number;
  readonly schedule: Platform["schedule"];
  /** Called when a query has left the set. */
  readonly onEnd: (query: AskedQuery) => void;
}

/** Takes down a question. Throws a `ZerobackError` with code `bad_args` for arguments that JSON cannot say. */
export function question(path: string, args: object): Question {
  // A copy, so that the caller may change its object.
  const json = jsonOf(args);
  return { key: path + JSON.stringify(json), path, args: json };
}

export class QuerySet {
  readonly #byKey = new Map<QueryKey, Entry>();
  readonly #byId = new Map<QueryId, Entry>();
  readonly #options: QuerySetOptions;
  #toRemove = new Set<QueryId>();
  #nextId: QueryId = 1;

  constructor(options: QuerySetOptions) {
    this.#options = options;
  }

  /**
   * Adds a listener to the query, which is asked if it was not. Returns what removes the listener; if it was the
   * last, the query is kept for so long.
   */
  listen(asked: Question, listener: () => void, lingerMs: number = this.#options.lingerMs): () => void {
    const query = this.#byKey.get(asked.key) ?? this.#ask(asked);
    // The same function may listen twice; each call is one listener.
    const own = (): void => listener();
    query.listeners.add(own);
    query.cancelEnd?.();
    query.cancelEnd = undefined;
    return () => {
      if (query.listeners.delete(own) && query.listeners.size === 0) {
        query.cancelEnd = this.#options.schedule(() => this.#end(query), lingerMs);
      }
    };
  }

  /** Ends the query now if nobody listens, instead of after a while. */
  endIfUnheard(key: QueryKey): void {
    const query = this.#byKey.get(key);
    if (query?.listeners.size === 0) this.#end(query);
  }

  byId(queryId: QueryId): AskedQuery | undefined {
    return this.#byId.get(queryId);
  }

  byKey(key: QueryKey): AskedQuery | undefined {
    return this.#byKey.get(key);
  }

  all(): readonly AskedQuery[] {
    return [...this.#byKey.values()];
  }

  /** Has the query asked anew on this connection, under another id. */
  renew({ key }: AskedQuery): void {
    const query = this.#byKey.get(key);
    if (!query) return;
    this.#takeBack(query);
    this.#enter(query);
  }

  /** Returns what has changed since the last call on this connection; the server is told by the caller. */
  takeChanges(): { readonly add: readonly AskedQuery[]; readonly remove: readonly QueryId[] } {
    const add = [...this.#byKey.values()].filter(({ told }) => !told);
    for (const query of add) query.told = true;
    const remove = [...this.#toRemove];
    this.#toRemove.clear();
    return { add, remove };
  }

  /** A new connection knows none of the queries. */
  handleDrop(): void {
    this.#toRemove.clear();
    for (const query of this.#byKey.values()) query.told = false;
  }

  /** Ends everything. */
  clear(): void {
    for (const query of this.#byKey.values()) {
      query.cancelEnd?.();
      query.listeners.clear();
    }
    this.#byKey.clear();
    this.#byId.clear();
    this.#toRemove.clear();
  }

  #ask(asked: Question): Entry {
    const query: Entry = { ...asked, queryId: 0, listeners: new Set(), told: false, cancelEnd: undefined };
    this.#byKey.set(query.key, query);
    this.#enter(query);
    return query;
  }

  #enter(query: Entry): void {
    query.queryId = this.#nextId++;
    query.told = false;
    this.#byId.set(query.queryId, query);
  }

  #end(query: Entry): void {
    query.cancelEnd?.();
    this.#byKey.delete(query.key);
    this.#takeBack(query);
    this.#options.onEnd(query);
  }

  #takeBack(query: Entry): void {
    this.#byId.delete(query.queryId);
    if (query.told) this.#toRemove.add(query.queryId);
  }
}
