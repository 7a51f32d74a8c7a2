"use client";

/** React hooks for Zeroback, on React 18.3 and later. */

export { ZerobackProvider, type ZerobackProviderProps, useZerobackClient } from "./provider.js";
export { useConnectionState } from "./use-connection-state.js";
export { useMutation } from "./use-mutation.js";
export { useQuery } from "./use-query.js";
