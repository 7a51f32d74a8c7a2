// @vitest-environment happy-dom
/** `useMutation` with an optimistic update; `optimistic.test.ts` has what that is. */

import { act, type ReactNode } from "react";
import { describe, expect, test } from "vitest";
import type { Id } from "../src/index.js";
import { useMutation, useQuery } from "../src/react/index.js";
import { api } from "./api.js";
import { eachPage, result } from "./react-page.js";

const own = eachPage();
const projectId = "projects_a" as Id<"projects">;
const args = { projectId };
const task = (text: string) => ({ _id: `tasks_${text}` as Id<"tasks">, _creationTime: 0, projectId, text, isCompleted: false });

let create: (args: { projectId: Id<"projects">; text: string }) => Promise<Id<"tasks">>;

function Tasks({ mark }: { mark: string }): ReactNode {
  const tasks = useQuery(api.tasks.list, args);
  create = useMutation(api.tasks.create, {
    optimisticUpdate: (store, { text }) => store.update(api.tasks.list, args, (shown) => [...shown, task(text + mark)]),
  });
  return tasks?.map(({ text }) => text).join(" ");
}

describe("useMutation", () => {
  test("shows what the newest options guess, at once, until the server has said it", async () => {
    const { page } = own;
    await page.connect();
    await page.render(<Tasks mark="?" />);
    await page.transition(1, [result(1, [task("a")])]);
    const first = create;
    await page.render(<Tasks mark="!" />);
    expect(create).toBe(first);
    let created: Promise<unknown> = Promise.resolve();
    await act(async () => void (created = create({ projectId, text: "b" })));
    expect(page.text).toBe("a b!");
    const answers = [{ requestId: 1, status: "success", value: "tasks_b" }];
    await act(async () => page.world.socket.transition(2, { answers, queries: [result(1, [task("a"), task("b")])] }));
    expect([page.text, await created]).toEqual(["a b", "tasks_b"]);
  });

  test("takes it back when the mutation fails", async () => {
    const { page } = own;
    await page.connect();
    await page.render(<Tasks mark="?" />);
    await page.transition(1, [result(1, [task("a")])]);
    let created: Promise<unknown> = Promise.resolve();
    await act(async () => void (created = create({ projectId, text: "b" })));
    expect(page.text).toBe("a b?");
    const refused = expect(created).rejects.toMatchObject({ code: "too_long" });
    const answers = [{ requestId: 1, status: "error", errorCode: "too_long", errorMessage: "too long" }];
    await act(async () => page.world.socket.transition(1, { answers }));
    await refused;
    expect(page.text).toBe("a");
  });
});
