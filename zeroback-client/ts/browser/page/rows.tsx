/** A page with a long list: counts how often its rows are drawn, and how long the browser cannot do anything else. */

import { memo } from "react";
import { createRoot } from "react-dom/client";
import { ZerobackClient } from "zeroback";
import { useQuery, ZerobackProvider } from "zeroback/react";
import { api, type Doc } from "../../test/suite-api.js";

const list = new URLSearchParams(location.search).get("list") ?? "";

/** What has been seen since a test has last taken it. */
const seen = { draws: 0, drawsOfList: 0, tasksMs: [] as number[], framesMs: [] as number[] };

const Row = memo(function Row({ item }: { readonly item: Doc<"items"> }) {
  seen.draws++;
  return (
    <li data-testid="row">
      {item.rank}: {item.title}
    </li>
  );
});

function Rows() {
  const items = useQuery(api.items.all, { list });
  seen.drawsOfList++;
  return <ol data-testid="rows" data-count={items?.length}>{items?.map((item) => <Row key={item._id} item={item} />)}</ol>;
}

new PerformanceObserver((entries) => {
  for (const { duration } of entries.getEntries()) seen.tasksMs.push(Math.round(duration));
}).observe({ type: "longtask" });

let frameAt = performance.now();
function handleFrame(): void {
  const now = performance.now();
  seen.framesMs.push(now - frameAt);
  frameAt = now;
  requestAnimationFrame(handleFrame);
}
requestAnimationFrame(handleFrame);

const rows = {
  take() {
    const taken = { ...seen };
    Object.assign(seen, { draws: 0, drawsOfList: 0, tasksMs: [], framesMs: [] });
    return taken;
  },
};
declare global {
  var rows: typeof import("./rows.js").rows;
}
globalThis.rows = rows;
export { rows };

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
  <ZerobackProvider client={new ZerobackClient("/ws")}>
    <Rows />
  </ZerobackProvider>,
);
