import { createMemo, untrack } from "solid-js";
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
import { createState, type MaybeAccessor, valueIn, type Watched } from "./watch.js";

const NO_PAGES = nothingLoaded();

/** The pages of a query with some arguments. */
interface Listed<Item> extends Watched<PagesState<Item>> {
  readonly key: string;
}

/** What a skipped query looks like. */
const NOTHING: Listed<never> = { key: "skip", state: () => NO_PAGES, subscribe: () => () => {} };

/**
 * Returns what has been loaded of a query that takes `page: PageOpts` and returns a `Page`, and loads more of it.
 * All of it is live, and stays one list without gaps as items come and go. `args` are the query's without `page`;
 * with others, the list begins anew. The members change, so they are not to be taken out of the object. Reading
 * one of a query that has failed throws its `ZerobackError` into the nearest `<ErrorBoundary>`.
 */
export function createPaginatedQuery<F extends AnyPaginatedQuery>(
  query: F & TakesPage<F>,
  args: MaybeAccessor<PaginatedArgs<F> | "skip">,
  { initialNumItems }: PaginationOptions,
): Paginated<ItemOf<F>> {
  const client = useZerobackClient();
  const list = (): Listed<ItemOf<F>> => {
    const given = valueIn(args);
    if (given === "skip") return NOTHING;
    const watch = (of: object) => client.watch<F>(query, ...([of as ArgsOf<F>] as ArgsList<F>));
    const { state, subscribe } = new Pages<ItemOf<F>>((page) => watch({ ...given, page }), initialNumItems);
    return { key: watch(given).key, state, subscribe };
  };
  const listed = createMemo(list, undefined, { equals: (a, b) => a.key === b.key });
  const state = createState(listed, NO_PAGES);
  const shown = (): Paginated<ItemOf<F>> => {
    const present = state();
    if (present.error !== undefined) throw present.error;
    return present;
  };
  return {
    get results() {
      return shown().results;
    },
    get status() {
      return shown().status;
    },
    get isLoading() {
      return shown().isLoading;
    },
    loadMore: (numItems) => untrack(shown).loadMore(numItems),
  };
}
