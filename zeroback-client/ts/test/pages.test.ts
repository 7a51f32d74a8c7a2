/** Pages: what is asked, and that all of it is one list. */

import { describe, expect, test } from "vitest";
import { functionReference, type OptimisticUpdate, type ZerobackClient } from "../src/index.js";
import { type Page, type PageOpts, Pages, type PagesState } from "../src/pages.js";
import { PageServer, type Row } from "./page-server.js";
import { settle, World } from "./world.js";

const list = functionReference<"query", { page: PageOpts }, Page<Row>>("rows:list");
const create = functionReference<"mutation", {}, null>("rows:create");
const row = (rank: number, text = "") => ({ _id: `row_${rank}`, rank, text });
const rows = (...ranks: number[]): Row[] => ranks.map((rank) => row(rank));
const upTo = (count: number): Row[] => Array.from({ length: count }, (_, at) => row(at * 10));

function open(initial: readonly Row[], initialNumItems = 3) {
  const world = new World();
  const server = new PageServer(world);
  server.write(initial);
  const client = world.client();
  server.accept();
  const pages = pagesOf(client, initialNumItems);
  let changes = 0;
  const stop = pages.subscribe(() => changes++);
  /** Has everything said and answered, as often as it takes. */
  const run = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) {
      await settle();
      while (server.read());
      server.flush();
    }
  };
  return { world, server, client, pages, stop, run, shown: () => shownBy(pages), changes: () => changes };
}

function pagesOf(client: ZerobackClient, initialNumItems: number): Pages<Row> {
  return new Pages<Row>((page) => client.watch(list, { page }), initialNumItems);
}

function loaded(pages: Pages<Row>): Extract<PagesState<Row>, { readonly error: undefined }> {
  const state = pages.state();
  if (state.error !== undefined) throw state.error;
  return state;
}

function shownBy(pages: Pages<Row>): string {
  const { results, status } = loaded(pages);
  return `${results.map(({ rank, text }) => `${rank}${text}`).join(" ")} ${status}`.trim();
}

describe("one list", () => {
  test("loads a first page, and more", async () => {
    const { pages, run, shown } = open(upTo(7));
    expect([shown(), loaded(pages).isLoading]).toEqual(["LoadingFirstPage", true]);
    await run();
    expect([shown(), loaded(pages).isLoading]).toEqual(["0 10 20 CanLoadMore", false]);
    const { results } = loaded(pages);
    pages.loadMore(2);
    expect([shown(), loaded(pages).isLoading]).toEqual(["0 10 20 LoadingMore", true]);
    expect(loaded(pages).results).toBe(results);
    await run();
    expect(shown()).toBe("0 10 20 30 40 CanLoadMore");
    pages.loadMore(2);
    await run();
    expect(shown()).toBe("0 10 20 30 40 50 60 Exhausted");
    pages.loadMore(2);
    expect(shown()).toBe("0 10 20 30 40 50 60 Exhausted");
  });

  test("an empty list is exhausted, and what comes is shown", async () => {
    const { server, run, shown } = open([]);
    await run();
    expect(shown()).toBe("Exhausted");
    server.write(rows(5));
    await run();
    expect(shown()).toBe("5 Exhausted");
  });

  test("stays gapless as rows come and go at the edges of pages", async () => {
    const { pages, server, run, shown } = open(upTo(7));
    await run();
    pages.loadMore(2);
    await run();
    server.write(rows(0, 10, 20, 21, 22, 30, 40, 50));
    await run();
    expect(shown()).toBe("0 10 20 21 22 30 40 CanLoadMore");
    server.write(rows(10, 30, 31, 50));
    await run();
    expect(shown()).toBe("10 30 31 CanLoadMore");
    pages.loadMore(2);
    await run();
    expect(shown()).toBe("10 30 31 50 Exhausted");
    server.write(rows(10, 30, 31, 50, 60));
    await run();
    expect(shown()).toBe("10 30 31 50 60 Exhausted");
  });

  test("more is loaded once, however often it is asked for while it loads, and not before there is a first page", async () => {
    const { pages, server, run, shown } = open(upTo(9));
    pages.loadMore(2);
    await run();
    pages.loadMore(2);
    pages.loadMore(2);
    await run();
    expect(shown()).toBe("0 10 20 30 40 CanLoadMore");
    expect(server.pages.filter(({ endCursor }) => endCursor === undefined)).toHaveLength(2);
  });
});

