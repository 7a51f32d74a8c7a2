// @vitest-environment happy-dom
/** The hooks, under StrictMode, against a server in virtual time. */

import { act, memo, type ReactNode, StrictMode, Suspense, useEffect, useState, version } from "react";
import { createRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Id, ZerobackClient } from "../src/index.js";
import { useConnectionDetails, useConnectionState, useMutation, useQuery, useZerobackClient, ZerobackProvider } from "../src/react/index.js";
import { api } from "./api.js";
import { Boundary, failure, result } from "./react-page.js";
import { World } from "./world.js";

const projectA = "projects_a" as Id<"projects">;
const projectB = "projects_b" as Id<"projects">;
const task = (text: string) => ({ _id: `tasks_${text}`, text });

let world: World;
let client: ZerobackClient;
let root: Root;
let element: HTMLElement;

beforeEach(() => {
  world = new World();
  client = world.client();
  element = document.createElement("div");
  root = createRoot(element);
});

afterEach(async () => {
  await act(async () => root.unmount());
  client.close();
});

async function render(node: ReactNode): Promise<void> {
  await act(async () => {
    root.render(
      <StrictMode>
        <ZerobackProvider client={client}>{node}</ZerobackProvider>
      </StrictMode>,
    );
  });
}

async function transition(version: number, queries: object[]): Promise<void> {
  await act(async () => world.socket.transition(version, { queries }));
}

function Tasks({ of }: { of: Id<"projects"> | "skip" }): ReactNode {
  const tasks = useQuery(api.tasks.list, of === "skip" ? "skip" : { projectId: of });
  return <p>{tasks === undefined ? "loading" : tasks.map(({ text }) => text).join(" ")}</p>;
}

