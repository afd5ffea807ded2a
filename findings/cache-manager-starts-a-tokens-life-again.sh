#!/bin/sh
# cache-manager 7.2.9 with keyv 5.6.0, seen with Node 24.21 and 20.20.
#
# `wrap` with two stores, a memory in each process before a store that they share, reads a token that another process has got. It copies it
# into the memory of its own process, and there the token begins its whole `ttl` again, whatever is left of it in the shared store. So a
# process that reads an hour's token in its 59th minute hands it out for an hour more. The process that got it is not
# concerned, and neither is a cache with one store, so a test with one process shows nothing.
#
# It bites programs that keep access tokens in memory and Redis, in several processes or across restarts, with a number as `ttl`, as in the README.
# What helps: keep the moment of the end with the token, and give `ttl` as a function of the value that says what is left until then.
#
# Here a token lives for 2 seconds. One process gets it, another reads it after 1.6 seconds, and again after 3.2.
#
# Output seen:
#   ttl a number: after 1.6 s access-1, after 3.2 s access-1, which ended 1 s ago
#   ttl what is left: after 1.6 s access-1, after 3.2 s access-2
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund cache-manager@7.2.9 keyv@5.6.0

cat >program.mjs <<'PROGRAM'
import { setTimeout as pause } from "node:timers/promises"
import { createCache } from "cache-manager"
import { Keyv } from "keyv"

const life = 2000
const twoProcesses = async (ttl) => {
  let signIns = 0
  const signIn = async () => ({ accessToken: `access-${++signIns}`, endsAt: Date.now() + life })
  const shared = new Map()
  const processOf = () => createCache({ stores: [new Keyv(), new Keyv({ store: shared })] })
  const [first, second] = [processOf(), processOf()]
  await first.wrap("token", signIn, ttl)
  await pause(1600)
  const read = await second.wrap("token", signIn, ttl)
  await pause(1600)
  const readAgain = await second.wrap("token", signIn, ttl)
  return [read, readAgain].map(({ accessToken, endsAt }) => ({ accessToken, late: Math.floor((Date.now() - endsAt) / 1000) }))
}

const [read, stale] = await twoProcesses(life)
console.log(`ttl a number: after 1.6 s ${read.accessToken}, after 3.2 s ${stale.accessToken}, which ended ${stale.late} s ago`)
const [early, fresh] = await twoProcesses(({ endsAt }) => endsAt - Date.now())
console.log(`ttl what is left: after 1.6 s ${early.accessToken}, after 3.2 s ${fresh.accessToken}`)
process.exit(stale.accessToken === "access-1" && stale.late >= 1 && fresh.accessToken === "access-2" ? 0 : 1)
PROGRAM
node program.mjs
