import { type Accessor, createResource, onCleanup } from "solid-js";
import type { AnyQuery, ErrorOf, QueryState, QueryWatch, ResultOf } from "../index.js";
import { createState, createWatch, LOADING, NOTHING, type QueryArgs, valueOf } from "./watch.js";

/**
 * Returns the query's result, which changes as the result does. Until the first has come it is `undefined`, and
 * the nearest `<Suspense>` shows its fallback; for `"skip"` it is `undefined` too. A query that fails throws its
 * `ZerobackError` into the nearest `<ErrorBoundary>`.
 *
 * A server renders `undefined`, and asks nothing: see `createPreloadedQuery` for one that is to render the result.
 */
export function createQuery<F extends AnyQuery>(query: F, ...args: QueryArgs<F>): Accessor<ResultOf<F> | undefined> {
  const watch = createWatch(query, args[0]);
  const state = createState<QueryState<ResultOf<F>>>(watch, LOADING);
  const [first] = createResource(watch, firstState, { ssrLoadFrom: "initial" });
  return () => {
    first();
    return valueOf(state());
  };
}

/**
 * Returns what is known of the query: `status` is `"loading"`, also for `"skip"`, or `"success"` with the `value`,
 * or `"error"` with the `error`. It never throws and never suspends, and a query that has failed stays live.
 */
export function createQueryWithStatus<F extends AnyQuery>(
  query: F,
  ...args: QueryArgs<F>
): Accessor<QueryState<ResultOf<F>, ErrorOf<F>>> {
  return createState<QueryState<ResultOf<F>, ErrorOf<F>>>(createWatch(query, args[0]), LOADING);
}

/** Has nothing to say, but when the query's first result or error is there. */
function firstState(watch: QueryWatch<unknown>): undefined | Promise<undefined> {
  if (watch === NOTHING || watch.state().status !== "loading") return undefined;
  return new Promise((resolve) => {
    // The state has subscribed before, so it is shown before the fallback goes.
    onCleanup(watch.subscribe(() => resolve(undefined)));
  });
}
