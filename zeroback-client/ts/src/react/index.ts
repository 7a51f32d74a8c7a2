"use client";

/** React hooks for Zeroback, on React 18.3 and later. */

export type { Paginated, PaginationOptions, PaginationStatus } from "../pages.js";
export { ZerobackProvider, type ZerobackProviderProps, useZerobackClient } from "./provider.js";
export { useAction } from "./use-action.js";
export { useConnectionDetails, useConnectionState } from "./use-connection-state.js";
export { useMutation } from "./use-mutation.js";
export { usePaginatedQuery } from "./use-paginated-query.js";
export { usePreloadedQuery } from "./use-preloaded-query.js";
export { useQuery, useQueryWithStatus } from "./use-query.js";
export { useSuspenseQuery } from "./use-suspense-query.js";
export type { QueryArgs } from "./use-watch.js";
