/** The tables, and each statement that touches them. */

/** What a table may be called, with or without its schema. It is written into statements, so nothing else may be in it. */
const NAME = /^(?:[a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]*$/

/** An identifier of PostgreSQL has at most 63 bytes, and `_holders` is added. The channel has the table's whole name. */
const LONGEST = 50

export const isTable = (table: string): boolean => table.length <= LONGEST && NAME.test(table)

/** As it is written into a statement. */
export const quoted = (table: string): string =>
  table
    .split(".")
    .map((part) => `"${part}"`)
    .join(".")

/** Each statement of `create` is one call. */
export interface Statements {
  readonly create: ReadonlyArray<string>
  /** () → whether both tables are there, and the server's `fsync`. */
  readonly look: string
  /** (name) → version, bytes. */
  readonly read: string
  /** (prefix) → name. */
  readonly list: string
  /** (name, version, bytes) → a row if it was done; so do the next ones. */
  readonly insert: string
  /** (name, version, bytes, expected). */
  readonly update: string
  /** (name, expected). */
  readonly remove: string
  /** (name). */
  readonly absent: string
  readonly channel: string
  /** (holder, lock). */
  readonly announce: string
  /** (holder, lock). */
  readonly withdraw: string
  /** (holder) → a row with `true` if its process holds its lock no more. */
  readonly isGone: string
  /** Removes what dead processes left. */
  readonly sweep: string
}

/**
 * Versions are random and made by the writer: a sequence goes back when a standby takes over that missed the last of them.
 *
 * `synchronous_commit = off` acknowledges what a crash still loses, so it is put right for the statement's own transaction.
 */
export const statementsFor = (table: string, hints: boolean): Statements => {
  const cells = quoted(table)
  const holders = quoted(`${table}_holders`)
  const told = hints ? `pg_notify('${table}', name)` : "name"
  const written = (change: string) =>
    `WITH changed AS (${change} RETURNING name) SELECT ${told}, CASE WHEN current_setting('synchronous_commit') = 'off' ` +
    "THEN set_config('synchronous_commit', 'on', true) END FROM changed"
  const alive = "pg_try_advisory_xact_lock_shared(lock)"
  return {
    create: [
      `CREATE TABLE IF NOT EXISTS ${cells} (
  name text COLLATE "C" PRIMARY KEY,
  version text NOT NULL,
  bytes bytea NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
)`,
      // What it holds is worth nothing after a crash of the server.
      `CREATE UNLOGGED TABLE IF NOT EXISTS ${holders} (
  holder text COLLATE "C" PRIMARY KEY,
  lock bigint NOT NULL,
  server_started timestamptz NOT NULL,
  announced_at timestamptz NOT NULL DEFAULT now()
)`,
    ],
    look: `SELECT to_regclass('${cells}') IS NOT NULL AND to_regclass('${holders}') IS NOT NULL, current_setting('fsync')`,
    read: `SELECT version, bytes FROM ${cells} WHERE name = $1`,
    list: `SELECT name FROM ${cells} WHERE starts_with(name, $1)`,
    insert: written(`INSERT INTO ${cells} (name, version, bytes) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`),
    update: written(
      `UPDATE ${cells} SET version = $2, bytes = $3, changed_at = now() WHERE name = $1 AND version = $4`,
    ),
    remove: written(`DELETE FROM ${cells} WHERE name = $1 AND version = $2`),
    absent: `SELECT true WHERE NOT EXISTS (SELECT FROM ${cells} WHERE name = $1)`,
    channel: table,
    announce:
      `INSERT INTO ${holders} (holder, lock, server_started) VALUES ($1, $2::bigint, pg_postmaster_start_time()) ` +
      "ON CONFLICT (holder) DO UPDATE SET lock = excluded.lock, server_started = excluded.server_started, announced_at = now()",
    withdraw: `DELETE FROM ${holders} WHERE holder = $1 AND lock = $2::bigint`,
    isGone: `SELECT ${alive} FROM ${holders} WHERE holder = $1 AND server_started = pg_postmaster_start_time()`,
    sweep:
      `DELETE FROM ${holders} WHERE server_started <> pg_postmaster_start_time() ` +
      `OR (announced_at < now() - interval '1 day' AND ${alive})`,
  }
}
