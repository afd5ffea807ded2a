#!/bin/sh
# @kubernetes/client-node 2.0.1, seen with Node 24.21.
#
# A kubeconfig can name a command that prints a token (an exec credential plugin). The Kubernetes documentation ("client-go credential
# plugins") says how long it is kept: until its `expirationTimestamp`, if it has one, or until the server answers 401, or until the process
# ends. This client does not look at a 401. A token without an `expirationTimestamp` is sent until the process ends, and a token that is
# revoked is sent until its timestamp. The command is not run a second time, and every call fails.
#
# Who it bites: a service that runs for days, with a plugin that states no end because kubectl, which lives for seconds, needs none.
# What helps: a plugin that states an `expirationTimestamp`, and an early one.
#
# Here the server refuses the plugin's first token and takes every other one. As documented, the second call would have the second one.
#
# Output seen:
#   no expirationTimestamp: 401 401 401, runs of the command: 1
#   expirationTimestamp in an hour: 401 401 401, runs of the command: 1
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 @kubernetes/client-node@2.0.1

# Prints another token with each run; its argument is a file that counts the runs, and then the end of the token, if any.
cat >plugin.mjs <<'PROGRAM'
import { appendFileSync, readFileSync } from "node:fs"

const [counter, expirationTimestamp] = process.argv.slice(2)
appendFileSync(counter, "x")
const token = `token-${readFileSync(counter, "utf8").length}`
const status = { token, expirationTimestamp }
console.log(JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status }))
PROGRAM

cat >program.mjs <<'PROGRAM'
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node"

const server = createServer((request, response) => {
  const isGood = request.headers.authorization !== "Bearer token-1"
  const reply = isGood
    ? { apiVersion: "v1", kind: "NamespaceList", metadata: {}, items: [] }
    : { apiVersion: "v1", kind: "Status", status: "Failure", reason: "Unauthorized", code: 401 }
  response.writeHead(isGood ? 200 : 401, { "content-type": "application/json" }).end(JSON.stringify(reply))
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))

const seen = async (title, name, end) => {
  const config = new KubeConfig()
  config.loadFromOptions({
    // Plain HTTP is allowed with this option alone.
    clusters: [{ name, server: `http://127.0.0.1:${server.address().port}`, skipTLSVerify: true }],
    users: [
      {
        name,
        exec: {
          apiVersion: "client.authentication.k8s.io/v1",
          interactiveMode: "Never",
          command: process.execPath,
          args: ["plugin.mjs", name, ...end],
        },
      },
    ],
    contexts: [{ name, cluster: name, user: name }],
    currentContext: name,
  })
  const api = config.makeApiClient(CoreV1Api)
  const codes = []
  for (let call = 0; call < 3; call++) {
    const code = await api.listNamespace().then(
      () => 200,
      (error) => error.code,
    )
    codes.push(code)
  }
  const line = `${codes.join(" ")}, runs of the command: ${readFileSync(name, "utf8").length}`
  console.log(`${title}: ${line}`)
  return line
}

const withoutEnd = await seen("no expirationTimestamp", "endless", [])
const hour = new Date(Date.now() + 3_600_000).toISOString()
const withEnd = await seen("expirationTimestamp in an hour", "hour", [hour])
server.close()
server.closeAllConnections()
const expected = "401 401 401, runs of the command: 1"
process.exit(withoutEnd === expected && withEnd === expected ? 0 : 1)
PROGRAM
./node_modules/.bin/node program.mjs
