/** The chart's events, and the commands that came out. */
import type { State } from "./Model.ts"
import { clock } from "./Words.ts"

export const Events = ({ steps }: Pick<State, "steps">) => (
  <section class="pg-card pg-events" aria-label="Events and commands">
    <h2>
      Events and commands <small>in and out of the machine</small>
    </h2>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard. */}
    <ol class="pg-scroll" tabIndex={0} aria-label="Events, the newest first">
      {steps.length === 0 && <li class="pg-empty">Nothing has happened yet.</li>}
      {steps.toReversed().map(({ at, commands, event, from, n, to }) => (
        <li key={n} data-state={to.split(".")[0]}>
          <p>
            <span class="pg-at">{clock(at)}</span> <b>{event}</b>{" "}
            <span class="pg-to">→ {to === from ? "stays" : to}</span>
          </p>
          {commands.length > 0 && (
            <p class="pg-commands">
              {commands.map((command) => (
                <code key={command}>{command}</code>
              ))}
            </p>
          )}
        </li>
      ))}
    </ol>
  </section>
)
