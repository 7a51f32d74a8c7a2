// @vitest-environment happy-dom
/** `preloadQuery` and `usePreloadedQuery`: from a server's page to a live one. */

import type { ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect, test, vi } from "vitest";
import { functionReference, type Id } from "../src/index.js";
import { useConnectionState, usePreloadedQuery, ZerobackProvider } from "../src/react/index.js";
import { type Preloaded, preloadedValue, preloadQuery, serverClient } from "../src/ssr.js";
import { api } from "./api.js";
import { Boundary, eachPage, failure, result, silenceConsole } from "./react-page.js";

const own = eachPage();
type Big = { readonly count: bigint; readonly bytes: Uint8Array };
const stats = functionReference<"query", { from: bigint }, Big>("stats:of");

/** Answers all requests alike, and keeps what was asked. */
function answering(answer: object, tag?: string): { fetch: typeof globalThis.fetch; asked: Array<{ url: string; init: RequestInit }> } {
  const asked: Array<{ url: string; init: RequestInit }> = [];
  const fetch = async (url: string | URL | Request, init: RequestInit = {}) => {
    asked.push({ url: String(url), init });
    return Response.json(answer, tag === undefined ? {} : { headers: { "zeroback-tag": tag } });
  };
  return { fetch: fetch as typeof globalThis.fetch, asked };
}

/** Preloads, and takes the way of what a server writes into its page. */
async function names(value: readonly string[], tag?: string): Promise<Preloaded<typeof api.projects.names>> {
  const { fetch } = answering({ status: "success", value }, tag);
  return JSON.parse(JSON.stringify(await preloadQuery("http://here", api.projects.names, {}, { fetch })));
}

function Names({ of }: { of: Preloaded<typeof api.projects.names> | "skip" }): ReactNode {
  return <p>{usePreloadedQuery(of)?.join(" ") ?? "skipped"}</p>;
}

describe("preloadQuery", () => {
  test("asks once, over HTTP, with the token", async () => {
    const { fetch, asked } = answering({ status: "success", value: [] });
    const args = { projectId: "p" as Id<"projects">, limit: 3 };
    await preloadQuery("https://app.example/ws", api.tasks.list, args, { fetch, token: "secret" });
    expect(asked).toEqual([
      {
        url: "https://app.example/api/query",
        init: {
          method: "POST",
          headers: { "content-type": "application/json", authorization: "Bearer secret" },
          body: `{"path":"tasks:list","args":{"limit":3,"projectId":"p"}}`,
        },
      },
    ]);
  });

  test.each([
    ["ws://host:8788/ws", "http://host:8788/api/query"],
    ["wss://host/ws", "https://host/api/query"],
    ["https://host", "https://host/api/query"],
    ["https://host/", "https://host/api/query"],
    ["https://host/below/ws", "https://host/below/api/query"],
  ])("%s is asked at %s, and nobody is there without a token", async (url, at) => {
    const { fetch, asked } = answering({ status: "success", value: [] });
    await preloadQuery(new URL(url), api.projects.list, {}, { fetch });
    expect(asked.map((of) => of.url)).toEqual([at]);
    expect(asked[0]?.init.headers).toEqual({ "content-type": "application/json" });
  });

  test("bigint and bytes survive the way as JSON, in arguments and results", async () => {
    const { page } = own;
    const value = { count: { $bigint: "9007199254740993" }, bytes: { $bytes: "APv/" } };
    const { fetch } = answering({ status: "success", value });
    const sent = JSON.stringify(await preloadQuery("http://here", stats, { from: 5n }, { fetch }));
    const preloaded = JSON.parse(sent) as Preloaded<typeof stats>;
    expect(preloadedValue(preloaded)).toEqual({ count: 9007199254740993n, bytes: Uint8Array.of(0, 251, 255) });
    expect(JSON.stringify(preloaded)).toBe(sent);
    function Count(): ReactNode {
      return String(usePreloadedQuery(preloaded).count);
    }
    await page.connect();
    await page.render(<Count />);
    expect(page.text).toBe("9007199254740993");
    expect(page.world.socket.received()).toMatchObject([{ add: [{ path: "stats:of", args: { from: { $bigint: "5" } } }] }]);
  });

  test("rejects with the function's error, and with unavailable where there is no answer", async () => {
    const error = { status: "error", errorCode: "forbidden", errorMessage: "not yours", errorRequestId: "r1" };
    const refused = preloadQuery("http://here", api.projects.names, {}, answering(error));
    await expect(refused).rejects.toMatchObject({ code: "forbidden", message: "not yours", requestId: "r1" });
    const fetch = vi.fn().mockRejectedValue(new TypeError("no route"));
    const lost = preloadQuery("http://here", api.projects.names, {}, { fetch });
    await expect(lost).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining("no route") });
  });
});

