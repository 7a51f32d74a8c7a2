/** Live queries: what is asked, and how results are shown. */

import { describe, expect, test, vi } from "vitest";
import type { Id } from "../src/index.js";
import { api } from "./api.js";
import { settle, World } from "./world.js";

const projectId = "projects_1" as Id<"projects">;
const list = (queryId: number, value: unknown) => ({ queryId, status: "success", value });

function connected() {
  const world = new World();
  const client = world.client();
  world.socket.accept();
  return { world, client, socket: world.socket };
}

describe("asking", () => {
  test("what is asked before the socket opens is sent once", async () => {
    const world = new World();
    const client = world.client();
    client.onUpdate(api.tasks.list, { projectId }, () => {});
    await settle();
    world.socket.accept();
    await settle();
    expect(world.socket.sent.map((text) => JSON.parse(text) as object)).toEqual([
      { type: "connect", protocol: 1 },
      { type: "querySet", set: 1, add: [{ queryId: 1, path: "tasks:list", args: { projectId } }] },
    ]);
  });

  test("equal queries are asked once, however many listen and in whatever order their arguments stand", async () => {
    const { client, socket } = connected();
    const seen: unknown[] = [];
    client.onUpdate(api.tasks.list, { projectId, limit: 2 }, (value) => seen.push(["a", value]));
    client.onUpdate(api.tasks.list, { limit: 2, projectId }, (value) => seen.push(["b", value]));
    await settle();
    expect(socket.received()).toEqual([
      { type: "querySet", add: [{ queryId: 1, path: "tasks:list", args: { limit: 2, projectId } }] },
    ]);
    socket.transition(1, { queries: [list(1, [])] });
    expect(seen).toEqual([["a", []], ["b", []]]);
  });

  test("all that is asked in one go is one message", async () => {
    const { client, socket } = connected();
    client.onUpdate(api.tasks.list, { projectId }, () => {});
    client.onUpdate(api.projects.list, {}, () => {});
    await settle();
    expect(socket.received()).toEqual([
      {
        type: "querySet",
        add: [
          { queryId: 1, path: "tasks:list", args: { projectId } },
          { queryId: 2, path: "projects:list", args: {} },
        ],
      },
    ]);
  });

  test("a listener that leaves and comes back within the linger costs nothing and has its result", async () => {
    const { client, socket, world } = connected();
    const stop = client.onUpdate(api.projects.list, {}, () => {});
    await settle();
    socket.received();
    socket.transition(1, { queries: [list(1, ["x"])] });
    stop();
    stop();
    await world.advance(999);
    const onValue = vi.fn();
    client.onUpdate(api.projects.list, {}, onValue);
    expect(onValue).not.toHaveBeenCalled();
    await world.advance(10_000);
    expect(onValue.mock.calls).toEqual([[["x"]]]);
    expect(socket.received()).toEqual([]);
  });

  test("a query nobody listens to is taken back, and its id is never used again", async () => {
    const { client, socket, world } = connected();
    const stop = client.onUpdate(api.projects.list, {}, () => {});
    await settle();
    stop();
    await world.advance(1_000);
    client.onUpdate(api.projects.list, {}, () => {});
    await settle();
    expect(socket.received()).toEqual([
      { type: "querySet", add: [{ queryId: 1, path: "projects:list", args: {} }] },
      { type: "querySet", remove: [1] },
      { type: "querySet", add: [{ queryId: 2, path: "projects:list", args: {} }] },
    ]);
  });

  test("a query that ends before it was sent is never sent", async () => {
    const world = new World();
    const client = world.client({ lingerMs: 0 });
    client.onUpdate(api.projects.list, {}, () => {})();
    await world.advance(1);
    world.socket.accept();
    await settle();
    expect(world.socket.received()).toEqual([]);
  });

  test("a result that was on its way when its query ended is let pass", async () => {
    const { client, socket, world } = connected();
    const onValue = vi.fn();
    const stop = client.onUpdate(api.projects.list, {}, onValue);
    await settle();
    stop();
    await world.advance(1_000);
    socket.transition(1, { queries: [list(1, [])] });
    expect(onValue).not.toHaveBeenCalled();
    expect(world.warnings).toEqual([]);
  });

  test("arguments that JSON cannot say are refused where the call stands", () => {
    const { client } = connected();
    expect(() => client.onUpdate(api.tasks.list, { projectId, limit: NaN }, () => {})).toThrow(
      expect.objectContaining({ code: "bad_args" }),
    );
  });

  test("arguments may be changed after the call", async () => {
    const { client, socket } = connected();
    const args = { projectId, limit: 1 };
    client.onUpdate(api.tasks.list, args, () => {});
    args.limit = 2;
    await settle();
    expect(socket.received()).toMatchObject([{ add: [{ args: { limit: 1 } }] }]);
  });

  test("queries too large for one message go out in several, and one that is too large by itself fails", async () => {
    const world = new World();
    const client = world.client();
    world.socket.accept({ messageBytesMax: 200 });
    const ids = Array.from({ length: 5 }, (_, index) => `projects_${index}` as Id<"projects">);
    for (const id of ids) client.onUpdate(api.tasks.list, { projectId: id }, () => {});
    const onError = vi.fn();
    client.onUpdate(api.tasks.list, { projectId: "é".repeat(100) as Id<"projects"> }, () => {}, onError);
    await settle();
    const sent = world.socket.sent.filter((text) => text.includes("querySet"));
    expect(Math.max(...sent.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(200);
    expect(world.socket.received().flatMap(({ add }) => add)).toMatchObject(ids.map((id) => ({ args: { projectId: id } })));
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "message_too_large" }));
  });

  test("a query that fits only without the end of another goes out after it", async () => {
    const world = new World();
    const client = world.client();
    const { socket } = world;
    socket.accept({ messageBytesMax: 90 });
    const stop = client.onUpdate(api.projects.list, {}, () => {}, () => {});
    await settle();
    socket.transition(1, { queries: [{ queryId: 1, status: "error", errorCode: "internal", errorMessage: "oh" }] });
    socket.received();
    stop();
    client.onUpdate(api.projects.list, {}, () => {});
    await settle();
    expect(socket.received()).toEqual([
      { type: "querySet", remove: [1] },
      { type: "querySet", add: [{ queryId: 2, path: "projects:list", args: {} }] },
    ]);
    expect(world.warnings).toEqual([]);
  });
});

