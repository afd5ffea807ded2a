/** What the vendor's page prints, and what must come of it: the folder `fixtures/acme` with its `suite.json`. */
import { readdirSync, readFileSync } from "node:fs"
import * as FixtureFolder from "@pbx-auth/session/testing/FixtureFolder"
import acme from "../src/Acme.ts"

/** What a user of a tenant writes. Both tenants have a person of the same name and password. */
export const optionsOf = (tenant: string, password = "made-up-password") => ({
  tenant,
  client: { id: "acme-app", secret: "made-up-secret" },
  credentials: { username: "maria", password },
})

const folder = new URL("../fixtures/acme/", import.meta.url)
const textOf = (name: string) => readFileSync(new URL(name, folder), "utf8")
const files = Object.fromEntries(readdirSync(folder).map((name) => [name, textOf(name)]))

export const fixtures = FixtureFolder.read(acme, files, textOf("suite.json"))
