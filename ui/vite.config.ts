import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { tanstackRouter } from "@tanstack/router-plugin/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const hub = process.env.PILOTHOUSE_HUB_URL ?? "http://127.0.0.1:8000";

/** Writes a .gz and a .br beside what is worth it, so that the hub compresses nothing while it answers. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    // Not earlier: until the files are written, other plugins put names of files into them.
    writeBundle({ dir }, bundle) {
      for (const fileName of Object.keys(bundle)) {
        if (dir === undefined || !/\.(js|css|svg)$/.test(fileName)) continue;
        const path = join(dir, fileName);
        const source = readFileSync(path);
        if (source.length < 1024) continue;
        writeFileSync(`${path}.gz`, gzipSync(source, { level: 9 }));
        const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
        writeFileSync(`${path}.br`, brotliCompressSync(source, { params }));
      }
    },
  };
}

/** A route that takes more than its component from a page has the whole page loaded with the shell: that fails here. */
function splitByRoute(): Plugin {
  return {
    name: "split-by-route",
    apply: "build",
    generateBundle(_options, bundle) {
      for (const part of Object.values(bundle)) {
        if (part.type !== "chunk" || !part.isEntry) continue;
        const stray = Object.keys(part.modules).filter((id) => /\/src\/pages\/.*\.tsx$/.test(id));
        if (stray.length > 0)
          this.error(`The shell must not hold pages; move what routes need out of ${stray.join(", ")}`);
      }
    },
  };
}

export default defineConfig({
  plugins: [
    tanstackRouter({ target: "react", autoCodeSplitting: true, generatedRouteTree: "src/route-tree.gen.ts" }),
    react(),
    splitByRoute(),
    compressed(),
  ],
  build: {
    outDir: "../src/pilothouse/hub/ui/static",
    emptyOutDir: true,
    target: "es2022",
    // A page of text from robots must never be able to name a script: nothing is inlined as data either.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(
      [
        "/api",
        "/auth",
        "/sessions",
        "/batches",
        "/repository",
        "/sandbox",
        "/health",
        "/readyz",
        "/docs",
        "/openapi.json",
      ].map((path) => [path, { target: hub, ws: true, changeOrigin: true, headers: { origin: hub } }]),
    ),
  },
  resolve: { tsconfigPaths: true },
  // They share two cores with the type checker.
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"], testTimeout: 30_000 },
} as Parameters<typeof defineConfig>[0]);
