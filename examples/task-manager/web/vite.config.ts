import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The backend that `vite dev` passes on to; the built page is served by the backend itself. */
const backend = "http://localhost:8788";

export default defineConfig({
  plugins: [react()],
  server: {
    proxy: {
      "/ws": { target: backend, ws: true },
      "/api": backend,
      "/health": backend,
    },
  },
});
