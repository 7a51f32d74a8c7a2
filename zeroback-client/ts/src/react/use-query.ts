"use client";

import { useMemo, useSyncExternalStore } from "react";
import type { AnyQuery, ArgsList, ArgsOf, QueryState, QueryWatch, ResultOf } from "../index.js";
import { useZerobackClient } from "./provider.js";

/** `[args]`, `["skip"]`, or nothing for a query without arguments. */
export type QueryArgs<F extends AnyQuery> =
  {} extends ArgsOf<F> ? [args?: ArgsOf<F> | "skip"] : [args: ArgsOf<F> | "skip"];

const LOADING: QueryState<never> = { status: "loading" };

/** What a skipped query looks like, and any query while the server renders. */
const NOTHING: QueryWatch<never> = { key: "skip", state: () => LOADING, subscribe: () => () => {} };

/**
 * Returns the query's result, and renders again whenever it changes; `undefined` until the first
 * result has come, and for `"skip"`. A query that fails throws its `ZerobackError` into the nearest
 * error boundary.
 */
export function useQuery<F extends AnyQuery>(query: F, ...args: QueryArgs<F>): ResultOf<F> | undefined {
  const watch = useWatch(query, args[0]);
  const state = useSyncExternalStore(watch.subscribe, watch.state, NOTHING.state);
  if (state.status === "error") throw state.error;
  return state.status === "success" ? state.value : undefined;
}

/** Returns the same watch for as long as client, query and arguments are equal. */
function useWatch<F extends AnyQuery>(query: F, args: ArgsOf<F> | "skip" | undefined): QueryWatch<ResultOf<F>> {
  const client = useZerobackClient();
  const watch = args === "skip" ? undefined : client.watch(query, ...([args] as ArgsList<F>));
  // Arguments are a new object at each render; the key is what they say.
  return useMemo(() => watch ?? NOTHING, [client, watch?.key]);
}
