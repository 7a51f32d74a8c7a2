/** The types that a generated `api.ts` is made of. All of it but a path is gone at run time. */

import type { ErrorFor } from "./error.js";

declare const signature: unique symbol;
declare const table: unique symbol;

export type FunctionKind = "query" | "mutation" | "action";
export type FunctionVisibility = "public" | "internal";

/** Names a function of the backend, and knows its types. Made by `functionReference` in `api.ts`. */
export interface FunctionReference<
  Kind extends FunctionKind,
  Args,
  Result,
  Err = unknown,
  Visibility extends FunctionVisibility = "public",
> {
  /** The function's public name, such as `tasks:list`. */
  readonly path: string;
  /** Carries the types; there is no such property at run time. */
  readonly [signature]: {
    readonly kind: Kind;
    readonly args: (args: Args) => void;
    readonly result: Result;
    readonly error: Err;
    readonly visibility: Visibility;
  };
}

/** Any public query, as a bound for type parameters. */
export type AnyQuery = FunctionReference<"query", never, unknown>;
/** Any public mutation, as a bound for type parameters. */
export type AnyMutation = FunctionReference<"mutation", never, unknown>;
/** Any public action, as a bound for type parameters. */
export type AnyAction = FunctionReference<"action", never, unknown>;
/** Any function, internal ones too, as a bound for type parameters. */
export type AnyFunction = FunctionReference<FunctionKind, never, unknown, unknown, FunctionVisibility>;

/** The document id of a table: a string at run time, a type of its own for each table. */
export type Id<Table extends string> = string & { readonly [table]: Table };

/** The arguments of a function. */
export type ArgsOf<F extends AnyFunction> =
  F extends FunctionReference<FunctionKind, infer Args, unknown, unknown, FunctionVisibility> ? NoExtra<Args> : never;

/** What a function returns. */
export type ResultOf<F extends AnyFunction> = F[typeof signature]["result"];

/** What a function fails with: the `ZerobackError`s whose codes and data are those of its error type. */
export type ErrorOf<F extends AnyFunction> = ErrorFor<F[typeof signature]["error"]>;

/** `[args]`, or `[args?]` where a call without arguments is a complete one. */
export type ArgsList<F extends AnyFunction> = {} extends ArgsOf<F> ? [args?: ArgsOf<F>] : [args: ArgsOf<F>];

/** The same with options behind the arguments. */
export type CallList<F extends AnyFunction, Options> =
  {} extends ArgsOf<F> ? [args?: ArgsOf<F>, options?: Options] : [args: ArgsOf<F>, options?: Options];

/** `{}`, or the `Record<symbol, never>` of generated code, would take any object at all. */
type NoExtra<Args> = [keyof Args] extends [symbol] ? Readonly<Record<string, never>> : Args;

/** Names a function by its path. For generated code, where path and types agree. */
export function functionReference<
  Kind extends FunctionKind,
  Args,
  Result,
  Err = unknown,
  Visibility extends FunctionVisibility = "public",
>(path: string): FunctionReference<Kind, Args, Result, Err, Visibility> {
  return { path } as FunctionReference<Kind, Args, Result, Err, Visibility>;
}
