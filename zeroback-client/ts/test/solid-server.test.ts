/** The Solid primitives where a server renders. */

import { createComponent, type JSX } from "solid-js";
import { isServer, renderToString, renderToStringAsync } from "solid-js/web";
import { expect, test } from "vitest";
import { functionReference } from "../src/index.js";
import type { Page, PageOpts } from "../src/pages.js";
import {
  createConnectionState,
  createPaginatedQuery,
  createPreloadedQuery,
  createQuery,
  createQueryWithStatus,
  ZerobackProvider,
} from "../src/solid/index.js";
import { api } from "./api.js";
import { settle, World } from "./world.js";

const rows = functionReference<"query", { page: PageOpts }, Page<string>>("rows:list");

const ways = { renderToString, renderToStringAsync };

test.each(Object.entries(ways))("a server renders what was preloaded, and asks nothing (%s)", async (_, toString) => {
  expect(isServer).toBe(true);
  const world = new World();
  const client = world.client();
  world.socket.accept();
  function Everything(): JSX.Element {
    const names = createQuery(api.projects.names);
    const state = createQueryWithStatus(api.projects.names);
    const pages = createPaginatedQuery(rows, {}, { initialNumItems: 2 });
    const before = createPreloadedQuery<typeof api.projects.names>({ path: "projects:names", args: {}, value: ["a", "b"] });
    const connection = createConnectionState();
    return [String(names()), state().status, pages.status, before().join("+"), connection()].join(" ");
  }
  const html = await toString(() =>
    createComponent(ZerobackProvider, {
      client,
      get children() {
        return createComponent(Everything, {});
      },
    }),
  );
  expect(html).toBe("undefined loading LoadingFirstPage a+b connecting");
  await settle();
  expect(world.socket.received()).toEqual([]);
  client.close();
});