describe("serverClient", () => {
  test("renders without a WebSocket, a timer or a connection", async () => {
    vi.stubGlobal("WebSocket", undefined);
    vi.useFakeTimers();
    try {
      const preloaded = await names(["a"]);
      const render = () => (
        <ZerobackProvider client={serverClient()}>
          <Names of={preloaded} />
          <State />
        </ZerobackProvider>
      );
      expect(renderToString(render())).toBe("<p>a</p>connecting");
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
      vi.unstubAllGlobals();
    }
  });
});

function State(): ReactNode {
  return useConnectionState();
}

describe("usePreloadedQuery", () => {
  test("renders on a server, hydrates without a mismatch, and goes live without a flash", async () => {
    const { page } = own;
    const preloaded = await names(["a", "b"]);
    const html = renderToString(page.within(<Names of={preloaded} />));
    expect(html).toBe("<p>a b</p>");
    await page.connect();
    expect(page.asked()).toBe("");

    const texts: Array<string | null> = [];
    const observer = new MutationObserver(() => texts.push(page.text));
    observer.observe(page.element, { childList: true, subtree: true, characterData: true });
    page.element.innerHTML = html;
    expect(await page.hydrate(html, <Names of={preloaded} />)).toEqual([]);
    expect([page.text, page.asked()]).toEqual(["a b", "+1"]);
    await page.transition(1, [result(1, ["a", "b"])]);
    await page.transition(2, [result(1, ["a", "b", "c"])]);
    expect(page.text).toBe("a b c");
    expect(new Set(texts)).toEqual(new Set(["a b", "a b c"]));
    observer.disconnect();
  });

  test("says what it has, renders nothing anew where that is still so, and takes what changes as a delta", async () => {
    const { page } = own;
    const preloaded = await names(["a", "b"], "t1");
    await page.connect();
    page.world.socket.received();
    const seen: unknown[] = [];
    function Probe(): ReactNode {
      const value = usePreloadedQuery(preloaded);
      seen.push(value);
      return value.join(" ");
    }
    await page.render(<Probe />);
    expect(page.world.socket.received()).toMatchObject([{ add: [{ queryId: 1, path: "projects:names", tag: "t1" }] }]);
    const { length } = seen;
    await page.transition(1, []);
    expect([page.text, seen.length]).toEqual(["a b", length]);
    await page.transition(2, [{ queryId: 1, base: "t1", tag: "t2", deltas: [{ list: [[2, null, 0, ["c"]]] }] }]);
    expect(page.text).toBe("a b c");
  });

  test("hydrates what the server has rendered also if the live result is there and is another", async () => {
    const { page } = own;
    const preloaded = await names(["old"]);
    const html = renderToString(page.within(<Names of={preloaded} />));
    await page.connect();
    page.client.onUpdate(api.projects.names, {}, () => {});
    await page.advance(1);
    await page.transition(1, [result(1, ["new"])]);
    expect(await page.hydrate(html, <Names of={preloaded} />)).toEqual([]);
    expect([page.text, page.asked()]).toEqual(["new", "+1"]);
  });

  test("gives the same value at every render, and asks once if the same comes as another object", async () => {
    const { page } = own;
    await page.connect();
    const seen = new Set<unknown>();
    function Probe({ of }: { of: Preloaded<typeof api.projects.names> }): ReactNode {
      const value = usePreloadedQuery(of);
      seen.add(value);
      return value.join(" ");
    }
    const preloaded = await names(["a"]);
    await page.render(<Probe of={preloaded} />);
    const { size } = seen;
    await page.render(<Probe of={preloaded} />);
    expect(seen.size).toBe(size);
    await page.render(<Probe of={await names(["a"])} />);
    await page.advance(5_000);
    expect([page.text, page.asked()]).toEqual(["a", "+1"]);
  });

  test("an error of the live query goes into the boundary", async () => {
    silenceConsole();
    const { page } = own;
    await page.connect();
    await page.render(<Boundary><Names of={await names(["a"])} /></Boundary>);
    await page.transition(1, [failure(1, "not yours")]);
    expect(page.text).toBe("forbidden: not yours");
  });

  test("skips", async () => {
    const { page } = own;
    await page.connect();
    await page.render(<Names of="skip" />);
    expect([page.text, page.asked()]).toEqual(["skipped", ""]);
  });
});
