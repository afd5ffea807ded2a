/** To begin again, and to send what is shown to somebody. */
import { useState } from "preact/hooks"
import { Button } from "./Controls.tsx"
import type { Playground } from "./Model.ts"

/** How long the button says what became of it, ms. */
const told = 1_500

const words = { copy: "Copy link", copied: "Copied", refused: "Not copied" } as const

export const Ends = ({ playground }: { readonly playground: Playground }) => {
  const [says, setSays] = useState<keyof typeof words>("copy")
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(new URL(playground.address(), location.href).href)
      setSays("copied")
    } catch {
      // The browser does not allow it. The address stands in its own bar.
      setSays("refused")
    }
    setTimeout(() => setSays("copy"), told)
  }
  return (
    <div class="pg-ends">
      <Button name="start-over" onClick={() => void playground.choose(playground.state().settings)}>
        Start over
      </Button>
      <Button name="copy-link" onClick={() => void copy()}>
        <span class="pg-stack" aria-live="polite">
          {Object.entries(words).map(([id, text]) => (
            <span key={id} class={id === says ? "" : "pg-gone"}>
              {text}
            </span>
          ))}
        </span>
      </Button>
    </div>
  )
}
