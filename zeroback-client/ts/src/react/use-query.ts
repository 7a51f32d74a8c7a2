"use client";

import type { AnyQuery, ErrorOf, QueryState, ResultOf } from "../index.js";
import { type QueryArgs, useWatch, useWatchState, valueOf } from "./use-watch.js";

/**
 * Returns the query's result, and renders again whenever it changes; `undefined` until the first
 * result has come, and for `"skip"`. A query that fails throws its `ZerobackError` into the nearest
 * error boundary.
 */
export function useQuery<F extends AnyQuery>(query: F, ...args: QueryArgs<F>): ResultOf<F> | undefined {
  return valueOf(useWatchState<F>(useWatch(query, args[0])));
}

/**
 * Returns what is known of the query, and renders again whenever that changes: `status` is `"loading"`, also for
 * `"skip"`, or `"success"` with the `value`, or `"error"` with the `error`. It never throws, and a query that has
 * failed stays live.
 */
export function useQueryWithStatus<F extends AnyQuery>(
  query: F,
  ...args: QueryArgs<F>
): QueryState<ResultOf<F>, ErrorOf<F>> {
  return useWatchState<F>(useWatch(query, args[0]));
}
