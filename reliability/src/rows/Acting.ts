/** Vendors whose users act for others. */
import type { World } from "@pbx-auth/emulator/World"
import type { Credentials } from "@pbx-auth/providers/Provider"
import * as Redacted from "effect/Redacted"
import { ipex, skyswitch, type Vendor } from "../Vendor.ts"

/** A vendor whose users may act for others, and two who do. */
export interface Acting {
  readonly vendor: Vendor
  readonly canRevoke: boolean
  /** The user whose session dies, and the one whose session goes on, as the journal names them. */
  readonly dying: string
  readonly living: string
  readonly neighbour: Credentials
  readonly subjectOf: (index: number) => string
  readonly worldOf: (subjects: number) => object
  readonly without: (world: World, name: string) => World
  /** Where the API returns the caller's name. */
  readonly names: "uid" | "email"
}

const domain = "acmecorp.12345.service"

export const masquerading: Acting = {
  vendor: skyswitch,
  canRevoke: true,
  dying: `1000@${domain}`,
  living: `1002@${domain}`,
  neighbour: { username: "1002@acmecorp", password: Redacted.make("another-password") },
  subjectOf: (index) => `${2_000 + index}@${domain}`,
  worldOf: (subjects) => ({
    netsapiens: {
      accounts: [
        { extension: "1000", domain, password: "mypassword", scope: "Reseller" },
        { extension: "1002", domain, password: "another-password", scope: "Reseller" },
        ...Array.from({ length: subjects }, (_, index) => ({
          extension: String(2_000 + index),
          domain,
          scope: "Basic User",
        })),
      ],
    },
  }),
  without: (world, name) => ({
    ...world,
    netsapiens: {
      ...world.netsapiens,
      accounts: world.netsapiens.accounts.filter((account) => `${account.extension}@${account.domain}` !== name),
    },
  }),
  names: "uid",
}

export const impersonating: Acting = {
  vendor: ipex,
  canRevoke: false,
  dying: "api-user@example.test",
  living: "neighbour@example.test",
  neighbour: { username: "neighbour@example.test", password: Redacted.make("another-password") },
  subjectOf: (index) => `subject-${index}@example.test`,
  worldOf: (subjects) => ({
    ipex: {
      accounts: [
        { email: "api-user@example.test", password: "ipex-password", impersonation: true },
        { email: "neighbour@example.test", password: "another-password", impersonation: true },
        ...Array.from({ length: subjects }, (_, index) => ({
          email: `subject-${index}@example.test`,
          impersonation: false,
        })),
      ],
    },
  }),
  without: (world, name) => ({
    ...world,
    ipex: { ...world.ipex, accounts: world.ipex.accounts.filter(({ email }) => email !== name) },
  }),
  names: "email",
}
