/**
 * How a refusal is written.
 *
 * No page shows a refusal, so a client has to understand every form that is seen in the field. Reason and form are apart: each
 * provider has a table of reasons, and the world says in which form they go out.
 */
import { type Answer, html, json, type Reply, text } from "./Exchange.ts"
import type { Finding, RefusalReason } from "./Journal.ts"
import type { RefusalStyle } from "./WorldFields.ts"

/** A reason as the provider's own software likely says it. */
export interface Refusal {
  /** The HTTP status. */
  readonly status: number
  /** The error code of RFC 6749 section 5.2, or one like it. */
  readonly error: string
  /** A sentence for people. */
  readonly message: string
  /** False where the provider's own software leaves the sentence out. */
  readonly described?: boolean
  /** More headers, by name. */
  readonly headers?: Readonly<Record<string, string>>
}

const statusText: Readonly<Record<number, string>> = { 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden" }

/** The refusal on the wire, in the style of the world. */
export const reply = (refusal: Refusal, style: RefusalStyle): Reply => {
  const { error, message, described = true, headers } = refusal
  if (style === "inferred") {
    return json(refusal.status, { error, ...(described && { error_description: message }) }, headers)
  }
  const { status } = style
  switch (style.body) {
    case "error":
      return json(status, { error, error_description: message })
    case "code_message":
      return json(status, { code: status, message })
    case "code_msg":
      return json(status, { code: status, msg: message })
    case "text":
      return text(status, message)
    case "html":
      return html(status, statusText[status] ?? "Error")
    case "empty":
      return { status, headers: {}, body: "" }
  }
}

/** How a provider refuses: by reason, with what the journal may know about the request. */
export type Refuse<Reasons extends RefusalReason> = (reason: Reasons, known?: Omit<Finding, "outcome">) => Answer

/** Makes a provider's refusals from a table of its reasons. */
export const refusing =
  <Reasons extends RefusalReason>(
    table: Readonly<Record<Reasons, Refusal>>,
    style: () => RefusalStyle,
  ): Refuse<Reasons> =>
  (reason, known = {}) => ({
    reply: reply(table[reason], style()),
    finding: { ...known, outcome: `refused: ${reason}` },
  })
