/** A page with the playground alone, on a free port of this machine: for its check, and for whoever works on it. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Playground</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/main.css">
<style>:root{background:#fbfcfd}body{max-width:78rem;margin:1.25rem auto;padding:0 1rem}
@media(prefers-color-scheme:dark){:root{background:#0f1216}}</style>
</head>
<body><main id="root"></main><script type="module" src="/main.js"></script></body>
</html>`

const main = `import { h, render } from "preact"
import Playground from "./Playground.tsx"
render(h(Playground), document.getElementById("root"))`

export interface PlaygroundPage {
  readonly address: string
  readonly close: () => Promise<void>
}

/** Bundles the playground and serves it. */
export const open = async (): Promise<PlaygroundPage> => {
  const { outputFiles } = await build({
    stdin: { contents: main, resolveDir: at("../playground"), sourcefile: "main.ts", loader: "ts" },
    outdir: "/",
    entryNames: "main",
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    write: false,
    logLevel: "error",
    platform: "browser",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    // The published files name what the sources are.
    conditions: ["import", "browser"],
  })
  const files = new Map(outputFiles.map(({ contents, path }) => [`/${basename(path)}`, contents]))
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost")
    const file = files.get(pathname)
    const type = pathname.endsWith(".css") ? "text/css" : pathname.endsWith(".js") ? "text/javascript" : "text/html"
    response.writeHead(file === undefined && pathname !== "/" ? 404 : 200, { "content-type": type })
    response.end(file ?? html)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  return {
    address: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

if (import.meta.main) console.log((await open()).address)
