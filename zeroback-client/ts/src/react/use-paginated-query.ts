"use client";

import { useMemo, useSyncExternalStore } from "react";
import type { ArgsList, ArgsOf } from "../index.js";
import {
  type AnyPaginatedQuery,
  type ItemOf,
  nothingLoaded,
  Pages,
  type PagesState,
  type Paginated,
  type PaginatedArgs,
  type PaginationOptions,
  type TakesPage,
} from "../pages.js";
import { useZerobackClient } from "./provider.js";

const NOTHING = nothingLoaded();

/** What a skipped query looks like, and any query while the server renders. */
const NO_PAGES = { state: () => NOTHING, subscribe: () => () => {} };

/**
 * Returns what has been loaded of a query that takes `page: PageOpts` and returns a `Page`, and loads more of it.
 * All of it is live, and stays one list without gaps as items come and go. `args` are the query's without `page`;
 * with others, the list begins anew. A query that fails throws its `ZerobackError` into the nearest error boundary.
 */
export function usePaginatedQuery<F extends AnyPaginatedQuery>(
  query: F & TakesPage<F>,
  args: PaginatedArgs<F> | "skip",
  { initialNumItems }: PaginationOptions,
): Paginated<ItemOf<F>> {
  const client = useZerobackClient();
  const watch = (of: object) => client.watch<F>(query, ...([of as ArgsOf<F>] as ArgsList<F>));
  const key = args === "skip" ? args : watch(args).key;
  const pages = useMemo(
    () => (args === "skip" ? NO_PAGES : new Pages<ItemOf<F>>((page) => watch({ ...args, page }), initialNumItems)),
    [client, key],
  );
  const state = useSyncExternalStore<PagesState<ItemOf<F>>>(pages.subscribe, pages.state, NO_PAGES.state);
  if (state.error !== undefined) throw state.error;
  return state;
}
