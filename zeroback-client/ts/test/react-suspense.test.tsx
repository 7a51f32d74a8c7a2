// @vitest-environment happy-dom
/** `useSuspenseQuery`: what keeps a query live while nothing is left of who has asked it. */

import { act, type ReactNode, startTransition, Suspense, useState, version } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect, test } from "vitest";
import type { Id } from "../src/index.js";
import { useQuery, useSuspenseQuery } from "../src/react/index.js";
import { api } from "./api.js";
import { Boundary, eachPage, failure, result, silenceConsole } from "./react-page.js";

const own = eachPage();
const task = (text: string) => ({ _id: `tasks_${text}`, text });

function Tasks({ of }: { of: string }): ReactNode {
  const tasks = useSuspenseQuery(api.tasks.list, of === "skip" ? "skip" : { projectId: of as Id<"projects"> });
  return <p>{tasks === undefined ? "skipped" : tasks.map(({ text }) => text).join(" ")}</p>;
}

function Waiting({ children }: { children: ReactNode }): ReactNode {
  return <Suspense fallback="waiting">{children}</Suspense>;
}

describe(`useSuspenseQuery (React ${version})`, () => {
  test("suspends until the first result, then shows it and each new one; it is asked once", async () => {
    const { page } = own;
    await page.render(<Waiting><Tasks of="a" /></Waiting>);
    expect(page.text).toBe("waiting");
    await page.connect();
    await page.advance(60_000);
    expect([page.text, page.asked()]).toEqual(["waiting", "+1"]);
    await page.transition(1, [result(1, [task("one")])]);
    expect(page.text).toBe("one");
    await page.transition(2, [result(1, [task("one"), task("two")])]);
    expect(page.text).toBe("one two");
    await page.advance(60_000);
    expect(page.asked()).toBe("");
  });

  test("what is known already does not suspend", async () => {
    const { page } = own;
    await page.connect();
    await page.render(<Waiting><Tasks of="a" /></Waiting>);
    await page.transition(1, [result(1, [])]);
    await page.render([<Waiting key="1"><Tasks of="a" /></Waiting>, <Waiting key="2"><Tasks of="a" /></Waiting>]);
    expect([page.text, page.asked()]).toEqual(["", "+1"]);
  });

  test("two that wait for one query share it, and both come", async () => {
    const { page } = own;
    await page.connect();
    await page.render([<Waiting key="1"><Tasks of="a" /></Waiting>, <Waiting key="2"><Tasks of="a" /></Waiting>]);
    await page.transition(1, [result(1, [task("one")])]);
    expect([page.text, page.asked()]).toEqual(["oneone", "+1"]);
  });

  test("however often React tries, it is one promise that waits", async () => {
    const { page } = own;
    await page.connect();
    const { client } = page;
    const watch = client.watch.bind(client);
    let subscriptions = 0;
    client.watch = (...question) => {
      const found = watch(...question);
      return { ...found, subscribe: (...how) => (subscriptions++, found.subscribe(...how)) };
    };
    await page.render(<Waiting><Tasks of="a" /></Waiting>);
    await page.render(<Waiting><Tasks of="a" /></Waiting>);
    expect([page.text, subscriptions]).toEqual(["waiting", 1]);
  });

  test("a result waits for what else the boundary waits for, however long the linger", async () => {
    const { page } = own;
    await page.connect();
    await page.render(<Waiting><Tasks of="a" /><Tasks of="b" /></Waiting>);
    // React may draw one after the other has come, so both are brought about.
    const [first = 0] = [...page.asked().matchAll(/\+(\d)/g)].map(([, id]) => Number(id));
    await page.transition(1, [result(first, [task("one")])]);
    await page.advance(20_000);
    expect(page.text).toBe("waiting");
    await page.transition(2, [result(2, [task("two")])]);
    expect(page.text).toBe("onetwo");
    expect(page.asked()).not.toMatch(/-|\+3/);
  });

  test("who is gone before the first result leaves nothing behind", async () => {
    const { page } = own;
    await page.connect();
    await page.render(<Waiting><Tasks of="a" /></Waiting>);
    await page.render(null);
    expect(page.asked()).toBe("+1");
    await page.transition(1, [result(1, [])]);
    await page.advance(29_000);
    expect(page.asked()).toBe("");
    await page.advance(1_000);
    expect(page.asked()).toBe("-1");
  });

  test("who goes after the first result is soon forgotten, as with useQuery", async () => {
    const { page } = own;
    await page.connect();
    await page.render(<Waiting><Tasks of="a" /></Waiting>);
    await page.transition(1, [result(1, [])]);
    await page.render(null);
    await page.advance(1_000);
    expect(page.asked()).toBe("+1 -1");
  });

  test("others may show the query meanwhile", async () => {
    const { page } = own;
    await page.connect();
    function Count(): ReactNode {
      return useQuery(api.tasks.list, { projectId: "a" as Id<"projects"> })?.length ?? "none";
    }
    await page.render([<Waiting key="1"><Tasks of="a" /></Waiting>, <Count key="2" />]);
    expect(page.text).toBe("waitingnone");
    await page.transition(1, [result(1, [task("one")])]);
    expect([page.text, page.asked()]).toEqual(["one1", "+1"]);
  });

  test("an error goes into the boundary, at first and later, and whoever tries again asks again", async () => {
    silenceConsole();
    const { page } = own;
    await page.connect();
    await page.render(<Boundary><Waiting><Tasks of="a" /></Waiting></Boundary>);
    await page.transition(1, [failure(1, "not yours")]);
    expect(page.text).toBe("forbidden: not yours");
    await page.advance(1_000);
    expect(page.asked()).toBe("+1 -1");
    await page.press();
    expect([page.text, page.asked()]).toEqual(["waiting", "+2"]);
    await page.transition(2, [result(2, [task("one")])]);
    expect(page.text).toBe("one");
    await page.transition(3, [failure(2, "no more")]);
    expect(page.text).toBe("forbidden: no more");
    await page.press();
    expect([page.text, page.asked()]).toEqual(["waiting", "-2 +3"]);
  });

  test("other arguments suspend again; in a React transition what is there stays until they have come", async () => {
    const { page } = own;
    await page.connect();
    let go = (_: string): void => {};
    function Chosen(): ReactNode {
      const [of, set] = useState("a");
      go = set;
      return <Tasks of={of} />;
    }
    await page.render(<Waiting><Chosen /></Waiting>);
    await page.transition(1, [result(1, [task("one")])]);
    await act(async () => startTransition(() => go("b")));
    expect(page.text).toBe("one");
    // What is still shown is still live.
    await page.transition(2, [result(1, [task("one!")])]);
    expect(page.text).toBe("one!");
    await page.transition(3, [result(2, [task("two")])]);
    expect(page.text).toBe("two");
    expect(page.asked()).toBe("+1 +2");
  });

  test("skips", async () => {
    const { page } = own;
    await page.connect();
    await page.render(<Waiting><Tasks of="skip" /></Waiting>);
    expect([page.text, page.asked()]).toEqual(["skipped", ""]);
    await page.render(<Waiting><Tasks of="a" /></Waiting>);
    expect(page.asked()).toBe("+1");
  });

  test("a server renders the fallback and asks nothing, and the browser goes on from there", async () => {
    const { page } = own;
    const node = <Waiting><Tasks of="a" /></Waiting>;
    const html = renderToString(page.within(node));
    expect(html).toContain("waiting");
    await page.connect();
    expect(page.asked()).toBe("");
    await page.hydrate(html, node);
    expect([page.text, page.asked()]).toEqual(["waiting", "+1"]);
    await page.transition(1, [result(1, [task("one")])]);
    expect(page.text).toBe("one");
  });
});
