// The same card in the browser, on a session that lives on the server.
import "../card.css"
import { openRemote } from "@pbx-auth/machine/RemoteSession"
import { StrictMode } from "react"
import { hydrateRoot } from "react-dom/client"
import { SessionCard } from "../react/SessionCard.tsx"

// #region session
const first = JSON.parse(document.querySelector("#first")?.textContent ?? "")
const session = openRemote({ url: "/session", first, window })
// #endregion

const card = document.querySelector("#card")
if (card) {
  hydrateRoot(
    card,
    <StrictMode>
      <SessionCard session={session} now={session.now} startedAt={first.now} language={document.documentElement.lang} />
    </StrictMode>,
  )
}
