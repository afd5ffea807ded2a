/**
 * What went wrong at the server, in a store's words.
 *
 * SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */

import { StoreFailed } from "@pbx-auth/providers/AuthError"
import { StoreConflict } from "@pbx-auth/session/TokenStore"
import type { SqlError } from "effect/sql/SqlError"

const away = (fix: string) => new StoreFailed({ remedy: "retry", problem: "unreachable", fix })

export const tooSlow = /* @__PURE__ */ away("PostgreSQL did not answer in time. The session asks again.")

const forbidden = (fix: string) => new StoreFailed({ remedy: "configure", problem: "forbidden", fix })

/** The server's code, or Node's for a connection that failed; "" if neither said one. */
export const codeOf = ({ reason: { cause } }: SqlError): string =>
  typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""

const failures: Readonly<Record<string, StoreFailed>> = /* @__PURE__ */ (() => ({
  "42501": forbidden(
    "PostgreSQL does not let this user use the table. Grant SELECT, INSERT, UPDATE and DELETE on it and on its _holders, " +
      "or create both with the SQL of PostgresCells.createTable.",
  ),
  "28P01": forbidden("PostgreSQL refused the user or the password of the store's URL."),
  "28000": forbidden("PostgreSQL refused the user of the store's URL (pg_hba.conf)."),
  "3D000": new StoreFailed({
    remedy: "configure",
    problem: "unreachable",
    fix: "PostgreSQL has no database of this name. Look at the store's URL.",
  }),
  "53100": new StoreFailed({
    remedy: "configure",
    problem: "full",
    fix: "PostgreSQL's disk is full. Make room; what was stored before is still there.",
  }),
  ERR_INVALID_URL: new StoreFailed({
    remedy: "configure",
    fix: "The store's URL is not valid. Write postgres://user:password@host:port/database, with reserved letters as %XX.",
  }),
  "54000": new StoreFailed({
    remedy: "configure",
    fix: "A name or a record is too large for PostgreSQL.",
  }),
  "25006": away("PostgreSQL is read-only: it is a standby, or it is being moved. Let the URL name the primary server."),
  "53300": away("PostgreSQL takes no more connections. Raise max_connections, or lower the store's maxConnections."),
  "57P03": away("PostgreSQL is starting or stopping. The session asks again."),
}))()

/** Node's codes for a certificate that is not trusted or not the host's. */
const CERTIFICATE = /^(?:ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/

/**
 * 40001 means that another transaction changed the row, where the database's default isolation is above `read committed`.
 */
const isConflict = (error: SqlError): boolean => codeOf(error) === "40001"

/** @category conversions */
export const storeFailure = (error: SqlError): StoreFailed => {
  const code = codeOf(error)
  if (CERTIFICATE.test(code))
    return new StoreFailed({
      remedy: "configure",
      problem: "unreachable",
      fix: "The certificate of PostgreSQL is not trusted, or is for another host. Give its authority in `ssl: { ca }`.",
    })
  return failures[code] ?? away("PostgreSQL did not answer. The session asks again.")
}

export const replaceFailure = (error: SqlError): StoreFailed | StoreConflict =>
  isConflict(error) ? new StoreConflict() : storeFailure(error)
