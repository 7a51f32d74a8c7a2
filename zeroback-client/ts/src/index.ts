/** The Zeroback client: live queries, one-shot queries and mutations over one WebSocket. */

export type { FetchToken } from "./auth.js";
export {
  type ConnectionDetails,
  type MutationOptions,
  type OptimisticUpdate,
  type QueryWatch,
  ZerobackClient,
  type ZerobackClientOptions,
} from "./client.js";
export type { ConnectionState } from "./connection.js";
export {
  type ErrorFor,
  type FunctionErrorShape,
  type SystemErrorCode,
  ZerobackError,
  type ZerobackSystemError,
} from "./error.js";
export {
  type AnyFunction,
  type AnyAction,
  type AnyMutation,
  type AnyQuery,
  type ArgsList,
  type ArgsOf,
  type CallList,
  type ErrorOf,
  type FunctionKind,
  functionReference,
  type FunctionReference,
  type FunctionVisibility,
  type Id,
  type ResultOf,
} from "./function-reference.js";
export type { Offline } from "./keeper.js";
export type { OptimisticStore } from "./optimistic.js";
export type { Platform, Socket, SocketConstructor } from "./platform.js";
export type { QueryState } from "./results.js";
export type { ListenOptions } from "./session.js";
export type { JsonObject, JsonValue } from "./values.js";
