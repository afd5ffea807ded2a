/** The session now: its state in words, how long its token lives, and what can be done. */
import type { OfferedAction } from "@pbx-auth/machine/SessionView"
import { useEffect, useRef, useState } from "preact/hooks"
import { type CallId, calls } from "./Action.ts"
import { Button } from "./Controls.tsx"
import type { Playground, State } from "./Model.ts"
import { accountOf, providers } from "./Provider.ts"
import { span } from "./Words.ts"

const Passcode = ({
  playground,
  settings,
}: {
  readonly playground: Playground
  readonly settings: State["settings"]
}) => {
  const [text, setText] = useState("")
  const { passcode } = accountOf(settings)
  return (
    <form
      class="pg-passcode"
      onSubmit={(event) => {
        event.preventDefault()
        void playground.submitPasscode(text)
      }}
    >
      <label>
        <span>Passcode</span>
        <input
          class="pg-input"
          name="passcode"
          inputMode="numeric"
          autocomplete="off"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="pg-button pg-main" data-do="passcode">
        Enter
      </button>
      {passcode !== undefined && (
        <button type="button" class="pg-hint" data-do="fill" onClick={() => setText(passcode)}>
          The authenticator shows {passcode}: fill it in
        </button>
      )}
    </form>
  )
}

const Life = ({ now, view }: { readonly now: number; readonly view: State["view"] }) => {
  // A person may try at once what failed: then there is nothing to wait for.
  const retryAt = view.retryAt !== null && view.retryAt > now ? view.retryAt : null
  const until = view.challengeUntil ?? retryAt ?? view.expiresAt
  const of =
    view.challengeUntil !== null
      ? "to enter it"
      : retryAt !== null
        ? "to the next try"
        : `left of token ${view.generation}`
  const { dueAt, expiresAt } = view
  const left = until === null ? null : Math.max(0, until - now)
  // A bar of an hour, or of 281 days: its whole is how much was left when the token was first seen.
  const whole = useRef({ key: "", ms: 1 })
  const key = `${view.generation} ${until}`
  if (left !== null && whole.current.key !== key) whole.current = { key, ms: Math.max(left, 1) }
  const share = left === null ? 0 : Math.min(1, left / whole.current.ms)
  const dueShare =
    dueAt === null || expiresAt === null || until !== expiresAt
      ? null
      : Math.min(1, (expiresAt - dueAt) / whole.current.ms)
  return (
    <div class="pg-life">
      <p class="pg-left">
        {left === null ? <span class="pg-none">No token</span> : <span>{span(left)}</span>}
        <small>
          {left === null ? "nothing to hand out" : of}
          {until !== expiresAt &&
            expiresAt !== null &&
            expiresAt > now &&
            `; token ${view.generation}: ${span(expiresAt - now)}`}
        </small>
      </p>
      <div class="pg-bar" aria-hidden="true">
        <div style={{ width: `${share * 100}%` }} />
        {dueShare !== null && dueShare > 0 && <i style={{ left: `${dueShare * 100}%` }} title="due" />}
      </div>
    </div>
  )
}

const offered: ReadonlyArray<readonly [OfferedAction, CallId]> = [
  ["sign_in", "sign-in"],
  ["act_as", "act-as"],
  ["stop_acting", "stop-acting"],
  ["cancel", "cancel"],
  ["sign_out", "sign-out"],
]

const short = { token: "Get a token", callers: "1 000 callers", call: "Call the API" } as const

/** What calls for the reader's eye in each state. */
const main: ReadonlySet<CallId> = new Set<CallId>(["sign-in"])

export const Now = ({ playground, state }: { readonly playground: Playground; readonly state: State }) => {
  const { phase, result, settings, touring, view } = state
  const card = useRef<HTMLElement>(null)
  const wasHere = useRef(false)
  const provider = providers[settings.provider]
  const { login } = accountOf(settings)
  const act = (id: CallId) => void playground.act(id)

  // Focus follows what the reader did: to the passcode, or to the first thing to do when the button that was pressed has gone.
  useEffect(() => {
    const here = card.current
    if (here === null || touring !== null || !wasHere.current) return
    const { activeElement } = document
    if (activeElement !== document.body && activeElement !== null && !here.contains(activeElement)) return
    const passcode = here.querySelector<HTMLElement>("input[name=passcode]")
    if (passcode !== null && activeElement !== passcode) passcode.focus({ preventScroll: true })
    else if (!here.contains(activeElement)) here.querySelector<HTMLElement>("[data-do]")?.focus({ preventScroll: true })
  }, [view.path, touring])

  const isReady = phase === "ready"
  const person = settings.mode === "person"
  return (
    <section
      ref={card}
      class="pg-card pg-now"
      data-state={view.state}
      data-path={view.path}
      data-phase={phase}
      aria-label="The session"
      onFocusIn={() => {
        wasHere.current = true
      }}
      onFocusOut={(event) => {
        // Null when the focused element goes: then it was still here.
        if (event.relatedTarget !== null) wasHere.current = card.current?.contains(event.relatedTarget as Node) === true
      }}
    >
      <p class="pg-state">
        <span class="pg-dot" aria-hidden="true" />
        <code>{view.path}</code>
      </p>
      <p class="pg-said" role="status">
        {view.label}
        {view.refusal !== null && <small>{view.refusal.message}</small>}
      </p>
      <p class="pg-who">{view.subject === null ? login : `${login}, as ${view.subject}`}</p>
      <Life now={state.now} view={view} />
      <div class="pg-actions pg-offered">
        {view.actions.includes("submit_passcode") && <Passcode playground={playground} settings={settings} />}
        {offered.map(
          ([action, id]) =>
            view.actions.includes(action) && (
              <Button key={id} name={id} isMain={main.has(id)} isOff={!isReady} onClick={() => act(id)}>
                {id === "act-as" ? `Act for ${provider.subject?.split(".")[0]}` : calls[id]}
              </Button>
            ),
        )}
        {view.actions.includes("sign_in") && person && (
          <Button name="wrong-password" isOff={!isReady} onClick={() => act("wrong-password")}>
            With a wrong password
          </Button>
        )}
      </div>
      <fieldset class="pg-app">
        <legend class="pg-tag">Your app</legend>
        <div class="pg-actions">
          {(["token", "callers", "call"] as const).map((id) => (
            <Button key={id} name={id} isOff={!isReady} onClick={() => act(id)}>
              {short[id]}
            </Button>
          ))}
          {provider.inspects && (
            <Button name="inspect" isOff={!isReady} onClick={() => act("inspect")}>
              Inspect
            </Button>
          )}
        </div>
      </fieldset>
      <div
        class={result?.isBad ? "pg-result pg-bad" : "pg-result"}
        role="status"
        tabIndex={result === null ? undefined : 0}
      >
        {result !== null && (
          <p>
            <strong>
              {result.page === undefined ? (
                (result.reason ?? result.title)
              ) : (
                <a href={`${result.page}/`}>{result.reason}</a>
              )}
            </strong>{" "}
            {result.text}
          </p>
        )}
      </div>
    </section>
  )
}
