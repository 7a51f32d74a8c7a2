/**
 * Pages: a chain of live queries that show one list from its beginning, without gaps and without anything twice.
 *
 * A page that has come learns its end, and is asked for again with it: then it is what lies between two places,
 * whatever comes and goes, and the next page begins where it ends. One that has grown too long is asked for in two.
 * Knows neither a client nor a framework: it is given what asks for a page.
 */

import type { QueryWatch } from "./client.js";
import type { ZerobackError } from "./error.js";
import type { AnyQuery, ArgsOf, FunctionReference, ResultOf } from "./function-reference.js";
import type { QueryState } from "./results.js";

/** Which page is wanted, as a generated `api.ts` has it. */
export interface PageOpts {
  readonly limit: number;
  readonly cursor?: string | null;
  readonly endCursor?: string | null;
}

/** A part of a query's results, as a generated `api.ts` has it. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly endCursor: string;
  readonly splitCursor: string | null;
  readonly isDone: boolean;
}

/** Any query that returns a page, as a bound for type parameters. */
export type AnyPaginatedQuery = FunctionReference<"query", never, Page<unknown>>;

/** `unknown` for a query that takes `page: PageOpts`, and `never` for any other. */
export type TakesPage<F extends AnyQuery> =
  ArgsOf<F> extends { readonly page: infer Opts } ? ([PageOpts] extends [Opts] ? unknown : never) : never;

/** The arguments of a paginated query that its caller gives: all but `page`. */
export type PaginatedArgs<F extends AnyQuery> =
  [keyof ArgsOf<F>] extends ["page"] ? Readonly<Record<string, never>> : Omit<ArgsOf<F>, "page">;

/** What the pages of a query hold. */
export type ItemOf<F extends AnyPaginatedQuery> = ResultOf<F>["items"][number];

export interface PaginationOptions {
  /** How many items the first page holds. */
  readonly initialNumItems: number;
}

export type PaginationStatus = "LoadingFirstPage" | "CanLoadMore" | "LoadingMore" | "Exhausted";

export interface Paginated<Item> {
  /** What has come of all pages, in the query's order. What has not changed is the same object as before. */
  readonly results: readonly Item[];
  readonly status: PaginationStatus;
  readonly isLoading: boolean;
  /** Asks for so many more, if the status is `"CanLoadMore"`. It is always the same function. */
  readonly loadMore: (numItems: number) => void;
}

/** What is to be drawn, or why nothing can be. The object is the same until something about it changes. */
export type PagesState<Item> =
  | ({ readonly error: undefined } & Paginated<Item>)
  | { readonly error: ZerobackError };

/** Returns what a list looks like of which nothing is asked. */
export function nothingLoaded(): PagesState<never> {
  return { error: undefined, results: [], status: "LoadingFirstPage", isLoading: true, loadMore: () => {} };
}

type PageState = QueryState<Page<unknown>>;

/** A page of the chain. */
interface Link {
  readonly opts: PageOpts;
  readonly watch: QueryWatch<Page<unknown>>;
  /** Those that take its place when all of them have come. */
  heirs: readonly Link[];
  stop: () => void;
}

/** Order of calls: `subscribe`, and `state` and `loadMore` at any time. */
export class Pages<Item> {
  readonly #ask: (page: PageOpts) => QueryWatch<Page<unknown>>;
  readonly #initialNumItems: number;
  readonly #listeners = new Set<() => void>();
  #chain: readonly Link[];
  /** Cursors that the server has refused. One that it refuses again is not worth another beginning. */
  readonly #refused = new Set<string>();
  /** What is shown in the place of items that came again with another page, unchanged. */
  readonly #sameAs = new WeakMap<object, unknown>();
  /** What the newest state was made of. */
  #shown: readonly PageState[] = [];
  #state = nothingLoaded() as PagesState<Item>;

  constructor(ask: (page: PageOpts) => QueryWatch<Page<unknown>>, initialNumItems: number) {
    this.#ask = ask;
    this.#initialNumItems = initialNumItems;
    this.#chain = [this.#link({ limit: initialNumItems, cursor: null })];
  }

