/**
 * Guesses for lists that are loaded in pages: each changes all pages of a query that are live, wherever they are
 * shown. For the `optimisticUpdate` of a mutation.
 */

import type { ArgsOf } from "./function-reference.js";
import type { OptimisticStore } from "./optimistic.js";
import type { AnyPaginatedQuery, ItemOf, Page, PageOpts, PaginatedArgs, TakesPage } from "./pages.js";
import { encodeArgs } from "./values.js";

/** Which lists: those of a query whose arguments have these values; all of it where nothing is given. */
export type SomeArgs<F extends AnyPaginatedQuery> = Partial<PaginatedArgs<F>>;

/** Tells where an item stands: a number below zero where `a` comes before `b`. */
export type Compare<Item> = (a: Item, b: Item) => number;

/** A page that is live. */
interface Live {
  readonly args: { readonly page: PageOpts };
  readonly value: Page<unknown>;
}

/** Shows an item before all others. */
export function insertAtTop<F extends AnyPaginatedQuery>(
  store: OptimisticStore,
  query: F & TakesPage<F>,
  args: SomeArgs<F>,
  item: ItemOf<F>,
): void {
  change(store, query, args, ({ args: { page }, value }) => (isFirst(page) ? [item, ...value.items] : value.items));
}

/** Shows an item behind all others, in lists that are loaded to their end. */
export function insertAtBottomIfLoaded<F extends AnyPaginatedQuery>(
  store: OptimisticStore,
  query: F & TakesPage<F>,
  args: SomeArgs<F>,
  item: ItemOf<F>,
): void {
  change(store, query, args, ({ value: { items, isDone } }) => (isDone ? [...items, item] : items));
}

/**
 * Shows an item where it belongs in lists that are in this order; not at all in those that are not loaded as far.
 * It stands behind those that are equal to it.
 */
export function insertAtPosition<F extends AnyPaginatedQuery>(
  store: OptimisticStore,
  query: F & TakesPage<F>,
  args: SomeArgs<F>,
  item: ItemOf<F>,
  compare: Compare<ItemOf<F>>,
): void {
  const isBehind = (other: unknown): boolean => compare(item, other as ItemOf<F>) < 0;
  change(store, query, args, ({ args: { page }, value }, list) => {
    const { items } = value;
    const at = items.findIndex(isBehind);
    // In an earlier page it comes before this one's first.
    const isEarlier = at === 0 && !isFirst(page);
    const next = list.find(({ args }) => args.page.cursor === value.endCursor)?.value.items[0];
    const isLast = at < 0 && (value.isDone || (next !== undefined && isBehind(next)));
    if (isEarlier || (at < 0 && !isLast)) return items;
    const place = at < 0 ? items.length : at;
    return [...items.slice(0, place), item, ...items.slice(place)];
  });
}

/** Shows other items in the place of those of lists, or none where there is `undefined` for one. */
export function updateItems<F extends AnyPaginatedQuery>(
  store: OptimisticStore,
  query: F & TakesPage<F>,
  args: SomeArgs<F>,
  update: (item: ItemOf<F>) => ItemOf<F> | undefined,
): void {
  change(store, query, args, ({ value }) => {
    const items = value.items.map((item) => update(item as ItemOf<F>));
    return items.filter((item) => item !== undefined);
  });
}

/** Gives the pages of the lists other items. `list` has all pages that are of one with the page. */
function change<F extends AnyPaginatedQuery>(
  store: OptimisticStore,
  query: F,
  args: SomeArgs<F>,
  itemsOf: (page: Live, list: readonly Live[]) => readonly unknown[],
): void {
  const wanted = Object.entries(args).filter(([, value]) => value !== undefined);
  const lists = new Map<string, Live[]>();
  for (const live of store.all(query) as unknown as readonly Live[]) {
    const { page: _, ...own } = live.args;
    const isWanted = wanted.every(([name, value]) => isSame(value, (own as Record<string, unknown>)[name]));
    if (!isWanted) continue;
    const key = encodeArgs(own);
    lists.set(key, [...(lists.get(key) ?? []), live]);
  }
  for (const list of lists.values()) {
    for (const live of list) {
      const items = itemsOf(live, list);
      const isOther = items.length !== live.value.items.length || items.some((item, at) => item !== live.value.items[at]);
      if (isOther) store.set(query, live.args as unknown as ArgsOf<F>, { ...live.value, items } as never);
    }
  }
}

function isFirst(page: PageOpts): boolean {
  return page.cursor === null || page.cursor === undefined;
}

function isSame(one: unknown, other: unknown): boolean {
  return encodeArgs({ one }) === encodeArgs({ one: other });
}
