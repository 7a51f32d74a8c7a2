"use client";

import { useSyncExternalStore } from "react";
import type { AnyQuery, ArgsList, QueryWatch, ResultOf, ZerobackClient } from "../index.js";
import { useZerobackClient } from "./provider.js";
import { NOTHING, type QueryArgs, useWatch, valueOf } from "./use-watch.js";

/**
 * How long a result that has come waits for its component to be drawn, which takes as long as what else its
 * boundary waits for.
 */
const HOLD_MS = 30_000;

/** How long an error does: whoever tries again after it has the query asked again. */
const HOLD_ERROR_MS = 1_000;

/**
 * Returns the query's result, and renders again whenever it changes. Until the first has come it suspends: the
 * nearest `<Suspense>` shows its fallback. A query that fails throws its `ZerobackError` into the nearest error
 * boundary. `"skip"` gives `undefined`, and suspends nothing.
 *
 * A server renders the fallback: see `usePreloadedQuery` for one that is to render the result.
 */
export function useSuspenseQuery<F extends AnyQuery>(query: F, ...args: ArgsList<F>): ResultOf<F>;
export function useSuspenseQuery<F extends AnyQuery>(query: F, ...args: QueryArgs<F>): ResultOf<F> | undefined;
export function useSuspenseQuery<F extends AnyQuery>(query: F, ...args: QueryArgs<F>): ResultOf<F> | undefined {
  const client = useZerobackClient();
  const watch: QueryWatch<ResultOf<F>> = useWatch(query, args[0]);
  const isSkipped = watch === NOTHING;
  const state = useSyncExternalStore(watch.subscribe, watch.state, isSkipped ? NOTHING.state : refuse);
  if (state.status === "loading" && !isSkipped) throw firstState(client, watch);
  return valueOf(state);
}

/** React makes of it the fallback of the nearest boundary, and has the browser go on from there. */
function refuse(): never {
  throw new Error("useSuspenseQuery asks nothing while a server renders: its <Suspense> shows the fallback");
}

const awaited = new WeakMap<ZerobackClient, Map<string, Promise<void>>>();

/**
 * Returns what is resolved when the query's first result or error has come. Meanwhile, and until the component
 * is drawn, nothing of it is left but this: so it is this that keeps the query live, and the same promise is
 * there for whoever asks again.
 */
function firstState(client: ZerobackClient, watch: QueryWatch<unknown>): Promise<void> {
  const promises = awaited.get(client) ?? new Map<string, Promise<void>>();
  awaited.set(client, promises);
  const { key } = watch;
  const promise =
    promises.get(key) ??
    new Promise<void>((resolve) => {
      const stop = watch.subscribe(
        () => {
          promises.delete(key);
          stop();
          // The last to leave says how long the query lingers.
          if (watch.state().status === "error") watch.subscribe(() => {}, { lingerMs: HOLD_ERROR_MS })();
          resolve();
        },
        { lingerMs: HOLD_MS },
      );
    });
  promises.set(key, promise);
  return promise;
}
