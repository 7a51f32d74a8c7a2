/** Guesses for lists that are loaded in pages. */

import { describe, expect, test } from "vitest";
import { functionReference, type OptimisticStore, type ZerobackClient } from "../src/index.js";
import { insertAtBottomIfLoaded, insertAtPosition, insertAtTop, updateItems } from "../src/optimistic-pages.js";
import { type Page, type PageOpts, Pages } from "../src/pages.js";
import { PageServer, type Row } from "./page-server.js";
import { settle, World } from "./world.js";

const list = functionReference<"query", { page: PageOpts }, Page<Row>>("rows:list");
const marks = functionReference<"query", { list: string; page: PageOpts }, Page<Row>>("values:marks");
const count = functionReference<"query", {}, number>("rows:count");
const create = functionReference<"mutation", {}, null>("rows:create");
const row = (rank: number): Row => ({ _id: `row_${rank}`, rank, text: "" });
const upTo = (count: number): Row[] => Array.from({ length: count }, (_, at) => row(at * 10));
const byRank = (a: Row, b: Row): number => a.rank - b.rank;

/** A list of which so many pages of two are loaded. */
async function loaded(count: number, pagesLoaded: number) {
  const world = new World();
  const server = new PageServer(world);
  server.write(upTo(count));
  const client = world.client();
  server.accept();
  const pages = new Pages<Row>((page) => client.watch(list, { page }), 2);
  pages.subscribe(() => {});
  const run = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) {
      await settle();
      while (server.read());
      server.flush();
    }
  };
  await run();
  for (let more = 1; more < pagesLoaded; more++) {
    pages.loadMore(2);
    await run();
  }
  const shown = (): string => {
    const state = pages.state();
    return state.error === undefined ? state.results.map(({ rank }) => rank).join(" ") : state.error.code;
  };
  return { client, pages, run, shown };
}

function guess(client: ZerobackClient, optimisticUpdate: (store: OptimisticStore) => void): void {
  client.mutation(create, {}, { optimisticUpdate }).catch(() => {});
}

describe("an item that is to come", () => {
  test("at the top is shown once, before all", async () => {
    const { client, shown } = await loaded(6, 2);
    guess(client, (store) => insertAtTop(store, list, {}, row(-1)));
    expect(shown()).toBe("-1 0 10 20 30");
  });

  test("at the bottom is shown where the end is loaded", async () => {
    const { client, shown } = await loaded(6, 2);
    guess(client, (store) => insertAtBottomIfLoaded(store, list, {}, row(99)));
    expect(shown()).toBe("0 10 20 30");
    const whole = await loaded(5, 3);
    guess(whole.client, (store) => insertAtBottomIfLoaded(store, list, {}, row(99)));
    expect(whole.shown()).toBe("0 10 20 30 40 99");
  });

  test.each([
    [-5, "-5 0 10 20 30"],
    [0, "0 0 10 20 30"],
    [5, "0 5 10 20 30"],
    [10, "0 10 10 20 30"],
    [15, "0 10 15 20 30"],
    [25, "0 10 20 25 30"],
    [30, "0 10 20 30"],
    [35, "0 10 20 30"],
  ])("at %i of a list that goes on is shown once, where it belongs", async (rank, expected) => {
    const { client, shown, run } = await loaded(8, 2);
    guess(client, (store) => insertAtPosition(store, list, {}, row(rank), byRank));
    expect(shown()).toBe(expected);
    await run();
    expect(shown(), "and it stays").toBe(expected);
  });

  test.each([
    [35, "0 10 20 30 35"],
    [5, "0 5 10 20 30"],
  ])("at %i of a list that is loaded to its end is shown once", async (rank, expected) => {
    for (const pagesLoaded of [2, 3]) {
      const { client, shown } = await loaded(4, pagesLoaded);
      guess(client, (store) => insertAtPosition(store, list, {}, row(rank), byRank));
      expect(shown()).toBe(expected);
    }
  });

  test("of an empty list is all of it", async () => {
    const { client, shown } = await loaded(0, 1);
    guess(client, (store) => insertAtPosition(store, list, {}, row(1), byRank));
    expect(shown()).toBe("1");
  });
});

test("items are shown as they will be, or not at all, wherever they stand", async () => {
  const { client, pages, shown } = await loaded(6, 3);
  const before = pages.state();
  guess(client, (store) => updateItems(store, list, {}, (of) => (of.rank === 30 ? row(31) : of.rank === 10 ? undefined : of)));
  expect(shown()).toBe("0 20 31 40 50");
  const after = pages.state();
  if (before.error !== undefined || after.error !== undefined) throw new Error("it has failed");
  expect(after.results[1], "what is not changed is the same").toBe(before.results[2]);
});

test("only lists with these arguments are changed", async () => {
  const world = new World();
  const client = world.client();
  world.socket.accept();
  const page = { items: [], endCursor: "end", splitCursor: null, isDone: true };
  const watches = ["a", "b"].map((name) => client.watch(marks, { list: name, page: { limit: 2, cursor: null } }));
  for (const watch of watches) watch.subscribe(() => {});
  await settle();
  world.socket.transition(1, { queries: [1, 2].map((queryId) => ({ queryId, status: "success", value: page })) });
  const counts = () => watches.map((watch) => (watch.state() as { readonly value: Page<unknown> }).value.items.length);
  guess(client, (store) => insertAtTop(store, marks, { list: "a" }, row(1)));
  expect(counts()).toEqual([1, 0]);
  guess(client, (store) => insertAtTop(store, marks, {}, row(2)));
  expect(counts()).toEqual([2, 1]);
});

test("types", () => {
  const compiles = (_body: (store: OptimisticStore) => void): void => {};
  compiles((store) => {
    // @ts-expect-error it returns no page
    insertAtTop(store, count, {}, 1);
    // @ts-expect-error the page is not for the caller to say
    insertAtTop(store, list, { page: { limit: 1 } }, row(1));
    // @ts-expect-error no such item
    insertAtTop(store, list, {}, "x");
    // @ts-expect-error an argument of the wrong type
    insertAtTop(store, marks, { list: 1 }, row(1));
  });
});
