// @vitest-environment happy-dom
/** The other Solid primitives, drawn by Solid, against a server in virtual time. */

import { createComponent, createSignal, ErrorBoundary } from "solid-js";
import { hydrate, render } from "solid-js/web";
import { describe, expect, test } from "vitest";
import { functionReference } from "../src/index.js";
import type { Page, PageOpts } from "../src/pages.js";
import {
  createAction,
  createConnectionDetails,
  createConnectionState,
  createMutation,
  createPaginatedQuery,
  createPreloadedQuery,
  createQuery,
  createQueryWithStatus,
  useZerobackClient,
} from "../src/solid/index.js";
import type { Preloaded } from "../src/ssr.js";
import { api } from "./api.js";
import { PageServer, type Row } from "./page-server.js";
import { eachPage, failure, result, text, within } from "./solid-page.js";
import { settle } from "./world.js";

const own = eachPage();

describe("the other primitives", () => {
  test("createQueryWithStatus tells loading, success and error, and stays live", async () => {
    const { page } = own;
    page.draw(() => {
      const names = createQueryWithStatus(api.projects.names);
      return text(() => {
        const state = names();
        return state.status === "success" ? state.value.join(" ") : state.status;
      });
    });
    expect(page.text).toBe("loading");
    await settle();
    await page.transition(1, [failure(1)]);
    expect(page.text).toBe("error");
    await page.transition(2, [result(1, ["a", "b"])]);
    expect(page.text).toBe("a b");
  });

  test("createPaginatedQuery shows pages, loads more, and begins anew with other arguments", async () => {
    const { page } = own;
    const reference = functionReference<"query", { of: string; page: PageOpts }, Page<Row>>("rows:list");
    const server = new PageServer(page.world);
    server.write(Array.from({ length: 5 }, (_, at) => ({ _id: `row_${at}`, rank: at, text: "" })));
    const [of, choose] = createSignal<{ of: string } | "skip">("skip");
    let pages: ReturnType<typeof createPaginatedQuery<typeof reference>> | undefined;
    page.draw(() => {
      const list = createPaginatedQuery(reference, of, { initialNumItems: 2 });
      pages = list;
      return createComponent(ErrorBoundary, {
        fallback: (error: { code: string }) => error.code,
        get children() {
          return text(() => `${list.results.map((row) => `${row.rank}${row.text}`).join(" ")} ${list.status}`);
        },
      });
    });
    server.accept();
    const run = async () => {
      for (let turn = 0; turn < 6; turn++) {
        await settle();
        while (server.read());
        server.flush();
      }
      await settle();
      return page.text;
    };
    expect([await run(), server.pages]).toEqual([" LoadingFirstPage", []]);
    choose({ of: "a" });
    expect(await run()).toBe("0 1 CanLoadMore");
    pages?.loadMore(2);
    await settle();
    expect([page.text, pages?.isLoading]).toEqual(["0 1 LoadingMore", true]);
    expect(await run()).toBe("0 1 2 3 CanLoadMore");
    server.write(server.rows.map((row) => (row.rank === 1 ? { ...row, text: "!" } : row)));
    choose({ of: "a" });
    expect(await run()).toBe("0 1! 2 3 CanLoadMore");
    choose({ of: "b" });
    expect(await run()).toBe("0 1! CanLoadMore");
    server.failure = "forbidden";
    await page.world.advance(1_000);
    expect(await run()).toBe("forbidden");
    expect(() => pages?.status).toThrow("forbidden");
  });

  test("createPreloadedQuery shows what was preloaded, then what is live", async () => {
    const { page } = own;
    const preloaded: Preloaded<typeof api.projects.names> = { path: "projects:names", args: {}, value: ["a"] };
    page.draw(() => 
      within(() => {
        const names = createPreloadedQuery(preloaded);
        return text(() => names().join(" "));
      }),
    );
    expect([page.text, await page.asked()]).toEqual(["a", "+1"]);
    await page.transition(1, [result(1, ["a", "b"])]);
    expect(page.text).toBe("a b");
  });

  test("createPreloadedQuery says what it has", async () => {
    const { page } = own;
    const [preloaded, preload] = createSignal<Preloaded<typeof api.projects.names>>({
      ...{ path: "projects:names", args: {}, value: ["a"], tag: "t1" },
    });
    await settle();
    page.world.socket.received();
    let draws = 0;
    page.draw(() =>
      within(() => {
        const names = createPreloadedQuery(preloaded);
        return text(() => {
          draws++;
          return names().join(" ");
        });
      }),
    );
    await settle();
    const add = [{ queryId: 1, path: "projects:names", args: {}, tag: "t1" }];
    expect(page.world.socket.received()).toMatchObject([{ type: "querySet", add }]);
    const before = draws;
    await page.transition(1, []);
    expect([page.text, draws]).toEqual(["a", before]);
    // The same question again asks nothing.
    preload({ path: "projects:names", args: {}, value: ["b"], tag: "t2" });
    await page.transition(2, [{ queryId: 1, base: "t1", tag: "t3", deltas: [{ list: [[1, null, 0, ["c"]]] }] }]);
    expect([page.text, page.world.socket.received()]).toEqual(["a c", []]);
  });

  test("a browser takes over what a server has rendered, and then shows what it knows better", async () => {
    const { page } = own;
    page.world.socket.accept();
    page.client.onUpdate(api.projects.names, {}, () => {});
    await settle();
    await page.transition(1, [result(1, ["new"])]);

    const seen: string[] = [];
    const preloaded: Preloaded<typeof api.projects.names> = { path: "projects:names", args: {}, value: ["old"] };
    const Names = () => {
      const [names, state, before] = [
        createQuery(api.projects.names),
        createQueryWithStatus(api.projects.names),
        createPreloadedQuery(preloaded),
      ];
      return text(() => {
        seen.push(`${names()} ${state().status} ${before()}`);
        return seen.at(-1);
      });
    };
    // What Solid's server puts into its pages.
    Object.assign(globalThis, { _$HY: { events: [], completed: new WeakSet(), r: {} } });
    page.element.textContent = "undefined loading old";
    page.dispose = hydrate(() => page.within(Names), page.element);
    expect(seen).toEqual(["undefined loading old"]);
    await settle();
    expect([seen, await page.asked()]).toEqual([["undefined loading old", "new success new"], "+1"]);
  });

  test("createMutation shows what is guessed, until the server has said it", async () => {
    const { page } = own;
    let reset: (() => Promise<null>) | undefined;
    page.draw(() => {
      const names = createQueryWithStatus(api.projects.names);
      reset = createMutation(api.tasks.reset, { optimisticUpdate: (store) => store.set(api.projects.names, {}, []) });
      return text(() => JSON.stringify(names()));
    });
    await settle();
    await page.transition(1, [result(1, ["a"])]);
    const done = reset?.();
    await settle();
    expect(page.text).toBe(JSON.stringify({ status: "success", value: [] }));
    page.world.socket.transition(1, { answers: [{ requestId: 1, status: "success", value: null }] });
    await done;
    expect(page.text).toBe(JSON.stringify({ status: "success", value: ["a"] }));
  });

  test("createAction runs the action", async () => {
    const { page } = own;
    let run: ((args: { url: string }) => Promise<number>) | undefined;
    page.draw(() => {
      run = createAction(api.tasks.import);
      return null;
    });
    const imported = run?.({ url: "there" });
    await settle();
    expect(page.world.socket.received()).toMatchObject([{ type: "action", path: "tasks:import", args: { url: "there" } }]);
    page.world.socket.transition(1, { answers: [{ requestId: 1, status: "success", value: 3 }] });
    expect(await imported).toBe(3);
  });

  test("createConnectionState follows the connection", async () => {
    const { page } = own;
    page.draw(() => {
      return text(createConnectionState());
    });
    expect(page.text).toBe("connected");
    page.world.socket.drop();
    await settle();
    expect(page.text).toBe("disconnected");
    await page.world.advance(500);
    expect(page.text).toBe("connecting");
  });

  test("createConnectionDetails follows what waits", async () => {
    const { page } = own;
    page.draw(() => {
      const details = createConnectionDetails();
      return text(() => `${details().state} ${details().inflightMutations}`);
    });
    expect(page.text).toBe("connected 0");
    const renamed = page.client.mutation(api.projects.rename, { name: "a" });
    await settle();
    expect(page.text).toBe("connected 1");
    page.world.socket.transition(2, { answers: [{ requestId: 1, status: "success", value: null }] });
    await renamed;
    await settle();
    expect(page.text).toBe("connected 0");
  });

  test("useZerobackClient gives the client, and says what is missing without one", () => {
    const { page } = own;
    let found: unknown;
    page.draw(() => {
      found = useZerobackClient();
      return null;
    });
    expect(found).toBe(page.client);
    expect(() => render(() => createComponent(() => (useZerobackClient(), null), {}), page.element)).toThrow(/ZerobackProvider/);
  });
});