  /** Keeps the pages live, and calls back when the state may have changed. Returns what stops that. */
  readonly subscribe = (onChange: () => void): (() => void) => {
    const own = (): void => onChange();
    this.#listeners.add(own);
    if (this.#listeners.size === 1) {
      for (const link of this.#links()) this.#open(link);
      this.#advance();
    }
    return () => {
      if (!this.#listeners.delete(own) || this.#listeners.size > 0) return;
      for (const link of this.#links()) link.stop();
    };
  };

  readonly state = (): PagesState<Item> => {
    const states = this.#links().map(({ watch }) => watch.state());
    const isSame = states.length === this.#shown.length && states.every((state, at) => state === this.#shown[at]);
    if (!isSame) {
      this.#state = this.#draw();
      this.#shown = states;
    }
    return this.#state;
  };

  readonly loadMore = (numItems: number): void => {
    const last = this.#chain.at(-1)?.watch.state();
    if (this.#listeners.size === 0 || last?.status !== "success" || last.value.isDone) return;
    const next = this.#link({ limit: numItems, cursor: last.value.endCursor });
    this.#chain = [...this.#chain, next];
    this.#open(next);
    this.#handleChange();
  };

  readonly #handleChange = (): void => {
    this.#advance();
    for (const listener of [...this.#listeners]) listener();
  };

  #link(opts: PageOpts): Link {
    return { opts, watch: this.#ask(opts), heirs: [], stop: () => {} };
  }

  #links(): readonly Link[] {
    return this.#chain.flatMap((link) => [link, ...link.heirs]);
  }

  /** A page may begin with the result of another one, whose end it has; that one is not needed any more. */
  #open(link: Link, from?: Link): void {
    const isOpenEnded = link.opts.endCursor === undefined;
    const options = { ...(isOpenEnded && { lingerMs: 0 }), ...(from && { from: from.watch.key }) };
    link.stop = link.watch.subscribe(this.#handleChange, options);
  }

  /** Does what the results that have come ask for. */
  #advance(): void {
    if (this.#listeners.size === 0) return;
    const refused = this.#links().find((link) => this.#isRefused(link));
    if (refused === undefined) {
      this.#chain = this.#chain.flatMap((link) => this.#successors(link));
      return;
    }
    for (const cursor of cursorsOf(refused)) this.#refused.add(cursor);
    for (const link of this.#links()) link.stop();
    const first = this.#link({ limit: this.#initialNumItems, cursor: null });
    this.#chain = [first];
    this.#open(first);
    this.#advance();
  }

  /** Returns what stands in the place of a page: itself, or those that it has been asked for again as. */
  #successors(link: Link): readonly Link[] {
    const state = link.watch.state();
    if (link.heirs.length === 0 && state.status === "success") {
      const wanted = againAs(link.opts, state.value);
      link.heirs = wanted.map((opts) => this.#link(opts));
      for (const heir of link.heirs) this.#open(heir, wanted.length === 1 ? link : undefined);
    }
    const pages = link.heirs.flatMap(({ watch }) => pageOf(watch.state()) ?? []);
    if (link.heirs.length === 0 || pages.length < link.heirs.length) return [link];
    if (state.status === "success" && state.value !== pages[0]) this.#keepIdentities(state.value, pages);
    link.stop();
    return link.heirs.flatMap((heir) => this.#successors(heir));
  }

  /** Whether the server does not take a cursor that it has given, so that the chain has to begin anew. */
  #isRefused(link: Link): boolean {
    const state = link.watch.state();
    if (state.status !== "error" || state.error.code !== "bad_cursor") return false;
    return cursorsOf(link).some((cursor) => !this.#refused.has(cursor));
  }

  #keepIdentities(old: Page<unknown>, pages: readonly Page<unknown>[]): void {
    const before = new Map(old.items.map((item) => [textOf(item), this.#itemOf(item)]));
    for (const item of pages.flatMap(({ items }) => items)) {
      const same = before.get(textOf(item));
      if (typeof item === "object" && item !== null && same !== undefined && same !== item) this.#sameAs.set(item, same);
    }
  }

  #itemOf(item: unknown): Item {
    return (this.#sameAs.get(item as object) ?? item) as Item;
  }

  #draw(): PagesState<Item> {
    const failed = this.#links().find((link) => link.watch.state().status === "error" && !this.#isRefused(link));
    const failure = failed?.watch.state();
    if (failure?.status === "error") return { error: failure.error };

    const states = this.#chain.map(({ watch }) => watch.state());
    const missing = states.findIndex(({ status }) => status !== "success");
    const pages = states.slice(0, missing < 0 ? states.length : missing).flatMap((state) => pageOf(state) ?? []);
    const items = pages.flatMap((page) => page.items.map((item) => this.#itemOf(item)));
    const status = statusOf(pages, states.length);

    const before = this.#state.error === undefined ? this.#state : undefined;
    const isSame = before?.results.length === items.length && items.every((item, at) => item === before.results[at]);
    if (isSame && before.status === status && before.loadMore === this.loadMore) return before;
    const results = isSame ? before.results : items;
    return { error: undefined, results, status, isLoading: pages.length < states.length, loadMore: this.loadMore };
  }
}

/** Returns the pages as which a page is to be asked for again: with its end, or in two, or not at all. */
function againAs(opts: PageOpts, { endCursor, splitCursor }: Page<unknown>): readonly PageOpts[] {
  if (opts.endCursor === undefined) return [{ ...opts, endCursor }];
  if (splitCursor === null) return [];
  return [
    { ...opts, endCursor: splitCursor },
    { ...opts, cursor: splitCursor },
  ];
}

function cursorsOf({ opts: { cursor, endCursor } }: Link): readonly string[] {
  return [cursor, endCursor].filter((place) => typeof place === "string");
}

function pageOf(state: PageState): Page<unknown> | undefined {
  return state.status === "success" ? state.value : undefined;
}

function statusOf(pages: readonly Page<unknown>[], wanted: number): PaginationStatus {
  if (pages.length < wanted) return pages.length === 0 ? "LoadingFirstPage" : "LoadingMore";
  return pages.at(-1)?.isDone === true ? "Exhausted" : "CanLoadMore";
}

/** Equal items have equal texts: the server writes them in one way only. */
function textOf(item: unknown): string {
  return JSON.stringify(item, (_, value: unknown) => (typeof value === "bigint" ? { $bigint: `${value}` } : value));
}
