// Builds the page into the package: `src/chiphour/static` is served by `adapters/serve/web.py`.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { copyFileSync } from "node:fs";
import { defineConfig } from "vite";

const OUT = process.env.CHIPHOUR_WEB_OUT ?? "../src/chiphour/static";
const SERVER = process.env.CHIPHOUR_SERVER ?? "http://127.0.0.1:8080";
const PROGRAMS = ["/api", "/badge", "/cards", "/cite", "/data/", "/feeds", "/log/", "/schema"];

export default defineConfig({
  plugins: [
    svelte(),
    {
      name: "routes", // The server reads the same list of addresses.
      closeBundle: () => copyFileSync("routes.json", `${OUT}/routes.json`),
    },
  ],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // The policy of the page allows no `data:` font or script.
    reportCompressedSize: false,
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      ...Object.fromEntries(PROGRAMS.map((path) => [path, SERVER])),
      "/ws": { target: SERVER, ws: true },
    },
  },
});
