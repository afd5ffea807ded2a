// Mounts the component that signs in whenever it is mounted, in StrictMode: twice.
import "../card.css"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { SignedIn } from "./SignedIn.tsx"

createRoot(document.body.appendChild(document.createElement("main"))).render(
  <StrictMode>
    <SignedIn />
  </StrictMode>,
)
