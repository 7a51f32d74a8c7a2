"use client";

import { useCallback, useMemo, useSyncExternalStore } from "react";
import { UNCONNECTED, watchDetails } from "../connection-details.js";
import type { ConnectionDetails, ConnectionState } from "../index.js";
import { useZerobackClient } from "./provider.js";

/** Returns the state of the client's connection, and renders again when it changes. */
export function useConnectionState(): ConnectionState {
  const client = useZerobackClient();
  const subscribe = useCallback((onChange: () => void) => client.onConnectionChange(onChange), [client]);
  return useSyncExternalStore(
    subscribe,
    () => client.connectionState,
    () => UNCONNECTED.state,
  );
}

/** Returns what else is known of the connection, such as how many mutations wait, and renders again when it changes. */
export function useConnectionDetails(): ConnectionDetails {
  const client = useZerobackClient();
  const { state, subscribe } = useMemo(() => watchDetails(client), [client]);
  return useSyncExternalStore(subscribe, state, () => UNCONNECTED);
}
