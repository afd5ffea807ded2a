/** A made-up operator of NetSapiens with several sites, in two versions of its value. The second one names records in another way. */
import { defineProvider } from "@pbx-auth/providers/Definition"
import * as NetSapiens from "@pbx-auth/providers/NetSapiens"
import type { Account } from "@pbx-auth/providers/Provider"

const site = { title: "Site", doc: "One of the operator's sites." }

export const operator = {
  id: "acme-voice",
  name: "Acme Voice",
  page: "https://acme.example/tokens",
  dialect: NetSapiens.dialect,
  addresses: { prefix: "/ns-api" },
  clientAuthentication: "form",
  clientSecret: "required",
  signsInWith: "password",
  renewsWith: "refresh_token",
  rotation: "strict",
  defaultLifetime: 3_600_000,
  capabilities: ["passcode"],
} as const

/** The first version: the site does not identify, which was a mistake. */
export const before = defineProvider({
  ...operator,
  options: { site: { ...site, identifies: false, default: "main" } },
})

/** The second one: it does. What was stored is that of the main site. */
export const after = defineProvider({
  ...operator,
  options: { site: { ...site, identifies: true } },
  formerAccounts: [
    (account): Account | undefined =>
      account.options?.site === "main" ? { ...account, identity: undefined } : undefined,
  ],
})
