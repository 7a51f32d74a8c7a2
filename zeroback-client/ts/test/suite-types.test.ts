/** The types that the generator writes for values of every form. Checked by `npm run typecheck`. */

import { describe, expectTypeOf, test } from "vitest";
import type { ArgsOf, Id, ResultOf, ZerobackClient } from "zeroback";
import { api, type Doc, type Page } from "./suite-api.js";

type Sample = ArgsOf<typeof api.values.keep>["sample"];
type Element<List> = List extends ReadonlyArray<infer Item> ? Item : never;

declare const client: ZerobackClient;

/** Compiled, never run. */
function compiles(_body: () => unknown): void {}

describe("values of every form have their types", () => {
  test("scalars", () => {
    expectTypeOf<Sample["big"]>().toEqualTypeOf<bigint>();
    expectTypeOf<Sample["bytes"]>().toEqualTypeOf<Uint8Array>();
    expectTypeOf<Sample["large"]>().toEqualTypeOf<[number, number]>();
    expectTypeOf<Sample["letter"]>().toEqualTypeOf<string>();
    expectTypeOf<Sample["at"]>().toEqualTypeOf<number>();
    expectTypeOf<Sample["other"]>().toEqualTypeOf<Id<"samples"> | null>();
    expectTypeOf<Sample["shapes"]>().toEqualTypeOf<[number, [number, number], null]>();
  });

  test("lists and maps", () => {
    expectTypeOf<Sample["array"]>().toEqualTypeOf<[number, number, number]>();
    expectTypeOf<Sample["pairs"]>().toEqualTypeOf<Array<[string, Array<number>]>>();
    expectTypeOf<Sample["byText"]>().toEqualTypeOf<{ [key in string]: bigint }>();
    expectTypeOf<Sample["byNumber"]>().toEqualTypeOf<{ [key in number]: number }>();
    expectTypeOf<Sample["bySeason"]>().toEqualTypeOf<{ earlySpring?: Uint8Array; summer?: Uint8Array; winter?: Uint8Array }>();
  });

  test("what is flattened, generic or recursive", () => {
    expectTypeOf<Sample["flat"]>().toEqualTypeOf<{ ownField: number; number: bigint; someBytes: Uint8Array | null }>();
    expectTypeOf<Sample["labelled"]>().toEqualTypeOf<
      [{ label: string; of: bigint }, { label: string; of: Array<Uint8Array> }]
    >();
    expectTypeOf<NonNullable<Sample["chain"]>["next"]>().toEqualTypeOf<Sample["chain"] | undefined>();
  });

  test("enums of each form are told apart", () => {
    compiles(() => {
      const external = {} as Element<Sample["external"]>;
      if (external === "noData") return;
      if ("one" in external) expectTypeOf(external.one).toEqualTypeOf<bigint>();
      else if ("two" in external) expectTypeOf(external.two).toEqualTypeOf<[Uint8Array, number | null]>();
      else expectTypeOf(external).toEqualTypeOf<{ named: { someText: string; number: number } }>();

      const internal = {} as Element<Sample["internal"]>;
      if (internal.kind === "one") expectTypeOf(internal.number).toEqualTypeOf<bigint>();
      if (internal.kind === "named") expectTypeOf(internal.number).toEqualTypeOf<bigint | null>();

      const adjacent = {} as Element<Sample["adjacent"]>;
      if (adjacent.kind === "one") expectTypeOf(adjacent.content).toEqualTypeOf<Uint8Array>();
      if (adjacent.kind === "two") expectTypeOf(adjacent.content).toEqualTypeOf<[bigint, number]>();
      // @ts-expect-error it has no content
      if (adjacent.kind === "noData") return adjacent.content;

      const untagged = {} as Element<Sample["untagged"]>;
      if (typeof untagged === "bigint" || untagged instanceof Uint8Array || untagged === null) return;
      if (typeof untagged === "object" && !Array.isArray(untagged)) {
        expectTypeOf(untagged.someBytes).toEqualTypeOf<Uint8Array>();
      }
      return;
    });
  });

  test("pages", () => {
    type Marks = ResultOf<typeof api.values.marks>;
    expectTypeOf<Marks>().toEqualTypeOf<Page<Doc<"marks">>>();
    expectTypeOf<Element<Marks["items"]>["number"]>().toEqualTypeOf<bigint>();
    expectTypeOf<Marks["endCursor"]>().toEqualTypeOf<string>();
    expectTypeOf<Marks["splitCursor"]>().toEqualTypeOf<string | null>();
    compiles(async () => {
      const first = await client.query(api.values.marks, { list: "", page: { limit: 10 } });
      return client.query(api.values.marks, { list: "", page: { limit: 10, cursor: first.endCursor } });
    });
  });

  test("calls", () => {
    compiles(() => {
      void client.query(api.values.numbers, { list: "", from: 0n, to: 5n });
      expectTypeOf(client.query(api.values.codes, { list: "", above: Uint8Array.of(1) })).resolves.toEqualTypeOf<
        Array<Uint8Array | null>
      >();
      // @ts-expect-error a number is no bigint
      void client.query(api.values.numbers, { list: "", from: 0, to: 5n });
      // @ts-expect-error a string is no bytes
      void client.query(api.values.codes, { list: "", above: "AA==" });
    });
  });
});
