import { type Accessor, createMemo } from "solid-js";
import type { AnyQuery, ArgsOf, QueryState, ResultOf } from "../index.js";
import { type Preloaded, preloadedArgs, preloadedValue } from "../preloaded.js";
import { createState, createWatch, LOADING, type MaybeAccessor, valueIn, valueOf } from "./watch.js";

/**
 * Returns the result that `preloadQuery` (`zeroback/ssr`) has asked for, at once, on a server as in the browser
 * that goes on from there; then the live result, as that changes. A query that fails throws its `ZerobackError`
 * into the nearest `<ErrorBoundary>`. `"skip"` gives `undefined`.
 */
export function createPreloadedQuery<F extends AnyQuery>(preloaded: MaybeAccessor<Preloaded<F>>): Accessor<ResultOf<F>>;
export function createPreloadedQuery<F extends AnyQuery>(
  preloaded: MaybeAccessor<Preloaded<F> | "skip">,
): Accessor<ResultOf<F> | undefined>;
export function createPreloadedQuery<F extends AnyQuery>(
  preloaded: MaybeAccessor<Preloaded<F> | "skip">,
): Accessor<ResultOf<F> | undefined> {
  const given = createMemo(() => valueIn(preloaded));
  const before = createMemo((): QueryState<ResultOf<F>> => {
    const present = given();
    return present === "skip" ? LOADING : { status: "success", value: preloadedValue(present) };
  });
  const args = (): ArgsOf<F> | "skip" => {
    const present = given();
    return present === "skip" ? present : preloadedArgs(present);
  };
  // It has the path, which is all there is of a query.
  const watch = createWatch(given as unknown as Accessor<F>, args);
  const state = createState<QueryState<ResultOf<F>>>(watch, LOADING);
  return () => {
    const live = state();
    return valueOf(live.status === "loading" ? before() : live);
  };
}