describe(`useQuery (React ${version})`, () => {
  test("is undefined at first, then the result, then each new one", async () => {
    await render(<Tasks of={projectA} />);
    expect(element.textContent).toBe("loading");
    await act(async () => world.socket.accept());
    await transition(1, [result(1, [task("one")])]);
    expect(element.textContent).toBe("one");
    await transition(2, [result(1, [task("one"), task("two")])]);
    expect(element.textContent).toBe("one two");
  });

  test("renders again what has changed: a row of a memoized list, and nothing when a connection is resumed", async () => {
    const rendered: string[] = [];
    const Row = memo(({ of }: { of: { _id: string; text: string } }) => {
      rendered.push(of.text);
      return <i>{of.text}</i>;
    });
    function Rows(): ReactNode {
      const tasks = useQuery(api.tasks.list, { projectId: projectA });
      rendered.push("list");
      return tasks?.map((of) => <Row key={of._id} of={of} />);
    }
    await act(async () => world.socket.accept());
    await render(<Rows />);
    await transition(1, [{ ...result(1, [task("a"), task("b")]), tag: "t1" }]);
    rendered.length = 0;
    await transition(2, [{ queryId: 1, base: "t1", tag: "t2", deltas: [{ list: [[1, "tasks_b", { set: { text: "B" } }]] }] }]);
    expect([element.textContent, new Set(rendered)]).toEqual(["aB", new Set(["list", "B"])]);
    rendered.length = 0;
    await act(async () => {
      world.socket.drop();
      world.wake();
      world.socket.accept();
    });
    await transition(2, []);
    expect([element.textContent, rendered]).toEqual(["aB", []]);
  });

  test("is asked once, StrictMode or not, however many components use it", async () => {
    await render([<Tasks key="1" of={projectA} />, <Tasks key="2" of={projectA} />]);
    await act(async () => world.socket.accept());
    await act(() => world.advance(5_000));
    expect(world.socket.received()).toEqual([
      { type: "querySet", add: [{ queryId: 1, path: "tasks:list", args: { projectId: projectA } }] },
    ]);
  });

  test("follows its arguments, never showing the result of others", async () => {
    await act(async () => world.socket.accept());
    await render(<Tasks of={projectA} />);
    await transition(1, [result(1, [task("a")])]);
    await render(<Tasks of={projectB} />);
    expect(element.textContent).toBe("loading");
    await transition(2, [result(2, [task("b")])]);
    expect(element.textContent).toBe("b");
    // Within the linger the way back costs nothing.
    await render(<Tasks of={projectA} />);
    expect(element.textContent).toBe("a");
    await act(() => world.advance(1_000));
    expect(world.socket.received().map(({ add, remove }) => ({ add: (add as object[])?.length, remove }))).toEqual([
      { add: 1, remove: undefined },
      { add: 1, remove: undefined },
      { add: undefined, remove: [2] },
    ]);
  });

  test("skips", async () => {
    await act(async () => world.socket.accept());
    await render(<Tasks of="skip" />);
    expect([element.textContent, world.socket.received()]).toEqual(["loading", []]);
    await render(<Tasks of={projectA} />);
    await transition(1, [result(1, [task("a")])]);
    expect(element.textContent).toBe("a");
    await render(<Tasks of="skip" />);
    expect(element.textContent).toBe("loading");
  });

  test("gives the same value at every render until it changes, and no render without a change", async () => {
    await act(async () => world.socket.accept());
    const values: unknown[] = [];
    let renders = 0;
    let rerender = (_: number): void => {};
    function Probe(): ReactNode {
      [, rerender] = useState(0);
      values.push(useQuery(api.projects.list));
      renders++;
      return null;
    }
    await render(<Probe />);
    await transition(1, [result(1, ["p"])]);
    const [first] = values.slice(-1);
    const before = renders;
    const { timersSet } = world;
    await transition(2, []);
    expect(renders).toBe(before);
    await act(async () => rerender(1));
    expect(renders).toBeGreaterThan(before);
    expect(values.at(-1)).toBe(first);
    expect(world.socket.received()).toHaveLength(1);
    // Nor was the query let go and taken up again.
    expect(world.timersSet).toBe(timersSet);
  });

  test("shows the results of one transition in one render", async () => {
    await act(async () => world.socket.accept());
    const seen: unknown[] = [];
    function Both(): ReactNode {
      seen.push([useQuery(api.projects.list), useQuery(api.projects.count)]);
      return null;
    }
    await render(<Both />);
    await transition(1, [result(1, ["p"]), result(2, 1)]);
    await transition(2, [result(1, ["p", "q"]), result(2, 2)]);
    const distinct = seen.filter((value, index) => JSON.stringify(value) !== JSON.stringify(seen[index - 1]));
    expect(distinct).toEqual([[undefined, undefined], [["p"], 1], [["p", "q"], 2]]);
  });

  test("throws an error into the boundary, and asks again when the boundary tries again", async () => {
    const consoleError = vi.spyOn(console, "error").mockImplementation(() => {});
    await act(async () => world.socket.accept());
    await render(
      <Boundary>
        <Tasks of={projectA} />
      </Boundary>,
    );
    await transition(1, [failure(1, "not yours")]);
    expect(element.textContent).toBe("forbidden: not yours");
    world.socket.received();
    await act(async () => element.querySelector("button")?.click());
    expect(element.textContent).toBe("loading");
    expect(world.socket.received()).toMatchObject([{ add: [{ queryId: 2 }] }]);
    await transition(2, [result(2, [task("mine")])]);
    expect(element.textContent).toBe("mine");
    consoleError.mockRestore();
  });

  test("unmounting takes the query back after a while", async () => {
    await act(async () => world.socket.accept());
    await render(<Tasks of={projectA} />);
    await render(null);
    await act(() => world.advance(1_000));
    expect(world.socket.received()).toMatchObject([{ add: [{ queryId: 1 }] }, { remove: [1] }]);
  });

  test("moves to another client with the provider", async () => {
    await act(async () => world.socket.accept());
    await render(<Tasks of={projectA} />);
    await transition(1, [result(1, [task("a")])]);
    const elsewhere = new World();
    client.close();
    client = elsewhere.client();
    await render(<Tasks of={projectA} />);
    expect(element.textContent).toBe("loading");
    await act(async () => elsewhere.socket.accept());
    await act(async () => elsewhere.socket.transition(1, { queries: [result(1, [task("b")])] }));
    expect(element.textContent).toBe("b");
  });

  test("is undefined while the server renders, where nothing is asked", () => {
    const html = renderToString(
      <ZerobackProvider client={client}>
        <Suspense fallback="suspended">
          <Tasks of={projectA} />
        </Suspense>
      </ZerobackProvider>,
    );
    expect(html).toContain("loading");
    expect(world.socket.received()).toEqual([]);
  });
});