describe("showing", () => {
  test("all results of a transition are in place before the first listener is called", async () => {
    const { client, socket } = connected();
    const projects = client.watch(api.projects.list);
    const tasks = client.watch(api.tasks.list, { projectId });
    const seen: unknown[] = [];
    const look = () => seen.push([projects.state(), tasks.state()].map((state) => state.status === "success" && state.value));
    projects.subscribe(look);
    tasks.subscribe(look);
    await settle();
    socket.transition(1, { queries: [list(1, ["p1"]), list(2, ["t1"])] });
    socket.transition(2, { queries: [list(2, ["t2"]), list(1, ["p2"])] });
    expect(seen).toEqual([
      [["p1"], ["t1"]],
      [["p1"], ["t1"]],
      [["p2"], ["t2"]],
      [["p2"], ["t2"]],
    ]);
  });

  test("a listener hears only of its own query", async () => {
    const { client, socket } = connected();
    const onProjects = vi.fn();
    client.onUpdate(api.projects.list, {}, onProjects);
    client.onUpdate(api.tasks.list, { projectId }, () => {});
    await settle();
    socket.transition(1, { queries: [list(1, []), list(2, [])] });
    socket.transition(2, { queries: [list(2, ["t"])] });
    socket.transition(3);
    expect(onProjects).toHaveBeenCalledTimes(1);
  });

  test("a state is the same object until it changes", async () => {
    const { client, socket } = connected();
    const watch = client.watch(api.projects.list);
    const onChange = vi.fn();
    watch.subscribe(onChange);
    await settle();
    expect(watch.state()).toBe(client.watch(api.projects.list).state());
    socket.transition(1, { queries: [list(1, [])] });
    const state = watch.state();
    socket.transition(2);
    expect(watch.state()).toBe(state);
    expect(client.watch(api.projects.list, {}).state()).toBe(state);
    expect(onChange).toHaveBeenCalledTimes(1);
  });

  test("an error of a query reaches onError with code, message and data, and the query stays live", async () => {
    const { client, socket } = connected();
    const seen: unknown[] = [];
    client.onUpdate(api.projects.list, {}, (value) => seen.push(value), ({ code, message, data, requestId }) => {
      seen.push({ code, message, data, requestId });
    });
    await settle();
    const error = { errorCode: "forbidden", errorMessage: "not yours", errorData: { owner: "ann" } };
    socket.transition(1, { queries: [{ queryId: 1, status: "error", ...error }] });
    socket.transition(2, { queries: [list(1, ["mine now"])] });
    socket.transition(3, { queries: [{ queryId: 1, status: "error", ...error }] });
    const failure = { code: "forbidden", message: "not yours", data: { owner: "ann" }, requestId: undefined };
    expect(seen).toEqual([failure, ["mine now"], failure]);
  });

  test("an error without onError is told, not swallowed", async () => {
    const { client, socket, world } = connected();
    client.onUpdate(api.projects.list, {}, () => {});
    await settle();
    socket.transition(1, { queries: [{ queryId: 1, status: "error", errorCode: "internal", errorMessage: "oh" }] });
    expect(world.warnings).toEqual([expect.stringMatching(/projects:list.*oh/)]);
  });

  test("a query that failed is asked anew by the next listener", async () => {
    const { client, socket } = connected();
    const stop = client.onUpdate(api.projects.list, {}, () => {}, () => {});
    await settle();
    socket.transition(1, { queries: [{ queryId: 1, status: "error", errorCode: "internal", errorMessage: "oh" }] });
    stop();
    socket.received();
    const onError = vi.fn();
    client.onUpdate(api.projects.list, {}, () => {}, onError);
    await settle();
    expect(socket.received()).toEqual([
      { type: "querySet", add: [{ queryId: 2, path: "projects:list", args: {} }], remove: [1] },
    ]);
    expect(onError).not.toHaveBeenCalled();
  });

  test("a listener that throws keeps no other from being called", async () => {
    const { client, socket, world } = connected();
    const onValue = vi.fn();
    client.onUpdate(api.projects.list, {}, () => {
      throw new Error("a bug");
    });
    client.onUpdate(api.projects.list, {}, onValue);
    const created = client.mutation(api.tasks.create, { projectId, text: "x" });
    await settle();
    socket.transition(1, { queries: [list(1, [])], answers: [{ requestId: 1, status: "success", value: "tasks_1" }] });
    expect(onValue).toHaveBeenCalledTimes(1);
    await expect(created).resolves.toBe("tasks_1");
    expect(world.warnings).toEqual([expect.stringContaining("a bug")]);
    expect(client.connectionState).toBe("connected");
  });

  test("a listener may stop itself and others while it is called", async () => {
    const { client, socket } = connected();
    const later = vi.fn();
    const stopFirst = client.onUpdate(api.projects.list, {}, () => {
      stopFirst();
      stopLater();
    });
    const stopLater = client.onUpdate(api.projects.list, {}, later);
    await settle();
    socket.transition(1, { queries: [list(1, [])] });
    socket.transition(2, { queries: [list(1, [1])] });
    expect(later).not.toHaveBeenCalled();
  });

  test("a listener that comes late has the present result, once", async () => {
    const { client, socket } = connected();
    client.onUpdate(api.projects.list, {}, () => {});
    await settle();
    socket.transition(1, { queries: [list(1, ["a"])] });
    const onValue = vi.fn();
    client.onUpdate(api.projects.list, {}, onValue);
    socket.transition(2, { queries: [list(1, ["b"])] });
    await settle();
    expect(onValue.mock.calls).toEqual([[["b"]]]);
  });

  test("null is a result", async () => {
    const { client, socket } = connected();
    const onValue = vi.fn();
    client.onUpdate(api.projects.list, {}, onValue);
    await settle();
    socket.transition(1, { queries: [list(1, null)] });
    expect(onValue.mock.calls).toEqual([[null]]);
  });
});
