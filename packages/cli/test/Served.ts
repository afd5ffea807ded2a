/** An emulator on a free port, until the tests of a file are over, and what the accounts of its default world sign in with. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll } from "@effect/vitest"
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { serve } from "@pbx-auth/emulator/Server"
import { decodeWorld } from "@pbx-auth/emulator/World"
import * as Effect from "effect/Effect"
import { lasting } from "./Lasting.ts"

export const served = (world: unknown = {}) =>
  lasting(
    Effect.gen(function* () {
      const emulator = yield* Emulator.make({ world: yield* decodeWorld(world) })
      const { origin } = yield* serve({ port: 0, emulator })
      return { origin, emulator }
    }),
  )

/** A server that gives every request the same answer, as no vendor would. */
export const answering = async (status: number, headers: Readonly<Record<string, string>>, body: string) => {
  const server = createServer((_, response) => response.writeHead(status, headers).end(body))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** An address where nothing listens any more. */
export const deserted = async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

const client = { PBX_AUTH_CLIENT_ID: "your-client-id", PBX_AUTH_CLIENT_SECRET: "your-client-secret" }

/** Environments of accounts. */
export const accounts = {
  officeManager: { ...client, PBX_AUTH_USERNAME: "111@abc-company", PBX_AUTH_PASSWORD: "1234" },
  withFactor: {
    ...client,
    PBX_AUTH_USERNAME: "222@abc-company",
    PBX_AUTH_PASSWORD: "5678",
    PBX_AUTH_PASSCODE: "246802",
  },
  reseller: { ...client, PBX_AUTH_USERNAME: "1000@acmecorp", PBX_AUTH_PASSWORD: "mypassword" },
  ipex: { PBX_AUTH_USERNAME: "api-user@example.test", PBX_AUTH_PASSWORD: "ipex-password" },
  ipexWithoutRight: { PBX_AUTH_USERNAME: "someone@example.test", PBX_AUTH_PASSWORD: "other-password" },
  sangomaCx: {
    PBX_AUTH_CLIENT_ID: "sangoma-client-id",
    PBX_AUTH_CLIENT_SECRET: "sangoma-client-secret",
    PBX_AUTH_SCOPES: "cx.agent-calls  cx.queue-calls",
  },
} as const

/** Each provider, with an account of it. */
export const everyProvider = [
  ["skyswitch", accounts.withFactor],
  ["landstar", accounts.officeManager],
  ["ipex", accounts.ipex],
  ["sangoma-cx", accounts.sangomaCx],
] as const
