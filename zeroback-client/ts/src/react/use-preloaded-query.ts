"use client";

import { useMemo } from "react";
import type { AnyQuery, ArgsOf, ErrorOf, QueryState, ResultOf } from "../index.js";
import { type Preloaded, preloadedArgs, preloadedValue } from "../preloaded.js";
import { useWatch, useWatchState, valueOf } from "./use-watch.js";

interface Before<F extends AnyQuery> {
  readonly args: ArgsOf<F> | "skip";
  readonly state: QueryState<ResultOf<F>, ErrorOf<F>>;
}

/**
 * Returns the result that `preloadQuery` (`zeroback/ssr`) has asked for, at once, on a server as in the browser
 * that goes on from there; then the live result, and renders again whenever it changes. A query that fails
 * throws its `ZerobackError` into the nearest error boundary. `"skip"` gives `undefined`.
 */
export function usePreloadedQuery<F extends AnyQuery>(preloaded: Preloaded<F>): ResultOf<F>;
export function usePreloadedQuery<F extends AnyQuery>(preloaded: Preloaded<F> | "skip"): ResultOf<F> | undefined;
export function usePreloadedQuery<F extends AnyQuery>(preloaded: Preloaded<F> | "skip"): ResultOf<F> | undefined {
  const before = useMemo(() => beforeOf(preloaded), [preloaded]);
  const state = useWatchState<F>(useWatch(preloaded as unknown as F, before.args));
  return valueOf(state.status === "loading" ? before.state : state);
}

function beforeOf<F extends AnyQuery>(preloaded: Preloaded<F> | "skip"): Before<F> {
  if (preloaded === "skip") return { args: "skip", state: { status: "loading" } };
  return { args: preloadedArgs(preloaded), state: { status: "success", value: preloadedValue(preloaded) } };
}
