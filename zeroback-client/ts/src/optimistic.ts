/**
 * What is guessed: the effects of mutations that are in flight, on top of what the server said. Each is made
 * again on every new result that it has to do with, and is gone when the server's own results have it.
 */

import type { AnyQuery, ArgsList, ArgsOf, ResultOf } from "./function-reference.js";
import type { RequestId } from "./protocol.js";
import { type QueryKey, type QuerySet, question } from "./query-set.js";
import { LOADING, type QueryState, type Results } from "./results.js";
import { revive } from "./values.js";

/**
 * The results of live queries, for a guess of what a mutation makes of them. Values are shared by all who show them:
 * give new ones in their place instead of changing them.
 */
export interface OptimisticStore {
  /** What the query shows, with the guesses of earlier mutations; nothing while it has no result. */
  get<F extends AnyQuery>(query: F, ...args: ArgsList<F>): ResultOf<F> | undefined;
  /** Has the query show a value; with `undefined` it shows none. */
  set<F extends AnyQuery>(query: F, args: ArgsOf<F>, value: ResultOf<F> | undefined): void;
  /** Puts another value in the place of the query's, if it has one. */
  update<F extends AnyQuery>(query: F, args: ArgsOf<F>, change: (value: ResultOf<F>) => ResultOf<F>): void;
  /** All live queries of a function that have a result, with their arguments: pages of a list, for one. */
  all<F extends AnyQuery>(query: F): ReadonlyArray<{ readonly args: ArgsOf<F>; readonly value: ResultOf<F> }>;
}

/** Makes the changes of one mutation. */
export type Guess = (store: OptimisticStore) => void;

interface Layer {
  readonly guess: Guess;
  /** The queries that it has asked for, by their keys, and by their paths where it has asked for all. */
  touched: ReadonlySet<string>;
  hasEnded: boolean;
}

type States = Map<QueryKey, QueryState>;

/** Order of calls: `add` and, once its mutation is answered, `end`; `show` behind each change of the results. */
export class Guesses {
  readonly #asked: QuerySet;
  readonly #results: Results;
  readonly #warn: (message: string, cause: unknown) => void;
  /** In the order of their mutations. */
  readonly #layers = new Map<RequestId, Layer>();
  /** What is shown in the place of what the server said. */
  #states: States = new Map();

  constructor(asked: QuerySet, results: Results, warn: (message: string, cause: unknown) => void) {
    this.#asked = asked;
    this.#results = results;
    this.#warn = warn;
  }

  of(key: QueryKey): QueryState {
    return this.#states.get(key) ?? this.#results.of(key);
  }

  /** Makes a guess, on top of all others. Returns the queries that it has changed; throws what it throws. */
  add(id: RequestId, guess: Guess): readonly QueryKey[] {
    const layer: Layer = { guess, touched: new Set(), hasEnded: false };
    const before = this.#states;
    this.#states = this.#apply(layer, before);
    this.#layers.set(id, layer);
    return [...this.#states.keys()].filter((key) => this.#states.get(key) !== before.get(key));
  }

  /** Notes that a guess is not needed any more when all that has come is shown. */
  end(id: RequestId): void {
    const layer = this.#layers.get(id);
    if (layer) layer.hasEnded = true;
  }

  /** Goes on from changed results. Returns the queries that show something else now. */
  show(changed: readonly QueryKey[]): readonly QueryKey[] {
    const layers = [...this.#layers];
    const changes = new Set<string>(changed.flatMap((key) => [key, this.#asked.byKey(key)?.path ?? key]));
    if (!layers.some(([, { hasEnded, touched }]) => hasEnded || [...touched].some((name) => changes.has(name)))) return changed;
    const before = this.#states;
    this.#states = new Map();
    for (const [id, layer] of layers) {
      if (layer.hasEnded) this.#layers.delete(id);
      else {
        try {
          this.#states = this.#apply(layer, this.#states);
        } catch (cause) {
          this.#warn("an optimistic update threw, and is left out", cause);
        }
      }
    }
    const keys = new Set([...changed, ...before.keys(), ...this.#states.keys()]);
    return [...keys].filter((key) => !isSame(before.get(key), this.of(key)));
  }

  clear(): void {
    this.#layers.clear();
    this.#states.clear();
  }

  /** Returns the states with what a guess changes. */
  #apply(layer: Layer, before: States): States {
    const states: States = new Map(before);
    const touched = new Set<string>();
    layer.touched = touched;
    const valueOf = (key: QueryKey): unknown => {
      const state = states.get(key) ?? this.#results.of(key);
      return state.status === "success" ? state.value : undefined;
    };
    const keyOf = (query: AnyQuery, args: object = {}): QueryKey => {
      const { key } = question(query.path, args);
      touched.add(key);
      return key;
    };
    const show = (key: QueryKey, value: unknown): void => {
      // A guess on top of what is stale is no newer.
      states.set(key, value === undefined ? LOADING : Object.freeze({ ...this.#results.of(key), status: "success", value }));
    };
    const store = {
      get: (query: AnyQuery, args?: object) => valueOf(keyOf(query, args)),
      set: (query: AnyQuery, args: object, value: unknown) => show(keyOf(query, args), value),
      update: (query: AnyQuery, args: object, change: (value: unknown) => unknown) => {
        const key = keyOf(query, args);
        const value = valueOf(key);
        if (value !== undefined) show(key, change(value));
      },
      all: ({ path }: AnyQuery) => {
        touched.add(path);
        const live = this.#asked.all().filter((query) => query.path === path);
        return live.map(({ key, args }) => ({ args: revive(structuredClone(args)), value: valueOf(key) })).filter(({ value }) => value !== undefined);
      },
    };
    layer.guess(store as unknown as OptimisticStore);
    return states;
  }
}

/** Tells whether a guess was right, as far as that can be told at a glance. */
function isSame(guess: QueryState | undefined, state: QueryState): boolean {
  return guess?.status === "success" && state.status === "success" && guess.isStale === state.isStale && Object.is(guess.value, state.value);
}