describe("the other hooks", () => {
  test("useMutation gives the same function at every render, which calls the mutation", async () => {
    await act(async () => world.socket.accept());
    const functions = new Set<unknown>();
    let create: ((args: { projectId: Id<"projects">; text: string }) => Promise<Id<"tasks">>) | undefined;
    function Probe(_: { turn: number }): ReactNode {
      const mutate = useMutation(api.tasks.create);
      create = mutate;
      // What is drawn counts: under StrictMode React 18 draws first with values that it throws away.
      useEffect(() => void functions.add(mutate));
      return null;
    }
    await render(<Probe turn={1} />);
    await render(<Probe turn={2} />);
    expect(functions.size).toBe(1);
    const created = create?.({ projectId: projectA, text: "x" });
    await act(async () => {});
    expect(world.socket.received()).toEqual([
      { type: "mutation", requestId: 1, path: "tasks:create", args: { projectId: projectA, text: "x" } },
    ]);
    world.socket.transition(1, { answers: [{ requestId: 1, status: "success", value: "tasks_1" }] });
    await expect(created).resolves.toBe("tasks_1");
  });

  test("after a mutation has resolved the page shows it", async () => {
    await act(async () => world.socket.accept());
    await render(<Tasks of={projectA} />);
    let shown: string | null = null;
    const done = client.mutation(api.tasks.create, { projectId: projectA, text: "x" }).then(() => {
      shown = element.textContent;
    });
    await act(async () => {});
    await act(async () => {
      world.socket.transition(1, {
        answers: [{ requestId: 1, status: "success", value: "tasks_x" }],
        queries: [result(1, [task("x")])],
      });
      await done;
    });
    expect(element.textContent).toBe("x");
    expect(shown).not.toBeNull();
  });

  test("useConnectionState follows the connection", async () => {
    function Light(): ReactNode {
      return useConnectionState();
    }
    await render(<Light />);
    expect(element.textContent).toBe("connecting");
    await act(async () => world.socket.accept());
    expect(element.textContent).toBe("connected");
    await act(async () => world.socket.drop());
    expect(element.textContent).toBe("disconnected");
    await act(() => world.advance(500));
    expect(element.textContent).toBe("connecting");
  });

  test("useConnectionDetails follows what waits, and the next attempt", async () => {
    function Waiting(): ReactNode {
      const { state, hasEverConnected, inflightMutations, nextRetryAt } = useConnectionDetails();
      return [state, hasEverConnected, inflightMutations, nextRetryAt === undefined ? "now" : nextRetryAt - world.now()].join(" ");
    }
    await render(<Waiting />);
    expect(element.textContent).toBe("connecting false 0 now");
    await act(async () => world.socket.accept());
    expect(element.textContent).toBe("connected true 0 now");
    await act(async () => world.socket.drop());
    expect(element.textContent).toBe("disconnected true 0 500");
    await act(async () => {
      for (const name of ["a", "b"]) client.mutation(api.projects.rename, { name }).catch(() => {});
    });
    expect(element.textContent).toBe("disconnected true 2 500");
    await act(async () => {
      await world.advance(500);
      world.socket.accept();
    });
    expect(element.textContent).toBe("connected true 2 now");
    await act(async () => {
      const answers = [1, 2].map((requestId) => ({ requestId, status: "success", value: null }));
      world.socket.transition(1, { answers });
    });
    expect(element.textContent).toBe("connected true 0 now");
  });

  test("useZerobackClient gives the client, and says what is missing without one", () => {
    let found: ZerobackClient | undefined;
    function Probe(): ReactNode {
      found = useZerobackClient();
      return null;
    }
    renderToString(
      <ZerobackProvider client={client}>
        <Probe />
      </ZerobackProvider>,
    );
    expect(found).toBe(client);
    expect(() => renderToString(<Probe />)).toThrow(/ZerobackProvider/);
  });
});
