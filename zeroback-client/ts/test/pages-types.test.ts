/** What the compiler must say of pages, with what the generator writes. Checked by `npm run typecheck`. */

import { describe, expectTypeOf, test } from "vitest";
import { functionReference } from "zeroback";
import type * as react from "zeroback/react";
import type * as solid from "zeroback/solid";
import { api, type Doc, type Page, type PageOpts } from "./suite-api.js";

declare const hooks: typeof react;
declare const primitives: typeof solid;

/** Compiled, never run. */
function compiles(_body: () => unknown): void {}

describe("paginated queries", () => {
  test("take the arguments but for the page, and give what the pages hold", () => {
    compiles(() => {
      const { results, loadMore } = hooks.usePaginatedQuery(api.values.marks, { list: "" }, { initialNumItems: 10 });
      expectTypeOf(results).toEqualTypeOf<readonly Doc<"marks">[]>();
      expectTypeOf(loadMore).toEqualTypeOf<(numItems: number) => void>();
      hooks.usePaginatedQuery(api.values.marks, "skip", { initialNumItems: 10 });
      const pages = primitives.createPaginatedQuery(api.values.marks, () => ({ list: "" }), { initialNumItems: 10 });
      expectTypeOf(pages.results).toEqualTypeOf<readonly Doc<"marks">[]>();
      expectTypeOf(pages.status).toEqualTypeOf<"LoadingFirstPage" | "CanLoadMore" | "LoadingMore" | "Exhausted">();
    });
  });

  test("are of queries that have them, with their arguments", () => {
    compiles(() => {
      const options = { initialNumItems: 10 };
      // @ts-expect-error it returns no page
      hooks.usePaginatedQuery(api.values.numbers, { list: "", from: 0n, to: 1n }, options);
      // @ts-expect-error it returns no page
      hooks.usePaginatedQuery(api.values.numbers, "skip", options);
      // @ts-expect-error an argument is missing
      hooks.usePaginatedQuery(api.values.marks, {}, options);
      // @ts-expect-error the page is not for the caller to say
      hooks.usePaginatedQuery(api.values.marks, { list: "", page: { limit: 1 } }, options);
      // @ts-expect-error an argument of the wrong type
      hooks.usePaginatedQuery(api.values.marks, { list: 1 }, options);
      // @ts-expect-error how many are wanted
      hooks.usePaginatedQuery(api.values.marks, { list: "" }, {});
      // @ts-expect-error it returns no page
      primitives.createPaginatedQuery(api.values.numbers, { list: "", from: 0n, to: 1n }, options);
      const bare = functionReference<"query", { page: PageOpts }, Page<string>>("bare:list");
      expectTypeOf(hooks.usePaginatedQuery(bare, {}, options).results).toEqualTypeOf<readonly string[]>();
      // @ts-expect-error an argument where there are none
      hooks.usePaginatedQuery(bare, { list: "" }, options);
      const odd = functionReference<"query", { page: number }, Page<string>>("odd:list");
      // @ts-expect-error its page is none
      hooks.usePaginatedQuery(odd, {}, options);
      const { loadMore, results } = hooks.usePaginatedQuery(api.values.marks, { list: "" }, options);
      // @ts-expect-error how many are wanted
      loadMore();
      // @ts-expect-error results are not to be changed
      results.push();
    });
  });
});
