/** Where the page is, kept in the address so that windows can be opened at it: `#/<project>/<filter>`. */

import { useMemo, useSyncExternalStore } from "react";
import type { Id } from "./api";

export type Filter = "all" | "open" | "done";

export interface Route {
  readonly projectId: Id<"projects"> | undefined;
  readonly filter: Filter;
}

export function useRoute(): readonly [Route, (route: Partial<Route>) => void] {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return useMemo(() => {
    const route = parse(hash);
    return [
      route,
      (change) => {
        location.hash = print({ ...route, ...change });
      },
    ];
  }, [hash]);
}

export function print({ projectId, filter }: Route): string {
  if (projectId === undefined) return "#/";
  return filter === "all" ? `#/${projectId}` : `#/${projectId}/${filter}`;
}

function parse(hash: string): Route {
  const [, projectId, filter] = hash.split("/");
  return {
    // Whether there is such a project shows when the projects are here.
    projectId: projectId === "" ? undefined : (projectId as Id<"projects"> | undefined),
    filter: filter === "open" || filter === "done" ? filter : "all",
  };
}

function subscribe(onChange: () => void): () => void {
  addEventListener("hashchange", onChange);
  return () => removeEventListener("hashchange", onChange);
}
