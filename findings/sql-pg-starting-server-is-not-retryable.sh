#!/bin/sh
# @effect/sql-pg 4.0.5 with effect 4.1.0, seen with Node 24.21.
#
# A PostgreSQL server that is starting, or stopping, answers a connection with SQLSTATE 57P03 (`cannot_connect_now`), and one
# that is full with 53300 (`too_many_connections`). Both are over by themselves in a moment. The client reports both as
# `UnknownError`, whose `isRetryable` is false. A server that is not there at all, and a connection that is cut, are
# `ConnectionError`, whose `isRetryable` is true.
#
# Who it bites: an app that retries while `isRetryable` says so. It survives the seconds in which the port is closed, and ends
# in the second after that, in which the server replays its log.
# What helps: look at `error.reason.cause.code` as well, and try again at 57P03 and 53300.
#
# The server here is 20 lines that answer a start-up message as PostgreSQL does (message formats: ErrorResponse).
#
# Output seen:
#   nothing listens: ConnectionError, isRetryable true
#   57P03 the database system is starting up: UnknownError, isRetryable false
#   53300 sorry, too many clients already: UnknownError, isRetryable false
#
# Exits with 0 while it is so, and with 1 when it is no longer so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 effect@4.1.0 @effect/sql-pg@4.0.5

cat >program.mjs <<'PROGRAM'
import { createServer } from "node:net"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const fields = (code, message) => {
  const body = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`)
  const head = Buffer.alloc(5)
  head.write("E")
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** A port at which a server answers each start-up message with an error; a closed one without a code. */
const port = async (code, message) => {
  const server = createServer((socket) => {
    socket.on("error", () => {})
    socket.once("data", () => socket.end(fields(code, message)))
  })
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
  const number = server.address().port
  const close = () => new Promise((resolve) => server.close(resolve))
  if (code === undefined) await close()
  return { number, close: code === undefined ? () => {} : close }
}

const seen = async (title, code, message) => {
  const { close, number } = await port(code, message)
  const url = Redacted.make(`postgres://user:word@127.0.0.1:${number}/database?sslmode=disable`)
  const query = Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    return yield* sql`SELECT 1`
  }).pipe(Effect.provide(PgClient.layer({ url })), Effect.flip, Effect.timeout("20 seconds"))
  const error = await Effect.runPromise(query)
  await close()
  const line = `${title}: ${error.reason._tag}, isRetryable ${error.isRetryable}`
  console.log(line)
  return line
}

const lines = [
  await seen("nothing listens"),
  await seen("57P03 the database system is starting up", "57P03", "the database system is starting up"),
  await seen("53300 sorry, too many clients already", "53300", "sorry, too many clients already"),
]
const asDescribed =
  lines[0].endsWith("ConnectionError, isRetryable true") &&
  lines.slice(1).every((line) => line.endsWith("UnknownError, isRetryable false"))
process.exit(asDescribed ? 0 : 1)
PROGRAM
./node_modules/.bin/node program.mjs
