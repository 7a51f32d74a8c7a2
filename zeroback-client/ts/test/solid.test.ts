// @vitest-environment happy-dom
/** `createQuery`, drawn by Solid, against a server in virtual time. */

import { createComponent, createSignal, ErrorBoundary, For, type JSX, onCleanup, startTransition, Suspense } from "solid-js";
import { describe, expect, test } from "vitest";
import type { ArgsOf, Id } from "../src/index.js";
import { createMutation, createQuery, type MaybeAccessor } from "../src/solid/index.js";
import { api } from "./api.js";
import { eachPage, failure, result, text, within } from "./solid-page.js";
import { settle } from "./world.js";

const own = eachPage();
const a = "projects_a" as Id<"projects">;
const b = "projects_b" as Id<"projects">;
const task = (of: string) => ({ _id: `tasks_${of}`, text: of });
const texts = (tasks: ReadonlyArray<{ text: string }> | undefined): string => tasks?.map((of) => of.text).join(" ") ?? "none";

function tasksOf(args: MaybeAccessor<ArgsOf<typeof api.tasks.list> | "skip">): () => JSX.Element {
  return () => {
    const tasks = createQuery(api.tasks.list, args);
    return text(() => texts(tasks()));
  };
}

describe("createQuery", () => {
  test("suspends until the first result, then shows it and each new one; it is asked once", async () => {
    const { page } = own;
    page.draw(() => [within(tasksOf({ projectId: a })), within(tasksOf({ projectId: a }))]);
    expect(page.text).toBe("waitingwaiting");
    expect(await page.asked()).toBe("+1");
    await page.transition(1, [result(1, [task("one")])]);
    expect(page.text).toBe("oneone");
    await page.transition(2, [result(1, [task("one"), task("two")])]);
    expect(page.text).toBe("one twoone two");
    page.dispose();
    await page.world.advance(1_000);
    expect(await page.asked()).toBe("-1");
  });

  test("the fallback goes when there is something to show", async () => {
    const { page } = own;
    const drawn: string[] = [];
    const beforeGone: Array<string | undefined> = [];
    page.draw(() =>
      createComponent(Suspense, {
        get fallback() {
          onCleanup(() => beforeGone.push(drawn.at(-1)));
          return "waiting";
        },
        get children() {
          const tasks = createQuery(api.tasks.list, { projectId: a });
          return text(() => {
            drawn.push(texts(tasks()));
            return drawn.at(-1);
          });
        },
      }),
    );
    await settle();
    await page.transition(1, [result(1, [task("one")])]);
    expect([page.text, beforeGone]).toEqual(["one", ["one"]]);
  });

  test("is undefined until the first result without a boundary", async () => {
    const { page } = own;
    page.draw(tasksOf({ projectId: a }));
    expect(page.text).toBe("none");
    await settle();
    await page.transition(1, [result(1, [task("one")])]);
    expect(page.text).toBe("one");
  });

  test("follows its arguments, and equal ones change nothing", async () => {
    const { page } = own;
    const [of, choose] = createSignal({ projectId: a });
    const shown: string[] = [];
    page.draw(() => {
      const tasks = createQuery(api.tasks.list, of);
      return text(() => {
        shown.push(texts(tasks()));
        return shown.at(-1);
      });
    });
    await settle();
    await page.transition(1, [result(1, [task("a")])]);
    choose({ projectId: a });
    expect([await page.asked(), page.text]).toEqual(["+1", "a"]);
    choose({ projectId: b });
    expect([await page.asked(), page.text]).toEqual(["+2", "none"]);
    await page.transition(2, [result(1, [task("a!")]), result(2, [task("b")])]);
    expect(page.text).toBe("b");
    // Never the result of others.
    expect(shown).toEqual(["none", "a", "none", "b"]);
  });

  test("in a transition of Solid's what is there stays until the other has come", async () => {
    const { page } = own;
    const [of, choose] = createSignal({ projectId: a });
    page.draw(() => within(tasksOf(of)));
    await settle();
    await page.transition(1, [result(1, [task("a")])]);
    void startTransition(() => choose({ projectId: b }));
    await settle();
    expect(page.text).toBe("a");
    await page.transition(2, [result(2, [task("b")])]);
    await settle();
    expect(page.text).toBe("b");
    expect(await page.asked()).toBe("+1 +2");
  });

  test("skips, suspending nothing", async () => {
    const { page } = own;
    const [of, choose] = createSignal<{ projectId: typeof a } | "skip">("skip");
    page.draw(() => within(tasksOf(of)));
    expect([page.text, await page.asked()]).toEqual(["none", ""]);
    choose({ projectId: a });
    expect([page.text, await page.asked()]).toEqual(["waiting", "+1"]);
    await page.transition(1, [result(1, [task("a")])]);
    expect(page.text).toBe("a");
    choose("skip");
    expect(page.text).toBe("none");
  });

  test("throws an error into the boundary, and asks again when the boundary tries again", async () => {
    const { page } = own;
    let reset = (): void => {};
    const fallback = (error: { code: string }, again: () => void) => {
      reset = again;
      return error.code;
    };
    page.draw(() =>
      createComponent(ErrorBoundary, {
        fallback,
        get children() {
          return within(tasksOf({ projectId: a }));
        },
      }),
    );
    await settle();
    await page.transition(1, [failure(1)]);
    expect(page.text).toBe("forbidden");
    await page.asked();
    reset();
    expect([page.text, await page.asked()]).toEqual(["waiting", "+2"]);
    await page.transition(2, [result(2, [task("mine")])]);
    expect(page.text).toBe("mine");
  });

  test("draws only the rows that have changed", async () => {
    const { page } = own;
    const rows: string[] = [];
    page.draw(() => {
      const tasks = createQuery(api.tasks.list, { projectId: a });
      return createComponent(For, {
        get each() {
          return tasks();
        },
        children: (of: { text: string }) => {
          rows.push(of.text);
          return of.text;
        },
      } as Parameters<typeof For>[0]);
    });
    await settle();
    await page.transition(1, [{ ...result(1, [task("a"), task("b")]), tag: "t1" }]);
    rows.length = 0;
    await page.transition(2, [{ queryId: 1, base: "t1", tag: "t2", deltas: [{ list: [[1, "tasks_b", { set: { text: "B" } }]] }] }]);
    expect([page.text, rows]).toEqual(["aB", ["B"]]);
  });

  test("shows the results of one transition at once, before its mutation resolves", async () => {
    const { page } = own;
    const seen: string[] = [];
    let create: ((args: { projectId: typeof a; text: string }) => Promise<unknown>) | undefined;
    page.draw(() => {
      const names = createQuery(api.projects.names);
      const count = createQuery(api.projects.count);
      create = createMutation(api.tasks.create);
      return text(() => {
        seen.push(`${names()?.length} ${count()}`);
        return seen.at(-1);
      });
    });
    await settle();
    await page.transition(1, [result(1, ["p"]), result(2, 1)]);
    const shown = create?.({ projectId: a, text: "x" }).then(() => page.text);
    await settle();
    const answers = [{ requestId: 1, status: "success", value: "tasks_1" }];
    page.world.socket.transition(2, { answers, queries: [result(1, ["p", "q"]), result(2, 2)] });
    expect(await shown).toBe("2 2");
    expect([...new Set(seen)]).toEqual(["undefined undefined", "1 1", "2 2"]);
  });
});
