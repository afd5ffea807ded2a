/**
 * Two copies of the packages, and of Effect, in one process: what one made is known to the other, or refused with a message that says
 * so.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { build } from "esbuild"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { root } from "../src/Workspace.ts"

const entry = `
  export * as AuthError from "@pbx-auth/providers/AuthError"
  export * as Configuration from "@pbx-auth/providers/Configuration"
  export * as Definition from "@pbx-auth/providers/Definition"
  export * as LiveTokens from "@pbx-auth/providers/LiveTokens"
  export * as OwnCopy from "@pbx-auth/providers/OwnCopy"
  export * as PromiseProvider from "@pbx-auth/session/PromiseProvider"
  export * as SkySwitch from "@pbx-auth/providers/SkySwitch"
  export * as Promises from "@pbx-auth/session/Promises"
  export * as PromiseApiKey from "@pbx-auth/session/PromiseApiKey"
  export * as ApiKey from "@pbx-auth/session/ApiKey"
  export * as Redacted from "effect/Redacted"
  export * as Effect from "effect/Effect"`

interface Copy {
  readonly AuthError: typeof import("@pbx-auth/providers/AuthError")
  readonly Configuration: typeof import("@pbx-auth/providers/Configuration")
  readonly Definition: typeof import("@pbx-auth/providers/Definition")
  readonly LiveTokens: typeof import("@pbx-auth/providers/LiveTokens")
  readonly OwnCopy: typeof import("@pbx-auth/providers/OwnCopy")
  readonly PromiseProvider: typeof import("@pbx-auth/session/PromiseProvider")
  readonly SkySwitch: typeof import("@pbx-auth/providers/SkySwitch")
  readonly Promises: typeof import("@pbx-auth/session/Promises")
  readonly PromiseApiKey: typeof import("@pbx-auth/session/PromiseApiKey")
  readonly Redacted: typeof import("effect/Redacted")
}

const folder = mkdtempSync(join(tmpdir(), "two-copies-"))
let ours: Copy
let theirs: Copy

beforeAll(async () => {
  const copy = async (name: string): Promise<Copy> => {
    const outfile = join(folder, `${name}.mjs`)
    await build({
      stdin: { contents: entry, resolveDir: join(root, "release") },
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      logLevel: "silent",
    })
    return import(/* @vite-ignore */ pathToFileURL(outfile).href)
  }
  ours = await copy("ours")
  theirs = await copy("theirs")
})

afterAll(() => rmSync(folder, { recursive: true }))

const client = { id: "your-client-id", secret: "your-client-secret" }

const reasonOf = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => undefined,
    (error) => error,
  )
  expect(ours.AuthError.isAuthError(error)).toBe(true)
  return error.reason
}

describe("beside another copy", () => {
  it("there are two", () => {
    expect(theirs.AuthError.AuthError).not.toBe(ours.AuthError.AuthError)
    expect(() => theirs.Redacted.value(ours.Redacted.make("x"))).toThrow()
  })

  it("an AuthError is one to each", () => {
    const error = theirs.AuthError.fromReason(new theirs.AuthError.SignedOut({}))
    expect(ours.AuthError.isAuthError(error)).toBe(true)
    expect(ours.AuthError.isAuthError({ ...error })).toBe(false)
  })

  it("a Redacted of another copy is refused by these words, and an own one that was wiped is not", () => {
    const fixOf = (options: Parameters<typeof ours.SkySwitch.configure>[0]) => {
      const result = ours.SkySwitch.configure(options)
      const reason = result._tag === "Failure" ? result.failure.reason : undefined
      return reason?._tag === "Misconfigured" ? `${reason.field}: ${reason.fix}` : reason
    }
    const foreign = theirs.Redacted.make("canary")
    const credentials = { username: "111@abc-company", password: foreign }
    const another = /another copy of effect.*npm ls effect/
    expect(fixOf({ client: { ...client, secret: foreign } })).toMatch(/^client\.secret: /)
    expect(fixOf({ client: { ...client, secret: foreign } })).toMatch(another)
    expect(fixOf({ client, credentials })).toMatch(another)
    expect(fixOf({ client, refreshToken: foreign })).toMatch(another)
    const wiped = ours.Redacted.make("canary")
    ours.Redacted.wipeUnsafe(wiped)
    expect(fixOf({ client: { ...client, secret: wiped } })).not.toMatch(another)
  })

  it("so is a key, and the password of a session", async () => {
    const foreign = theirs.Redacted.make(`nsr_${"a".repeat(56)}`)
    const another = { _tag: "Misconfigured", fix: expect.stringMatching(/another copy of effect/) }
    const address = "http://127.0.0.1:9"
    expect(await reasonOf(ours.PromiseApiKey.openApiKey({ address, apiKey: foreign }))).toMatchObject(another)
    const credentials = { username: "111@abc-company", password: foreign }
    expect(await reasonOf(ours.Promises.openSkySwitch({ address, client, credentials }))).toMatchObject(another)
  })

  it("a provider with a cap of living tokens is kept to it by the copy that runs the session", async () => {
    const form = (path: string, fields: ReadonlyArray<readonly [string, never]>) =>
      ({ method: "POST", path, encoding: "form", fields }) as const
    const value = theirs.Definition.defineProvider({
      id: "acme-capped",
      name: "Acme",
      page: "https://acme.example/tokens",
      addresses: {},
      options: { key: { title: "Key", doc: "A key.", identifies: true, secret: true } },
      clientAuthentication: "form",
      clientSecret: "required",
      signsInWith: "client",
      renewsWith: "sign_in",
      rotation: "none",
      defaultLifetime: 3_600_000,
      capabilities: ["revoke"],
      liveTokens: theirs.LiveTokens.keptBelow(1),
      grants: { ClientCredentials: (_, { options }) => form("/token", [["key", options.key as never]]) },
      revocation: (bearer) => form("/revoke", [["token", bearer as never]]),
    })
    const provider = ours.OwnCopy.ofThisCopy(value)
    const asked: Array<string> = []
    const fetch: typeof globalThis.fetch = async (input, init) => {
      asked.push(
        `${new URL(String(input)).pathname} ${new URLSearchParams(String(init?.body)).get("token") ?? ""}`.trim(),
      )
      return Response.json({ access_token: `token-${asked.length}`, expires_in: 3_600 })
    }
    const opened = {
      configure: (options: object) => ours.Configuration.configure(provider, options),
    }
    const options = { address: "https://acme.example", client: { id: "app", secret: "made-up" }, key: "made-up-key" }
    const session = await ours.PromiseProvider.open(opened, options, { fetch })
    expect(await session.accessToken()).toBe("token-1")
    const { generation } = await session.bearer()
    session.reject(generation)
    expect(await session.accessToken()).toBe("token-3")
    await session.close()
    expect(asked).toEqual(["/token", "/revoke token-1", "/token", "/revoke token-3"])
  })
})
