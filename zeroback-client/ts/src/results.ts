/**
 * What the server said: the latest result of every live query with its tag, and of those what is shown,
 * all of one version. Results stay when the connection drops, until newer ones come.
 */

import { applyDelta } from "./delta.js";
import { errorOf, type ZerobackError } from "./error.js";
import type { Outcome, Tag, Update, Version } from "./protocol.js";
import type { QueryKey } from "./query-set.js";

/** What is known of a query. The object is the same until something about it changes. */
export type QueryState<Result = unknown, Failure extends ZerobackError = ZerobackError> =
  | { readonly status: "loading" }
  /** `isStale`: the value was kept from another time, and the server has not said yet that it still is so. */
  | { readonly status: "success"; readonly value: Result; readonly isStale?: true }
  | { readonly status: "error"; readonly error: Failure };

export const LOADING: { readonly status: "loading" } = Object.freeze({ status: "loading" });

export interface Result {
  readonly tag: Tag | undefined;
  readonly state: QueryState;
}

/** Order of calls: `moveTo` and `take` for what a transition has; `show` when all of one version is there. */
export class Results {
  /** The newest of each query, which a delta and the next connection begin from. */
  readonly #held = new Map<QueryKey, Result>();
  readonly #shown = new Map<QueryKey, Result>();
  /** The queries of which something was taken in since the last `show`. */
  readonly #fresh = new Set<QueryKey>();
  /** The state of the queries of which nothing is known. */
  #otherwise: QueryState = LOADING;
  #version: Version | undefined;
  readonly #kept: (key: QueryKey) => Result | undefined;

  /** `kept` gives what is known of a query of which the server has said nothing. */
  constructor(kept: (key: QueryKey) => Result | undefined) {
    this.#kept = kept;
  }

  of(key: QueryKey): QueryState {
    return (this.#shown.get(key) ?? this.#kept(key))?.state ?? this.#otherwise;
  }

  /** Returns the newest result of the query, whether it is shown or not. */
  newest(key: QueryKey): Result | undefined {
    return this.#held.get(key) ?? this.#kept(key);
  }

  /**
   * Takes in an update without showing it. Returns whether it belongs to the result that is held; if it
   * does not, that one is given up, and the whole is needed.
   */
  take(key: QueryKey, update: Update): boolean {
    const result = updated(this.newest(key), update);
    if (!result) {
      this.#held.delete(key);
      return false;
    }
    this.#held.set(key, result);
    this.#fresh.add(key);
    return true;
  }

  /** Lets a query of which nothing is known begin with a result, or with what is shown of another query. */
  lend(from: QueryKey | Result, to: QueryKey): void {
    const shown = typeof from === "string" ? (this.#shown.get(from) ?? this.#kept(from)) : from;
    if (!shown || this.#held.has(to)) return;
    this.#held.set(to, shown);
    this.#shown.set(to, shown);
  }

  /** Shows all that was taken in. Returns the queries whose states have changed. */
  show(): readonly QueryKey[] {
    const changed = [...this.#fresh].filter((key) => {
      const result = this.#held.get(key);
      if (!result) return false;
      const shown = this.#shown.get(key);
      const isSame = shown?.tag !== undefined && shown.tag === result.tag && !("isStale" in shown.state);
      // What went and came back unseen has not changed.
      if (isSame) this.#held.set(key, shown);
      else this.#shown.set(key, result);
      return !isSame;
    });
    this.#fresh.clear();
    return changed;
  }

  forget(key: QueryKey): void {
    this.#held.delete(key);
    this.#shown.delete(key);
  }

  /** Moves to the version of a transition. Throws where it lies before the present one. */
  moveTo(version: Version): void {
    const present = this.#version;
    if (present && present[0] === version[0] && version[1] < present[1]) {
      throw new Error(`version: ${version} is before ${present}`);
    }
    this.#version = version;
  }

  /** The next connection may lead to a server that is not as far yet. */
  handleDrop(): void {
    this.#version = undefined;
  }

  /** Forgets all results, or gives all queries, also those to come, the same outcome. */
  clear(outcome?: Outcome): void {
    this.#held.clear();
    this.#shown.clear();
    this.#otherwise = outcome ? stateOf(outcome) : LOADING;
  }
}

/** Returns the result after an update, unless the update begins from another one. */
function updated(held: Result | undefined, update: Update): Result | undefined {
  const { tag } = update;
  if (update.status !== undefined) return { tag, state: stateOf(update) };
  if (held?.tag !== update.base || held.state.status !== "success") return undefined;
  try {
    return { tag, state: success(update.deltas.reduce(applyDelta, held.state.value)) };
  } catch {
    return undefined;
  }
}

function success(value: unknown): QueryState {
  return Object.freeze({ status: "success", value });
}

function stateOf(outcome: Outcome): QueryState {
  if (outcome.status === "success") return success(outcome.value);
  return Object.freeze({ status: "error", error: errorOf(outcome) });
}
