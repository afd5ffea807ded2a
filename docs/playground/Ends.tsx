/** To begin again, and to send what is shown to somebody. */
import { useState } from "preact/hooks"
import { Button } from "./Controls.tsx"
import type { Playground } from "./Model.ts"

/** How long the button says that it did, ms. */
const told = 1_500

export const Ends = ({ playground }: { readonly playground: Playground }) => {
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(new URL(playground.address(), location.href).href)
      setCopied(true)
      setTimeout(() => setCopied(false), told)
    } catch {
      // The browser does not allow it. The address stands in its own bar.
    }
  }
  return (
    <div class="pg-ends">
      <Button name="start-over" onClick={() => void playground.choose(playground.state().settings)}>
        Start over
      </Button>
      <Button name="copy-link" onClick={() => void copy()}>
        <span class="pg-stack" aria-live="polite">
          <span class={isCopied ? "pg-gone" : ""}>Copy link</span>
          <span class={isCopied ? "" : "pg-gone"}>Copied</span>
        </span>
      </Button>
    </div>
  )
}
