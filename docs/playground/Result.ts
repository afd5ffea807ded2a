/** What became of the reader's last action. */

export interface Result {
  readonly title: string
  readonly text: string
  readonly isBad: boolean
  /** The reason of an `AuthError`, and the page about it. */
  readonly reason?: string
  readonly page?: string
}

/** An action that failed: an `AuthError` has a reason and a page. */
export const failed = (title: string, error: unknown): Result => {
  const { page, reason } = error as { readonly page?: string; readonly reason?: { readonly _tag: string } }
  const text = error instanceof Error ? error.message : String(error)
  return { title, text, isBad: true, ...(reason && { reason: reason._tag }), ...(page !== undefined && { page }) }
}
