"use client";

import { useMemo } from "react";
import type { AnyQuery, ResultOf } from "../index.js";
import { beginningOf, type Preloaded } from "../preloaded.js";
import { useWatch, useWatchState, valueOf } from "./use-watch.js";

/**
 * Returns the result that `preloadQuery` (`zeroback/ssr`) has asked for, at once, on a server as in the browser
 * that goes on from there; then the live result, and renders again whenever it changes. A query that fails
 * throws its `ZerobackError` into the nearest error boundary. `"skip"` gives `undefined`.
 */
export function usePreloadedQuery<F extends AnyQuery>(preloaded: Preloaded<F>): ResultOf<F>;
export function usePreloadedQuery<F extends AnyQuery>(preloaded: Preloaded<F> | "skip"): ResultOf<F> | undefined;
export function usePreloadedQuery<F extends AnyQuery>(preloaded: Preloaded<F> | "skip"): ResultOf<F> | undefined {
  const beginning = useMemo(() => beginningOf(preloaded), [preloaded]);
  const watch = useWatch(preloaded as unknown as F, beginning.args);
  // Of the same query whatever is there at first counts.
  const state = useWatchState<F>(useMemo(() => beginning.goOn(watch), [watch]));
  return valueOf(state.status === "loading" ? beginning.state : state);
}
