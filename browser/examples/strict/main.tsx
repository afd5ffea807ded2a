import "../card.css"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { SignedIn } from "./SignedIn.tsx"

createRoot(document.body.appendChild(document.createElement("main"))).render(
  <StrictMode>
    <SignedIn />
  </StrictMode>,
)
