// @vitest-environment happy-dom
/** `usePaginatedQuery`: what a component sees of pages; `pages.test.ts` has what they are. */

import { act, memo, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { functionReference } from "../src/index.js";
import type { Page, PageOpts } from "../src/pages.js";
import { usePaginatedQuery } from "../src/react/index.js";
import { PageServer, type Row } from "./page-server.js";
import { Boundary, eachPage, silenceConsole } from "./react-page.js";

const own = eachPage();
const list = functionReference<"query", { of: string; page: PageOpts }, Page<Row>>("rows:list");
const rows = (count: number): Row[] => Array.from({ length: count }, (_, at) => ({ _id: `row_${at}`, rank: at, text: "" }));

let drawn: string[] = [];
const Line = memo(({ row }: { row: Row }) => {
  drawn.push(`${row.rank}${row.text}`);
  return <i>{`${row.rank}${row.text} `}</i>;
});

let loadMore: (numItems: number) => void;

function List({ of }: { of: string }): ReactNode {
  const pages = usePaginatedQuery(list, of === "skip" ? "skip" : { of }, { initialNumItems: 2 });
  loadMore = pages.loadMore;
  return [...pages.results.map((row) => <Line key={row._id} row={row} />), pages.status];
}

/** Returns what has everything said and answered. */
async function serve(count: number): Promise<{ server: PageServer; run: () => Promise<void> }> {
  const server = new PageServer(own.page.world);
  server.write(rows(count));
  await act(async () => server.accept());
  const run = async () => {
    for (let turn = 0; turn < 6; turn++) {
      await act(async () => {
        while (server.read());
        server.flush();
      });
    }
  };
  return { server, run };
}

describe("usePaginatedQuery", () => {
  test("shows a first page, loads more, and draws only what has changed", async () => {
    const { page } = own;
    const { server, run } = await serve(5);
    await page.render(<List of="a" />);
    expect(page.text).toBe("LoadingFirstPage");
    await run();
    expect(page.text).toBe("0 1 CanLoadMore");
    const first = loadMore;
    await act(async () => loadMore(2));
    expect(page.text).toBe("0 1 LoadingMore");
    drawn = [];
    await run();
    expect([page.text, new Set(drawn)]).toEqual(["0 1 2 3 CanLoadMore", new Set(["2", "3"])]);
    drawn = [];
    server.write(rows(5).map((row) => (row.rank === 1 ? { ...row, text: "!" } : row)));
    await run();
    expect([page.text, new Set(drawn)]).toEqual(["0 1! 2 3 CanLoadMore", new Set(["1!"])]);
    expect(loadMore).toBe(first);
  });

  test("an inline object of the same arguments changes nothing; other arguments begin anew", async () => {
    const { page } = own;
    const { server, run } = await serve(5);
    await page.render(<List of="a" />);
    await run();
    await act(async () => loadMore(2));
    await run();
    await page.render(<List of="a" />);
    expect(page.text).toBe("0 1 2 3 CanLoadMore");
    await page.render(<List of="b" />);
    expect(page.text).toBe("LoadingFirstPage");
    await run();
    expect(page.text).toBe("0 1 CanLoadMore");
    await page.advance(1_000);
    await run();
    expect(server.pages).toHaveLength(1);
  });

  test("is asked once under StrictMode, and not any more after it is gone", async () => {
    const { page } = own;
    const { server, run } = await serve(5);
    await page.render(<List of="a" />);
    await run();
    expect(server.wholes).toBe(1);
    await page.render(null);
    await page.advance(1_000);
    await run();
    expect(server.pages).toEqual([]);
  });

  test("skips, and asks nothing on a server", async () => {
    const { page } = own;
    const { server, run } = await serve(5);
    await page.render(<List of="skip" />);
    await run();
    await act(async () => loadMore(2));
    expect([page.text, server.pages]).toEqual(["LoadingFirstPage", []]);
    expect(renderToString(page.within(<List of="a" />))).toContain("LoadingFirstPage");
    await run();
    expect(server.pages).toEqual([]);
  });

  test("throws an error into the boundary, and asks again when the boundary tries again", async () => {
    silenceConsole();
    const { page } = own;
    const { server, run } = await serve(5);
    await page.render(<Boundary><List of="a" /></Boundary>);
    await run();
    await page.advance(1);
    server.failure = "forbidden";
    await run();
    expect(page.text).toBe("forbidden: forbidden");
    server.failure = undefined;
    await page.press();
    expect(page.text).toBe("LoadingFirstPage");
    await run();
    expect(page.text).toBe("0 1 CanLoadMore");
  });

  test("cursors that the server does not know any more never reach the boundary", async () => {
    const { page } = own;
    const { server, run } = await serve(5);
    await page.render(<Boundary><List of="a" /></Boundary>);
    await run();
    server.key++;
    await run();
    expect(page.text).toBe("0 1 CanLoadMore");
  });
});
