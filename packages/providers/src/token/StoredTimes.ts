/** The edges of a stored token's life, as a record has them: epoch ms by the wall clock, `null` for never. */
export interface StoredTimes {
  readonly issuedAt: number
  readonly dueAt: number | null
  readonly usableUntil: number | null
  readonly expiresAt: number | null
}
