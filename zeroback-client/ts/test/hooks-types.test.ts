/** What the compiler must say of hooks. Checked by `npm run typecheck`; vitest only sees that it loads. */

import type { Accessor } from "solid-js";
import { describe, expectTypeOf, test } from "vitest";
import type { ErrorOf, Id, QueryState, ResultOf } from "../src/index.js";
import type * as react from "../src/react/index.js";
import type * as solid from "../src/solid/index.js";
import type { Preloaded, preloadedValue, preloadQuery } from "../src/ssr.js";
import { api, type Doc } from "./api.js";

declare const hooks: typeof react;
declare const primitives: typeof solid;
declare const ssr: { preloadQuery: typeof preloadQuery; preloadedValue: typeof preloadedValue };
declare const project: Id<"projects">;
declare const preloaded: Preloaded<typeof api.tasks.list>;

type List = typeof api.tasks.list;
type Tasks = Array<Doc<"tasks">>;

/** Compiled, never run. */
function compiles(_body: () => unknown): void {}

describe("results", () => {
  test("of suspense and of preloading are always there, but for skip", () => {
    compiles(() => {
      expectTypeOf(hooks.useSuspenseQuery(api.tasks.list, { projectId: project })).toEqualTypeOf<Tasks>();
      expectTypeOf(hooks.useSuspenseQuery(api.projects.count)).toEqualTypeOf<number>();
      expectTypeOf(hooks.useSuspenseQuery(api.tasks.list, "skip")).toEqualTypeOf<Tasks | undefined>();
      const args = Math.random() > 0.5 ? { projectId: project } : ("skip" as const);
      expectTypeOf(hooks.useSuspenseQuery(api.tasks.list, args)).toEqualTypeOf<Tasks | undefined>();
      expectTypeOf(hooks.usePreloadedQuery(preloaded)).toEqualTypeOf<Tasks>();
      expectTypeOf(hooks.usePreloadedQuery(Math.random() > 0.5 ? preloaded : "skip")).toEqualTypeOf<Tasks | undefined>();
      expectTypeOf(ssr.preloadedValue(preloaded)).toEqualTypeOf<Tasks>();
      expectTypeOf(ssr.preloadQuery("", api.tasks.list, { projectId: project })).resolves.toEqualTypeOf<Preloaded<List>>();
      expectTypeOf(primitives.createQuery(api.tasks.list, { projectId: project })).toEqualTypeOf<Accessor<Tasks | undefined>>();
      expectTypeOf(primitives.createPreloadedQuery(preloaded)).toEqualTypeOf<Accessor<Tasks>>();
    });
  });

  test("errors are those of the function", () => {
    compiles(() => {
      const state = hooks.useQueryWithStatus(api.tasks.list, { projectId: project });
      expectTypeOf(state).toEqualTypeOf<QueryState<Tasks, ErrorOf<List>>>();
      if (state.status === "success") expectTypeOf(state.value).toEqualTypeOf<Tasks>();
      if (state.status === "error") expectTypeOf(state.error.code).toEqualTypeOf<ErrorOf<List>["code"]>();
      // @ts-expect-error there may be none yet
      void state.value;
      expectTypeOf(primitives.createQueryWithStatus(api.projects.count)).toEqualTypeOf<
        Accessor<QueryState<number, ErrorOf<typeof api.projects.count>>>
      >();
    });
  });

  test("of actions and mutations", () => {
    compiles(() => {
      expectTypeOf(hooks.useAction(api.tasks.import)).toEqualTypeOf<(args: { url: string }) => Promise<number>>();
      expectTypeOf(primitives.createAction(api.tasks.import)).toEqualTypeOf<(args: { url: string }) => Promise<number>>();
      hooks.useMutation(api.tasks.create, {
        optimisticUpdate: (store, { text }) => {
          expectTypeOf(text).toEqualTypeOf<string>();
          store.update(api.tasks.list, { projectId: project }, (shown) => shown.slice(1));
          // @ts-expect-error a result of another type
          store.set(api.projects.count, {}, "3");
        },
      });
      // @ts-expect-error a misspelt option
      hooks.useMutation(api.tasks.create, { optimisticupdate: () => {} });
      const toggle = primitives.createMutation(api.tasks.toggle, { optimisticUpdate: () => {} });
      expectTypeOf(toggle).toEqualTypeOf<(args: { id: Id<"tasks"> }) => Promise<boolean>>();
    });
  });
});

describe("wrong calls do not compile", () => {
  test("hooks", () => {
    compiles(() => {
      // @ts-expect-error arguments are missing
      hooks.useSuspenseQuery(api.tasks.list);
      // @ts-expect-error a misspelt skip
      hooks.useSuspenseQuery(api.tasks.list, "skipped");
      // @ts-expect-error an unknown argument
      hooks.useQueryWithStatus(api.tasks.list, { projectId: project, limits: 3 });
      // @ts-expect-error a mutation is no query
      hooks.useSuspenseQuery(api.tasks.toggle, { id: "" as Id<"tasks"> });
      // @ts-expect-error a mutation is no action
      hooks.useAction(api.tasks.toggle);
      // @ts-expect-error a result is not what was preloaded
      hooks.usePreloadedQuery({} as ResultOf<List>);
      // @ts-expect-error a query of other arguments
      hooks.usePreloadedQuery<List>({} as Preloaded<typeof api.projects.count>);
      // @ts-expect-error a mutation is not preloaded
      void ssr.preloadQuery("", api.tasks.toggle, { id: "" as Id<"tasks"> });
      // @ts-expect-error arguments are missing
      void ssr.preloadQuery("", api.tasks.list, {});
    });
  });

  test("primitives", () => {
    compiles(() => {
      // @ts-expect-error arguments are missing
      primitives.createQuery(api.tasks.list);
      // @ts-expect-error an accessor of other arguments
      primitives.createQuery(api.tasks.list, () => ({ limit: 3 }));
      // @ts-expect-error a query is no mutation
      primitives.createMutation(api.tasks.list);
      primitives.createQuery(api.tasks.list, () => "skip" as const);
      primitives.createQuery(api.projects.count);
    });
  });
});
