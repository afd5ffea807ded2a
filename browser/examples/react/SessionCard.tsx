// A session in React: XState's own binding takes it, wherever it lives.
import type { ScreenSession } from "@pbx-auth/machine/SessionRef"
import { SessionView } from "@pbx-auth/machine/SessionView"
import { useSelector } from "@xstate/react"
import { type FormEvent, useEffect, useState } from "react"
import { countdown } from "../clock.ts"
import { refusalIn } from "../wording.ts"

interface Props {
  readonly session: ScreenSession
  /** Now, by the session's clock. */
  readonly now: () => number
  /** When the page was rendered, by the same clock: a server's first view and the browser's are then the same. */
  readonly startedAt: number
  readonly language?: string
}

// #region view
export const SessionCard = ({ session, now, startedAt, language = "en" }: Props) => {
  const view = useSelector(session.actor, SessionView.of)
  // #endregion
  const [time, setTime] = useState(startedAt)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new view is counted down to from now on
  useEffect(() => {
    const tick = () => setTime(now())
    tick()
    const ticking = setInterval(tick, 500)
    return () => clearInterval(ticking)
  }, [now, view])

  // What a person typed is read once, handed over, and gone. The forms say `post`, so that it cannot end in an address either, should
  // somebody be quicker than the page's program.
  const submitted = (hand: (field: (name: string) => string) => unknown) => (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const fields = new FormData(form)
    form.reset()
    hand((name) => String(fields.get(name)))
  }
  const offers = (action: (typeof view.actions)[number]) => view.actions.includes(action)
  const { actor } = session

  return (
    <section
      className="card"
      data-state={view.state}
      data-path={view.path}
      data-busy={view.awaiting === "provider"}
      data-connection={view.connection?.code}
    >
      <header>
        <span className="dot" />
        <h1>{view.label}</h1>
        <span className="left">{countdown(SessionView.secondsLeft(view, time))}</span>
        {view.subject && <p className="subject">{view.subject}</p>}
      </header>
      {view.refusal && (
        <p className="refusal" role="alert" data-code={view.refusal.code}>
          {refusalIn(language, view.refusal)}
        </p>
      )}
      {offers("sign_in") && (
        <form
          method="post"
          onSubmit={submitted((field) =>
            session.signIn({ username: field("username"), password: field("password") }).catch(() => {}),
          )}
        >
          <label>
            User name
            <input name="username" autoComplete="username" required />
          </label>
          <label>
            Password
            <input name="password" type="password" autoComplete="current-password" required />
          </label>
          <button type="submit">Sign in</button>
        </form>
      )}
      {offers("submit_passcode") && (
        <form method="post" onSubmit={submitted((field) => session.submitPasscode(field("passcode")).catch(() => {}))}>
          <label>
            Passcode
            <input name="passcode" inputMode="numeric" autoComplete="one-time-code" required />
          </label>
          <button type="submit">Go on</button>
        </form>
      )}
      {offers("act_as") && (
        <form method="post" onSubmit={submitted((field) => actor.send({ type: "ActAs", subject: field("subject") }))}>
          <label>
            Act for
            <input name="subject" placeholder="1001@acmecorp.12345.service" required />
          </label>
          <button type="submit">Act</button>
        </form>
      )}
      <footer>
        {offers("cancel") && (
          <button type="button" onClick={() => actor.send({ type: "Cancel" })}>
            Cancel
          </button>
        )}
        {offers("stop_acting") && (
          <button type="button" onClick={() => actor.send({ type: "StopActing" })}>
            Stop acting
          </button>
        )}
        {offers("sign_out") && (
          <button type="button" onClick={() => actor.send({ type: "SignOut" })}>
            Sign out
          </button>
        )}
      </footer>
    </section>
  )
}
