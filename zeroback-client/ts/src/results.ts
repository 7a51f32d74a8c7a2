/**
 * What the server said: the latest result of every live query, all of one version. Results stay when
 * the connection drops, until newer ones come.
 */

import { ZerobackError } from "./error.js";
import type { Outcome, Version } from "./protocol.js";
import type { QueryKey } from "./query-set.js";

/** What is known of a query. The object is the same until something about it changes. */
export type QueryState<Result = unknown, Failure extends ZerobackError = ZerobackError> =
  | { readonly status: "loading" }
  | { readonly status: "success"; readonly value: Result }
  | { readonly status: "error"; readonly error: Failure };

export const LOADING: { readonly status: "loading" } = Object.freeze({ status: "loading" });

export class Results {
  readonly #states = new Map<QueryKey, QueryState>();
  /** The state of the queries of which nothing is known. */
  #otherwise: QueryState = LOADING;
  #version: Version | undefined;

  of(key: QueryKey): QueryState {
    return this.#states.get(key) ?? this.#otherwise;
  }

  set(key: QueryKey, outcome: Outcome): void {
    this.#states.set(key, stateOf(outcome));
  }

  /** Gives all queries, also those to come, the same outcome. */
  setAll(outcome: Outcome): void {
    this.#states.clear();
    this.#otherwise = stateOf(outcome);
  }

  forget(key: QueryKey): void {
    this.#states.delete(key);
  }

  /** Moves to the version of a transition. Throws where it lies before the present one. */
  moveTo(version: Version): void {
    const present = this.#version;
    if (present !== undefined && present[0] === version[0] && version[1] < present[1]) {
      throw new Error(`version: expected at least [${present.join(", ")}], found [${version.join(", ")}]`);
    }
    this.#version = version;
  }

  /** The next connection may lead to a server that is not as far yet. */
  handleDrop(): void {
    this.#version = undefined;
  }

  clear(): void {
    this.#states.clear();
    this.#otherwise = LOADING;
  }
}

function stateOf(outcome: Outcome): QueryState {
  if (outcome.status === "success") return Object.freeze({ status: "success", value: outcome.value });
  const error = new ZerobackError(outcome.errorCode, outcome.errorMessage, outcome.errorData);
  return Object.freeze({ status: "error", error });
}
