import { type Accessor, createMemo, untrack } from "solid-js";
import type { AnyQuery, QueryState, ResultOf } from "../index.js";
import { beginningOf, type Preloaded } from "../preloaded.js";
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
  const beginning = createMemo(() => beginningOf(given()));
  // It has the path, which is all there is of a query.
  const watch = createWatch(given as unknown as Accessor<F>, () => beginning().args);
  // Of the same query whatever is there at first counts.
  const state = createState<QueryState<ResultOf<F>>>(() => untrack(beginning).goOn(watch()), LOADING);
  return () => {
    const live = state();
    return valueOf(live.status === "loading" ? beginning().state : live);
  };
}
