"use client";

import { useCallback, useSyncExternalStore } from "react";
import type { ConnectionState } from "../index.js";
import { useZerobackClient } from "./provider.js";

/** Returns the state of the client's connection, and renders again when it changes. */
export function useConnectionState(): ConnectionState {
  const client = useZerobackClient();
  const subscribe = useCallback((onChange: () => void) => client.onConnectionChange(onChange), [client]);
  return useSyncExternalStore(
    subscribe,
    () => client.connectionState,
    () => "connecting",
  );
}
