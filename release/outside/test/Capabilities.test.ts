/** The types that follow from the value. `tsc` checks them: a line that must not compile stands below `@ts-expect-error`. */
import type { CapabilitiesOf } from "@pbx-auth/providers/Definition"
import { open } from "@pbx-auth/session/PromiseProvider"
import type * as Session from "@pbx-auth/session/Session"
import { expectTypeOf, it } from "vitest"
import acme from "../src/Acme.ts"
import { Acme } from "../src/AcmeService.ts"
import { optionsOf } from "./AcmeFixtures.ts"

type PromiseSession = Awaited<ReturnType<typeof opened>>
const opened = () => open(acme, optionsOf("north"))

it("a session has the operations of the provider's capabilities, and no other", () => {
  expectTypeOf<CapabilitiesOf<typeof acme>>().toEqualTypeOf<"revoke">()
  expectTypeOf<(typeof Acme)["Service"]>().toEqualTypeOf<Session.Of<"revoke">>()
  expectTypeOf<PromiseSession>().toHaveProperty("signOut")
  expectTypeOf<PromiseSession>().not.toHaveProperty("actAs")
  expectTypeOf<PromiseSession>().not.toHaveProperty("submitPasscode")
  expectTypeOf<PromiseSession>().not.toHaveProperty("inspect")
})

it("an option that is missing, or that the provider does not have, does not compile", () => {
  const { tenant, ...rest } = optionsOf("north")
  // @ts-expect-error: the tenant is missing
  Acme.layer(rest)
  // @ts-expect-error: a tenant is a text
  acme.configure({ ...rest, tenant: 1 })
  // @ts-expect-error: there is no such option
  acme.configure({ ...rest, tenant, tennant: tenant })
})
