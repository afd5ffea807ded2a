/** What went over the wire: one line for each exchange, and what is in it when you open the line. */
import type { State } from "./Model.ts"
import type { WireLine } from "./WireLine.ts"
import { clock } from "./Words.ts"

const Part = ({ name, rows }: { readonly name: string; readonly rows: ReadonlyArray<readonly [string, string]> }) => (
  <div class="pg-part">
    <h3>{name}</h3>
    <dl>
      {rows.map(([field, value]) => (
        <div key={field}>
          <dt>{field}</dt>
          <dd class={value === "<redacted>" ? "pg-redacted" : ""}>{value}</dd>
        </div>
      ))}
    </dl>
  </div>
)

const Line = ({ line }: { readonly line: WireLine }) => (
  <li>
    <details>
      <summary>
        <span class="pg-n">{line.n}</span>
        <span class="pg-at">{clock(line.at)}</span>
        <span class="pg-request">
          <b>{line.method}</b> {line.path}
        </span>
        <span class={line.status === 0 || line.status >= 400 ? "pg-status pg-bad" : "pg-status"}>
          {line.status === 0 ? "no answer" : line.status}
        </span>
        <span class="pg-outcome">
          {line.grant !== undefined && <em>{line.grant}</em>} {line.outcome}
        </span>
        {line.fault !== undefined && (
          <span class="pg-fault">
            {line.fault.replaceAll("_", " ")}, {line.acted ? "the server acted" : "the server did not act"}
          </span>
        )}
      </summary>
      <div class="pg-parts">
        {line.parts.map(({ name, rows }) => (
          <Part key={name} name={name} rows={rows} />
        ))}
        {line.follows !== undefined && (
          <blockquote>
            <cite>
              The line of <a href={line.follows.url}>the vendor's page</a> that it follows
            </cite>
            <code>{line.follows.sentence}</code>
          </blockquote>
        )}
      </div>
    </details>
  </li>
)

export const Wire = ({ wire }: Pick<State, "wire">) => (
  <section class="pg-card pg-wire" aria-label="On the wire">
    <h2>
      On the wire <small>Open a line. Secrets are redacted.</small>
    </h2>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard. */}
    <ol class="pg-scroll" tabIndex={0} aria-label="Requests, the newest first">
      {wire.length === 0 && <li class="pg-empty">Nothing was sent yet.</li>}
      {wire.toReversed().map((line) => (
        <Line key={line.n} line={line} />
      ))}
    </ol>
  </section>
)
