/** Solid primitives for Zeroback, on Solid 1.9. */

export type { Paginated, PaginationOptions, PaginationStatus } from "../pages.js";
export { createAction, createMutation } from "./calls.js";
export { createConnectionDetails, createConnectionState } from "./connection-state.js";
export { createPaginatedQuery } from "./paginated-query.js";
export { createPreloadedQuery } from "./preloaded-query.js";
export { ZerobackProvider, type ZerobackProviderProps, useZerobackClient } from "./provider.js";
export { createQuery, createQueryWithStatus } from "./query.js";
export type { MaybeAccessor, QueryArgs } from "./watch.js";
