#!/bin/sh
# redis-semaphore 5.8.0 with ioredis 6.0.0, seen with Node 24.21 and 20.20.
#
# A mutex is taken by `SET key id PX ... NX`. When the connection is cut after Redis has carried that out and before its answer came, ioredis
# connects again and sends the command again, without a word to the caller. Redis now says that the key is there, because the mutex
# itself has just put it there. So the process waits for a lock that it holds, until the lock's time is over, or it gives up. Every other
# process waits with it, and nobody renews. `error` is not emitted either: the log shows nothing.
#
# It bites programs that guard the renewal of a token by a lock in Redis, when Redis restarts, fails over, or a proxy closes idle connections.
# `autoResendUnfulfilledCommands`, which is true by default, stands behind it; the README names it for commands that block.
# What helps: after a refusal, read the key: if it has the mutex's own `identifier`, the lock is yours.
#
# The server here is 30 lines that answer as Redis does (RESP). It cuts the connection at the first SET, which it has carried out. Redis 7.0.15
# behind a proxy that cuts there gives the same.
#
# Output seen:
#   SET was sent 11 times; the mutex was taken: false
#   the key has the mutex's own identifier: true
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund ioredis@6.0.0 redis-semaphore@5.8.0

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:net"
import { Redis } from "ioredis"
import { Mutex } from "redis-semaphore"

// A command is an array of texts: "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n". None here has a line end in it.
const keys = new Map()
let sets = 0
const answer = ([name, key, value]) => {
  switch (name.toUpperCase()) {
    case "SET": {
      if (keys.has(key)) return "$-1\r\n"
      keys.set(key, value)
      return "+OK\r\n"
    }
    case "GET":
      return keys.has(key) ? `$${keys.get(key).length}\r\n${keys.get(key)}\r\n` : "$-1\r\n"
    case "INFO":
      return "$9\r\nloading:0\r\n"
    default:
      return "+OK\r\n"
  }
}
const server = createServer((socket) => {
  let lines = []
  let rest = ""
  socket.setEncoding("utf8").on("error", () => {})
  socket.on("data", (chunk) => {
    const parts = (rest + chunk).split("\r\n")
    rest = parts.pop()
    lines.push(...parts)
    while (lines.length > 0 && lines.length > 2 * Number(lines[0].slice(1))) {
      const [head, ...words] = lines.splice(0, 1 + 2 * Number(lines[0].slice(1)))
      const command = words.filter((_, index) => index % 2 === 1)
      const reply = answer(command)
      if (command[0].toUpperCase() === "SET" && ++sets === 1) return socket.destroy()
      socket.write(reply)
    }
  })
})
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))

const redis = new Redis(server.address().port, "127.0.0.1")
redis.on("error", ({ message }) => console.log(`error: ${message}`))
await redis.ping()
const mutex = new Mutex(redis, "renewal", { lockTimeout: 60_000, acquireAttemptsLimit: 10, retryInterval: 20 })
const isTaken = await mutex.tryAcquire()
const isOwn = (await redis.get("mutex:renewal")) === mutex.identifier
redis.disconnect()
server.close()
console.log(`SET was sent ${sets} times; the mutex was taken: ${isTaken}`)
console.log(`the key has the mutex's own identifier: ${isOwn}`)
process.exit(!isTaken && isOwn && sets === 11 ? 0 : 1)
PROGRAM
node program.mjs
