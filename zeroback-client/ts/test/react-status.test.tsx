// @vitest-environment happy-dom
/** `useQueryWithStatus` and `useAction`. */

import { act, type ReactNode, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { useAction, useQueryWithStatus, ZerobackProvider } from "../src/react/index.js";
import { api } from "./api.js";
import { Device, rest } from "./device.js";
import { Boundary, eachPage, failure, result } from "./react-page.js";

const own = eachPage();

function Names({ isSkipped = false }: { isSkipped?: boolean }): ReactNode {
  const state = useQueryWithStatus(api.projects.names, isSkipped ? "skip" : {});
  if (state.status === "error") return `error ${state.error.code}`;
  return state.status === "success" ? `success ${state.value.join(" ")}` : state.status;
}

describe("useQueryWithStatus", () => {
  test("tells loading, success and error, never throws, and stays live", async () => {
    const { page } = own;
    await page.connect();
    await page.render(<Boundary><Names /></Boundary>);
    expect(page.text).toBe("loading");
    await page.transition(1, [result(1, ["a"])]);
    expect(page.text).toBe("success a");
    await page.transition(2, [failure(1, "not yours")]);
    expect(page.text).toBe("error forbidden");
    await page.transition(3, [result(1, ["a", "b"])]);
    expect(page.text).toBe("success a b");
    expect(page.asked()).toBe("+1");
  });

  test("is loading for skip, and on a server", async () => {
    const { page } = own;
    await page.connect();
    await page.render(<Names isSkipped />);
    expect(page.text).toBe("loading");
    expect(renderToString(page.within(<Names />))).toBe("loading");
    expect(page.asked()).toBe("");
  });

  test("gives the same object until something changes", async () => {
    const { page } = own;
    await page.connect();
    const seen = new Set<unknown>();
    function Probe(_: { turn: number }): ReactNode {
      const state = useQueryWithStatus(api.projects.names);
      useEffect(() => void seen.add(state));
      return null;
    }
    await page.render(<Probe turn={1} />);
    await page.transition(1, [result(1, ["a"])]);
    await page.render(<Probe turn={2} />);
    expect([...seen]).toEqual([{ status: "loading" }, { status: "success", value: ["a"] }]);
  });
});

describe("a result that was kept", () => {
  test("is there at the first render, and marked until the server has said what it is", async () => {
    const device = new Device();
    const first = await device.open();
    first.client.watch(api.projects.count).subscribe(() => {});
    await rest();
    await device.run(3, 1_000);
    await device.kill(first);
    const tab = await device.open();
    function Count(): ReactNode {
      const state = useQueryWithStatus(api.projects.count);
      return state.status === "success" ? `${state.value}${state.isStale ? " of old" : ""}` : state.status;
    }
    const page = (
      <ZerobackProvider client={tab.client}>
        <Count />
      </ZerobackProvider>
    );
    const element = document.createElement("div");
    const root = createRoot(element);
    await act(async () => root.render(page));
    expect(element.textContent).toBe("0 of old");
    await act(() => device.run(2));
    expect(element.textContent).toBe("0");
    await act(async () => root.unmount());
  });
});

describe("useAction", () => {
  test("gives the same function at every render, which runs the action", async () => {
    const { page } = own;
    await page.connect();
    const functions = new Set<(args: { url: string }) => Promise<number>>();
    function Probe(_: { turn: number }): ReactNode {
      const run = useAction(api.tasks.import);
      useEffect(() => void functions.add(run));
      return null;
    }
    await page.render(<Probe turn={1} />);
    await page.render(<Probe turn={2} />);
    const [run, ...others] = functions;
    expect(others).toEqual([]);
    const imported = run?.({ url: "there" });
    await page.transition(1, []);
    expect(page.world.socket.received()).toMatchObject([{ type: "action", path: "tasks:import", args: { url: "there" } }]);
    page.world.socket.transition(2, { answers: [{ requestId: 1, status: "success", value: 3 }] });
    expect(await imported).toBe(3);
  });
});
