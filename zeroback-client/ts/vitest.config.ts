import { join } from "node:path";
import { defineConfig } from "vitest/config";

const ofReact = "test/react*.test.tsx";
const ofSolid = "test/solid{,-others}.test.ts";
const react18 = join(import.meta.dirname, "../react-18/node_modules");

export default defineConfig({
  test: {
    projects: [
      { test: { name: "zeroback", include: ["test/**/*.test.{ts,tsx}"], exclude: [ofSolid, "**/node_modules/**"] } },
      {
        resolve: { alias: [{ find: /^(react|react-dom)($|\/)/, replacement: `${react18}/$1$2` }] },
        test: { name: "react-18", include: [ofReact] },
      },
      {
        // Else Node would be given Solid's server.
        resolve: { conditions: ["browser", "development"] },
        test: { name: "solid", include: [ofSolid], server: { deps: { inline: [/solid-js/] } } },
      },
    ],
  },
});
