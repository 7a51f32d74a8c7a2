/** Results that were asked for before there was a page to show them: what a server hands to its browser. */

import type { AnyQuery, ArgsOf, ResultOf } from "./function-reference.js";
import { type JsonObject, type JsonValue, revive } from "./values.js";

declare const query: unique symbol;

/** A query's result with the question, as JSON: it survives whatever leads from a server to a browser. */
export interface Preloaded<F extends AnyQuery> {
  readonly path: string;
  readonly args: JsonObject;
  readonly value: JsonValue;
  /** Carries the types; there is no such property at run time. */
  readonly [query]?: F;
}

/** Returns the result that was preloaded. */
export function preloadedValue<F extends AnyQuery>({ value }: Preloaded<F>): ResultOf<F> {
  return revived(value) as ResultOf<F>;
}

/** Returns the arguments of the query that was preloaded. */
export function preloadedArgs<F extends AnyQuery>({ args }: Preloaded<F>): ArgsOf<F> {
  return revived(args) as ArgsOf<F>;
}

/** What was preloaded stays as it is. */
function revived(json: JsonValue): unknown {
  return revive(JSON.parse(JSON.stringify(json)));
}
