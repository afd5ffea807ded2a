// The first view, rendered on the server. The snapshot that it is rendered from goes along as JSON.
import type { RemoteSnapshot } from "@pbx-auth/machine/RemoteSession"
import { openRemote } from "@pbx-auth/machine/RemoteSession"
import { StrictMode } from "react"
import { renderToString } from "react-dom/server"
import { SessionCard } from "../react/SessionCard.tsx"

export const render = (first: RemoteSnapshot, language: string): string => {
  // On the server nobody subscribes, so no stream opens; a view is all that is taken of it.
  const session = openRemote({ url: "/session", first, window: nowhere })
  const card = renderToString(
    <StrictMode>
      <SessionCard session={session} now={session.now} startedAt={first.now} language={language} />
    </StrictMode>,
  )
  // `<` would let a text in the JSON end the script.
  const json = JSON.stringify(first).replaceAll("<", "\\u003c")
  return `<main id="card">${card}</main>\n<script type="application/json" id="first">${json}</script>`
}

const unasked = () => {
  throw new Error("A page on the server is only looked at")
}

const nowhere = { EventSource: unasked as never, fetch: unasked, setTimeout: unasked, Date }
