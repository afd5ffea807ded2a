// Mounts the card in a page of React, on the session of this tab.
import "../card.css"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { session } from "../tab/session.ts"
import { SessionCard } from "./SessionCard.tsx"

const root = createRoot(document.body.appendChild(document.createElement("main")))
root.render(
  <StrictMode>
    <SessionCard session={session} now={Date.now} startedAt={Date.now()} language={document.documentElement.lang} />
  </StrictMode>,
)
