/** Results that were asked for before there was a page to show them: what a server hands to its browser. */

import type { QueryWatch } from "./client.js";
import type { AnyQuery, ArgsOf, ResultOf } from "./function-reference.js";
import type { Tag } from "./protocol.js";
import type { QueryState } from "./results.js";
import { type JsonObject, type JsonValue, revive } from "./values.js";

declare const query: unique symbol;

/** A query's result with the question, as JSON: it survives whatever leads from a server to a browser. */
export interface Preloaded<F extends AnyQuery> {
  readonly path: string;
  readonly args: JsonObject;
  readonly value: JsonValue;
  /** What names the value: a client that comes with it is sent nothing for as long as the query has that value. */
  readonly tag?: Tag;
  /** Carries the types; there is no such property at run time. */
  readonly [query]?: F;
}

/** Returns the result that was preloaded. */
export function preloadedValue<F extends AnyQuery>({ value }: Preloaded<F>): ResultOf<F> {
  return revived(value) as ResultOf<F>;
}

/** What a live query has before its first result, and how it goes on from there. */
export interface Beginning<F extends AnyQuery> {
  readonly args: ArgsOf<F> | "skip";
  readonly state: QueryState<ResultOf<F>>;
  /** Returns the same watch, which tells the server what is there already. */
  goOn<Watch extends Pick<QueryWatch<ResultOf<F>>, "subscribe">>(watch: Watch): Watch;
}

export function beginningOf<F extends AnyQuery>(preloaded: Preloaded<F> | "skip"): Beginning<F> {
  if (preloaded === "skip") return { args: "skip", state: { status: "loading" }, goOn: (watch) => watch };
  const { tag } = preloaded;
  const state: QueryState<ResultOf<F>> = Object.freeze({ status: "success", value: revived(preloaded.value) as ResultOf<F> });
  return {
    args: revived(preloaded.args) as ArgsOf<F>,
    state,
    goOn: (watch) => (tag === undefined ? watch : { ...watch, subscribe: (onChange) => watch.subscribe(onChange, { from: { tag, state } }) }),
  };
}

/** What was preloaded stays as it is. */
function revived(json: JsonValue): unknown {
  return revive(JSON.parse(JSON.stringify(json)));
}
