/** What a screen is given, and what the machine remembers, as JSON. Neither has a secret in it. */
import type { State } from "./Model.ts"

/** Keys, texts and numbers in their colours. */
const Json = ({ name, value }: { readonly name: string; readonly value: unknown }) => {
  const text = JSON.stringify(value, null, 2)
  const parts = text.split(/("(?:[^"\\]|\\.)*"(?:: )?)/)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard.
    <section class="pg-scroll" tabIndex={0} aria-label={name}>
      <pre>
        {parts.map((part) => {
          const kind = part.endsWith(": ") ? "pg-key" : part.startsWith('"') ? "pg-text" : undefined
          return kind === undefined ? part : <span class={kind}>{part}</span>
        })}
      </pre>
    </section>
  )
}

export const ViewPanel = ({ snapshot, view }: Pick<State, "snapshot" | "view">) => (
  <section class="pg-views" aria-label="As JSON">
    <div class="pg-card">
      <h2>
        The view <small>what a screen shows</small>
      </h2>
      <Json name="The view" value={view} />
    </div>
    <div class="pg-card">
      <h2>
        The snapshot <small>what the machine remembers: never a secret</small>
      </h2>
      <Json name="The snapshot" value={{ value: snapshot.value, context: snapshot.context }} />
    </div>
  </section>
)
