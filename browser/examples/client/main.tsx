// A page that no server renders, with a session that lives on a server: it asks for the first snapshot.
import "../card.css"
import { loadRemote, NoFirstSnapshot } from "@pbx-auth/machine/RemoteSession"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { SessionCard } from "../react/SessionCard.tsx"

const root = createRoot(document.body.appendChild(document.createElement("main")))

try {
  // #region session
  const session = await loadRemote({ url: "/session", window })
  // #endregion
  root.render(
    <StrictMode>
      <SessionCard
        session={session}
        now={session.now}
        startedAt={session.now()}
        language={document.documentElement.lang}
      />
    </StrictMode>,
  )
} catch (error) {
  const code = error instanceof NoFirstSnapshot ? error.code : "unreachable"
  root.render(
    <section className="card" data-connection={code}>
      <h1>{code === "visit_ended" ? <a href="/enter">Sign in to the app</a> : "Your server cannot be reached."}</h1>
    </section>,
  )
}
