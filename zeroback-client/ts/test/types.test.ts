/** What the compiler must say. Checked by `npm run typecheck`; vitest only sees that the file loads. */

import { describe, expectTypeOf, test } from "vitest";
import type { ArgsOf, ErrorOf, Id, ResultOf, ZerobackClient, ZerobackError, ZerobackSystemError } from "../src/index.js";
import type { useMutation, useQuery } from "../src/react/index.js";
import { api, type Doc, internal, type ListReference } from "./api.js";

declare const client: ZerobackClient;
declare const project: Id<"projects">;
declare const task: Id<"tasks">;
declare const hooks: { useQuery: typeof useQuery; useMutation: typeof useMutation };

/** Compiled, never run. */
function compiles(_body: () => unknown): void {}

describe("references know their types", () => {
  test("arguments, results and errors", () => {
    type Toggle = typeof api.tasks.toggle;
    expectTypeOf<ArgsOf<Toggle>>().toEqualTypeOf<{ id: Id<"tasks"> }>();
    expectTypeOf<ResultOf<Toggle>>().toEqualTypeOf<boolean>();
    expectTypeOf<ErrorOf<Toggle>["code"]>().toEqualTypeOf<ZerobackSystemError["code"]>();
    expectTypeOf<ErrorOf<typeof api.tasks.reset>>().toEqualTypeOf<ZerobackError>();
    expectTypeOf<typeof api.tasks.list>().toEqualTypeOf<ListReference>();
    expectTypeOf<ResultOf<typeof api.tasks.list>>().toEqualTypeOf<Array<Doc<"tasks">>>();
  });

  test("a code tells the type of the data", () => {
    compiles(() => {
      const error = {} as ErrorOf<typeof api.tasks.create>;
      if (error.code === "slug_taken") expectTypeOf(error.data).toEqualTypeOf<{ slug: string }>();
      if (error.code === "too_long") expectTypeOf(error.data.lengthMax).toEqualTypeOf<number>();
      // @ts-expect-error no such code
      return error.code === "slug_token";
    });
  });

  test("ids of different tables are different types, and strings are none", () => {
    expectTypeOf<Id<"tasks">>().not.toExtend<Id<"projects">>();
    expectTypeOf<string>().not.toExtend<Id<"tasks">>();
    expectTypeOf<Id<"tasks">>().toExtend<string>();
  });
});

describe("right calls compile", () => {
  test("client", () => {
    compiles(() => {
      expectTypeOf(client.query(api.projects.list)).resolves.toEqualTypeOf<Array<Doc<"projects">>>();
      expectTypeOf(client.query(api.projects.list, {})).resolves.toEqualTypeOf<Array<Doc<"projects">>>();
      expectTypeOf(client.query(api.projects.names)).resolves.toEqualTypeOf<Array<string>>();
      expectTypeOf(client.query(api.projects.count)).resolves.toEqualTypeOf<number>();
      void client.query(api.tasks.list, { projectId: project });
      void client.query(api.tasks.list, { projectId: project, limit: null });
      expectTypeOf(client.mutation(api.tasks.create, { projectId: project, text: "" })).resolves.toEqualTypeOf<Id<"tasks">>();
      expectTypeOf(client.mutation(api.tasks.reset)).resolves.toEqualTypeOf<null>();
      client.onUpdate(api.projects.list, {}, (value) => expectTypeOf(value).toEqualTypeOf<Array<Doc<"projects">>>());
      client.onUpdate(api.tasks.list, { projectId: project }, () => {}, (error) => {
        expectTypeOf(error).toEqualTypeOf<ErrorOf<typeof api.tasks.list>>();
      });
    });
  });

  test("hooks", () => {
    compiles(() => {
      expectTypeOf(hooks.useQuery(api.projects.list)).toEqualTypeOf<Array<Doc<"projects">> | undefined>();
      expectTypeOf(hooks.useQuery(api.tasks.list, "skip")).toEqualTypeOf<Array<Doc<"tasks">> | undefined>();
      hooks.useQuery(api.projects.list, "skip");
      hooks.useQuery(api.tasks.list, Math.random() > 0.5 ? { projectId: project } : "skip");
      expectTypeOf(hooks.useMutation(api.tasks.toggle)).toEqualTypeOf<(args: { id: Id<"tasks"> }) => Promise<boolean>>();
      void hooks.useMutation(api.tasks.reset)();
    });
  });
});

describe("wrong calls do not", () => {
  test("client", () => {
    compiles(() => {
      // @ts-expect-error arguments are missing
      void client.query(api.tasks.list);
      // @ts-expect-error an argument is missing
      void client.query(api.tasks.list, {});
      // @ts-expect-error an id of another table
      void client.query(api.tasks.list, { projectId: task });
      // @ts-expect-error a string is no id
      void client.query(api.tasks.list, { projectId: "projects_1" });
      // @ts-expect-error an argument of the wrong type
      void client.query(api.tasks.list, { projectId: project, limit: "3" });
      // @ts-expect-error an unknown argument
      void client.query(api.tasks.list, { projectId: project, limits: 3 });
      // @ts-expect-error an argument where there are none
      void client.query(api.projects.list, { limit: 3 });
      // @ts-expect-error an argument where there are none
      void client.query(api.projects.count, { limit: 3 });
      // @ts-expect-error an argument where there are none
      void client.query(api.projects.names, { limit: 3 });
      // @ts-expect-error no object but an empty one
      void client.query(api.projects.names, { limit: 3 } as { limit: number });
      // @ts-expect-error a mutation is no query
      void client.query(api.tasks.toggle, { id: task });
      // @ts-expect-error a query is no mutation
      void client.mutation(api.tasks.list, { projectId: project });
      // @ts-expect-error internal functions are not for clients
      void client.mutation(internal.tasks.sweep);
      // @ts-expect-error no such function
      void client.mutation(api.tasks.creat, { projectId: project, text: "" });
      // @ts-expect-error the value is a list
      client.onUpdate(api.projects.list, {}, (value: number) => value);
      // @ts-expect-error a mutation cannot be listened to
      client.onUpdate(api.tasks.toggle, { id: task }, () => {});
    });
  });

  test("hooks", () => {
    compiles(() => {
      // @ts-expect-error arguments are missing
      hooks.useQuery(api.tasks.list);
      // @ts-expect-error a misspelt skip
      hooks.useQuery(api.tasks.list, "skipped");
      // @ts-expect-error an unknown argument
      hooks.useQuery(api.tasks.list, { projectId: project, limits: 3 });
      // @ts-expect-error a query is no mutation
      hooks.useMutation(api.tasks.list);
      // @ts-expect-error an argument is missing
      void hooks.useMutation(api.tasks.toggle)({});
    });
  });
});
