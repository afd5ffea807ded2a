/** The renewal that a provider's value says is the one that the chart computes with. */
import type { RenewalPolicy } from "@pbx-auth/machine/Renewal"
import type { Renewal } from "@pbx-auth/providers/Provider"
import { expect, test } from "tstyche"

type Policy<All, Name> = Extract<All, { readonly policy: Name }>

test("a provider's renewal and the chart's policy are one type", () => {
  expect<Renewal>().type.toBe<RenewalPolicy>()
  // Each by itself, so that a failing test says which.
  expect<Renewal["policy"]>().type.toBe<RenewalPolicy["policy"]>()
  expect<Policy<Renewal, "before_expiry">>().type.toBe<Policy<RenewalPolicy, "before_expiry">>()
  expect<Policy<Renewal, "after_expiry">>().type.toBe<Policy<RenewalPolicy, "after_expiry">>()
  expect<Policy<Renewal, "never">>().type.toBe<Policy<RenewalPolicy, "never">>()
})