describe("what is asked", () => {
  test("a page that has come is asked for again with its end, and nothing of it is sent again", async () => {
    const { server, world, run, changes } = open(upTo(7));
    await run();
    expect(server.pages).toEqual([
      { limit: 3, cursor: null },
      { limit: 3, cursor: null, endCursor: "0|000020 row_20" },
    ]);
    expect([server.wholes, changes()]).toEqual([1, 1]);
    await world.advance(1);
    await run();
    expect(server.pages).toEqual([{ limit: 3, cursor: null, endCursor: "0|000020 row_20" }]);
  });

  test.each([0, 1])("what changed while a page was asked for again is shown with all else (%i more lists)", async (more) => {
    const { client, server, pages, shown } = open(upTo(4), 2);
    const lists = [pages, ...Array.from({ length: more }, () => pagesOf(client, 2))];
    for (const other of lists.slice(1)) other.subscribe(() => {});
    const answer = async () => {
      await settle();
      while (server.read());
      server.flush();
    };
    await answer();
    await answer();
    for (const { loadMore } of lists) loadMore(2);
    await answer();
    // The second page has come, and is asked for again with its end; the server has not heard of it.
    expect(shown()).toBe("0 10 20 30 Exhausted");
    const seen: string[] = [];
    client.watch(list, { page: { limit: 2, cursor: null, endCursor: "0|000010 row_10" } }).subscribe(() => seen.push(shown()));
    server.write(rows(0, 5, 10, 30));
    server.flush();
    expect([shown(), seen]).toEqual(["0 10 20 30 Exhausted", []]);
    await answer();
    expect([shown(), seen]).toEqual(["0 5 10 30 Exhausted", ["0 5 10 30 Exhausted"]]);
  });

  test("two lists that load the same share their pages", async () => {
    const { client, server, run, shown } = open(upTo(7));
    await run();
    const other = pagesOf(client, 3);
    other.subscribe(() => {});
    await run();
    expect([shownBy(other), server.wholes]).toEqual([shown(), 1]);
  });

  test("a page that has grown above twice its size is asked for in two, and shown until both have come", async () => {
    const { pages, server, run, shown, world, changes } = open(upTo(2), 2);
    await run();
    const before = loaded(pages).results;
    server.write(rows(0, 1, 2, 3, 10));
    await settle();
    server.flush();
    expect(shown()).toBe("0 1 2 3 10 Exhausted");
    const grown = loaded(pages).results;
    const drawn = pages.state();
    const told = changes();
    await run();
    expect(shown()).toBe("0 1 2 3 10 Exhausted");
    await world.advance(1_000);
    await run();
    expect(server.pages).toEqual([
      { limit: 2, cursor: null, endCursor: "0|000001 row_1" },
      { limit: 2, cursor: "0|000001 row_1", endCursor: "0|~" },
    ]);
    // The halves came anew, but nobody has to draw them.
    expect(loaded(pages).results).toBe(grown);
    expect(pages.state()).toBe(drawn);
    expect(changes()).toBeGreaterThan(told);
    expect(grown[0]).toBe(before[0]);
    server.write(rows(0, 1, 2, 3, 10).map((of) => (of.rank === 3 ? { ...of, text: "!" } : of)));
    await run();
    expect(shown()).toBe("0 1 2 3! 10 Exhausted");
    expect(loaded(pages).results.map((of, at) => of === grown[at])).toEqual([true, true, true, false, true]);
  });

  test("a page that has grown very long is asked for in as many as it takes", async () => {
    const { server, run, shown, world } = open(upTo(1), 2);
    await run();
    server.write(upTo(17));
    await run();
    expect(shown()).toBe(`${upTo(17).map(({ rank }) => rank).join(" ")} Exhausted`);
    await world.advance(1_000);
    await run();
    expect(server.pages.length).toBeGreaterThanOrEqual(5);
  });
});

describe("what is guessed", () => {
  test("of a page goes on when that is asked for again with its end", async () => {
    const { client, server, pages, run, shown } = open(upTo(5), 2);
    await run();
    const optimisticUpdate: OptimisticUpdate<typeof create> = (store) => {
      for (const { args, value } of store.all(list)) {
        const items = value.items.map((of) => (of.rank === 30 ? { ...of, text: "?" } : of));
        store.set(list, args, { ...value, items });
      }
    };
    void client.mutation(create, {}, { optimisticUpdate });
    pages.loadMore(2);
    await settle();
    while (server.read());
    server.flush();
    expect(shown()).toBe("0 10 20 30? CanLoadMore");
    await run();
    expect(shown()).toBe("0 10 20 30? CanLoadMore");
  });
});

describe("what goes wrong", () => {
  test("cursors that the server does not know any more: the list begins anew", async () => {
    const { pages, server, run, shown } = open(upTo(7));
    await run();
    pages.loadMore(2);
    await run();
    server.key = 1;
    await run();
    expect(shown()).toBe("0 10 20 CanLoadMore");
    pages.loadMore(9);
    await run();
    expect(shown()).toBe("0 10 20 30 40 50 60 Exhausted");
  });

  test("a server that refuses its own cursors is not asked for ever", async () => {
    const { pages, server, run } = open(upTo(7));
    server.takesNoCursors = true;
    await run();
    expect(pages.state()).toMatchObject({ error: { code: "bad_cursor" } });
    expect(server.wholes).toBeLessThan(6);
  });

  test("an error of a page is that of the list", async () => {
    const { pages, server, run, shown } = open(upTo(7));
    await run();
    server.failure = "forbidden";
    await run();
    expect(pages.state()).toMatchObject({ error: { code: "forbidden" } });
    server.failure = undefined;
    await run();
    expect(shown()).toBe("0 10 20 CanLoadMore");
  });
});

describe("who listens", () => {
  test("a list that is left and taken up again within the linger costs nothing, and later is asked for as it was", async () => {
    const { pages, stop, server, run, world, shown } = open(upTo(7));
    await run();
    pages.loadMore(2);
    await run();
    await world.advance(1_000);
    await run();
    const { wholes } = server;
    stop();
    pages.loadMore(2);
    pages.subscribe(() => {})();
    const again = pages.subscribe(() => {});
    await run();
    expect([shown(), server.wholes]).toEqual(["0 10 20 30 40 CanLoadMore", wholes]);
    again();
    await world.advance(1_000);
    await run();
    expect([server.pages, shown()]).toEqual([[], "LoadingFirstPage"]);
    pages.subscribe(() => {});
    await run();
    expect(shown()).toBe("0 10 20 30 40 CanLoadMore");
  });

  test("nothing is asked without a listener", async () => {
    const { client, server, run } = open(upTo(7));
    await run();
    const { pages: before } = server;
    const idle = pagesOf(client, 50);
    idle.loadMore(2);
    await run();
    expect([shownBy(idle), server.pages]).toEqual(["LoadingFirstPage", before]);
  });
});
