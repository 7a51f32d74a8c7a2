"use client";

/** What the hooks that show live queries have in common. */

import { useMemo, useSyncExternalStore } from "react";
import type { AnyQuery, ArgsList, ArgsOf, ErrorOf, QueryState, QueryWatch, ResultOf } from "../index.js";
import { useZerobackClient } from "./provider.js";

/** `[args]`, `["skip"]`, or nothing for a query without arguments. */
export type QueryArgs<F extends AnyQuery> =
  {} extends ArgsOf<F> ? [args?: ArgsOf<F> | "skip"] : [args: ArgsOf<F> | "skip"];

const LOADING: QueryState<never, never> = { status: "loading" };

/** What a skipped query looks like, and any query while the server renders. */
export const NOTHING: QueryWatch<never, never> = { key: "skip", state: () => LOADING, subscribe: () => () => {} };

/** Returns the same watch for as long as client, query and arguments are equal. */
export function useWatch<F extends AnyQuery>(
  query: F,
  args: ArgsOf<F> | "skip" | undefined,
): QueryWatch<ResultOf<F>, ErrorOf<F>> {
  const client = useZerobackClient();
  const watch = args === "skip" ? undefined : client.watch(query, ...([args] as ArgsList<F>));
  // Arguments are a new object at each render; the key is what they say.
  return useMemo(() => watch ?? NOTHING, [client, watch?.key]);
}

/** Returns the state of a query, and renders again when it changes. */
export function useWatchState<F extends AnyQuery>(
  watch: QueryWatch<ResultOf<F>, ErrorOf<F>>,
): QueryState<ResultOf<F>, ErrorOf<F>> {
  return useSyncExternalStore(watch.subscribe, watch.state, NOTHING.state);
}

/** Returns a query's result, or throws its error. */
export function valueOf<Result>(state: QueryState<Result>): Result | undefined {
  if (state.status === "error") throw state.error;
  return state.status === "success" ? state.value : undefined;
}
