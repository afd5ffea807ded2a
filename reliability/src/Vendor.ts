/**
 * The vendors that the rows sign in with: made-up accounts of the emulated world, and what to look for in its journal.
 */
import type { GrantName, ProviderName } from "@pbx-auth/emulator/Journal"
import type { AuthError } from "@pbx-auth/providers/AuthError"
import * as Ipex from "@pbx-auth/providers/Ipex"
import * as Landstar from "@pbx-auth/providers/Landstar"
import * as NetSapiens from "@pbx-auth/providers/NetSapiens"
import type { Capability, Configured, Credentials, Rotation } from "@pbx-auth/providers/Provider"
import * as SangomaCx from "@pbx-auth/providers/SangomaCx"
import * as SkySwitch from "@pbx-auth/providers/SkySwitch"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

export interface Vendor {
  readonly name: string
  readonly emulated: ProviderName
  /** The grants by which it signs in and renews. */
  readonly signsIn: GrantName
  readonly renews: GrantName
  /** Of an access token, ms, by the vendor's page. */
  readonly life: number
  /** Where the emulator says whether a bearer is good. */
  readonly api: string
  /** Who signs in; absent if the client is its own account. */
  readonly person: Credentials | undefined
  readonly configure: (address: string, more?: object) => Configured<Capability>
}

const made = <C extends Capability>(configured: Result.Result<Configured<C>, AuthError>): Configured<Capability> =>
  Result.getOrThrow(configured)

const person = (username: string, password: string): Credentials => ({ username, password: Redacted.make(password) })

export const client = { id: "your-client-id", secret: "your-client-secret" }

export const skyswitch: Vendor = {
  name: "SkySwitch",
  emulated: NetSapiens.provider.id,
  signsIn: "password",
  renews: "refresh_token",
  life: 3_600_000,
  api: "/ns-api",
  person: person("1000@acmecorp", "mypassword"),
  configure: (address, more) => made(SkySwitch.configure({ address, client, ...more })),
}

export const landstar: Vendor = {
  ...skyswitch,
  name: "Landstar",
  person: person("111@abc-company", "1234"),
  configure: (address, more) => made(Landstar.configure({ address, client, ...more })),
}

export const ipex: Vendor = {
  name: "IPEX",
  emulated: Ipex.provider.id,
  signsIn: "password",
  renews: "refresh_token",
  life: 3_000_000,
  api: "/ipbx/calls",
  person: person("api-user@example.test", "ipex-password"),
  configure: (address, more) => made(Ipex.configure({ address, ...more })),
}

export const sangomaCx: Vendor = {
  name: "Sangoma CX",
  emulated: SangomaCx.provider.id,
  signsIn: "client_credentials",
  renews: "client_credentials",
  life: 24_304_413_000,
  api: "/cx/agent-calls",
  person: undefined,
  configure: (address, more) =>
    made(
      SangomaCx.configure({
        address,
        client: { id: "sangoma-client-id", secret: "sangoma-client-secret" },
        scopes: ["cx.agent-calls", "cx.queue-calls"],
        ...more,
      }),
    ),
}

export const vendors: ReadonlyArray<Vendor> = [skyswitch, landstar, ipex, sangomaCx]

/** With credentials at hand, so that it may sign in without a person. */
export const unattended = (vendor: Vendor, address: string, more: object = {}): Configured<Capability> =>
  vendor.configure(address, { ...(vendor.person && { credentials: vendor.person }), ...more })

/** The same account at a provider whose page says what happens to a refresh token. */
export const rotating = (configured: Configured<Capability>, rotation: Rotation): Configured<Capability> => ({
  ...configured,
  account: { ...configured.account, provider: { ...configured.account.provider, rotation } },
})

/** A person with an account at SkySwitch that has a second factor, and the answer to it. */
export const withFactor = person("222@abc-company", "5678")
export const passcode = Redacted.make("246802")

/** The subjects that SkySwitch's reseller and IPEX' user may act for. */
export const subjects = { netsapiens: "1001@acmecorp.12345.service", ipex: "someone@example.test" } as const

/** So many subscribers, each with an account of its own, and their part of a world. */
export const crowd = (size: number) => {
  const accounts = Array.from({ length: size }, (_, index) => ({
    extension: String(3000 + index),
    domain: "acmecorp.12345.service",
    password: `crowd-password-${index}`,
    scope: "Office Manager",
  }))
  return {
    accounts,
    people: accounts.map(({ extension, password }) => person(`${extension}@acmecorp`, password)),
  }
}
