// A session in Solid. `fromActorRef` of @xstate/solid takes `session.actor` of a session in this tab; Solid's own `from` takes
// any, also one that lives on a server.
import type { ScreenSession } from "@pbx-auth/machine/SessionRef"
import { type OfferedAction, SessionView } from "@pbx-auth/machine/SessionView"
import type { SessionActor } from "@pbx-auth/session/SessionActor"
import { fromActorRef } from "@xstate/solid"
import { createEffect, createMemo, createSignal, from, onCleanup, Show } from "solid-js"
import { countdown } from "../clock.ts"
import { refusalIn } from "../wording.ts"

/** The view of a session in this tab. */
// #region view
export const viewOf = (actor: SessionActor) => {
  const snapshot = fromActorRef(actor)
  return () => SessionView.of(snapshot())
}
// #endregion

interface Props {
  readonly session: ScreenSession
  /** Now, by the session's clock. */
  readonly now: () => number
  /** When the page was rendered, by the same clock. */
  readonly startedAt: number
  readonly language: string
}

export const SessionCard = (props: Props) => {
  const { actor } = props.session
  const snapshot = from((set) => {
    const { unsubscribe } = actor.subscribe((next) => set(() => next))
    return unsubscribe
  }, actor.getSnapshot())
  const view = createMemo(() => SessionView.of(snapshot()))
  const [time, setTime] = createSignal(props.startedAt)
  createEffect(() => {
    // With each view anew.
    view()
    const tick = () => setTime(props.now())
    tick()
    const ticking = setInterval(tick, 500)
    onCleanup(() => clearInterval(ticking))
  })

  const offers = (action: OfferedAction) => view().actions.includes(action)

  // What a person typed is read once, handed over, and gone. The forms say `post`, so that it cannot end in an address either, should
  // somebody be quicker than the page's program.
  const submitted =
    (hand: (field: (name: string) => string) => unknown) =>
    (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }) => {
      event.preventDefault()
      const fields = new FormData(event.currentTarget)
      event.currentTarget.reset()
      hand((name) => String(fields.get(name)))
    }

  return (
    <section
      class="card"
      data-state={view().state}
      data-path={view().path}
      data-busy={view().awaiting === "provider" ? "true" : "false"}
      data-connection={view().connection?.code}
    >
      <header>
        <span class="dot" />
        <h1>{view().label}</h1>
        <span class="left">{countdown(SessionView.secondsLeft(view(), time()))}</span>
        <Show when={view().subject}>{(subject) => <p class="subject">{subject()}</p>}</Show>
      </header>
      <Show when={view().refusal}>
        {(refusal) => (
          <p class="refusal" role="alert" data-code={refusal().code}>
            {refusalIn(props.language, refusal())}
          </p>
        )}
      </Show>
      <Show when={offers("sign_in")}>
        <form
          method="post"
          onSubmit={submitted((field) =>
            props.session.signIn({ username: field("username"), password: field("password") }).catch(() => {}),
          )}
        >
          <label>
            User name <input name="username" autocomplete="username" required />
          </label>
          <label>
            Password <input name="password" type="password" autocomplete="current-password" required />
          </label>
          <button type="submit">Sign in</button>
        </form>
      </Show>
      <Show when={offers("submit_passcode")}>
        <form
          method="post"
          onSubmit={submitted((field) => props.session.submitPasscode(field("passcode")).catch(() => {}))}
        >
          <label>
            Passcode <input name="passcode" inputmode="numeric" autocomplete="one-time-code" required />
          </label>
          <button type="submit">Go on</button>
        </form>
      </Show>
      <Show when={offers("act_as")}>
        <form method="post" onSubmit={submitted((field) => actor.send({ type: "ActAs", subject: field("subject") }))}>
          <label>
            Act for <input name="subject" placeholder="1001@acmecorp.12345.service" required />
          </label>
          <button type="submit">Act</button>
        </form>
      </Show>
      <footer>
        <Show when={offers("cancel")}>
          <button type="button" onClick={() => actor.send({ type: "Cancel" })}>
            Cancel
          </button>
        </Show>
        <Show when={offers("stop_acting")}>
          <button type="button" onClick={() => actor.send({ type: "StopActing" })}>
            Stop acting
          </button>
        </Show>
        <Show when={offers("sign_out")}>
          <button type="button" onClick={() => actor.send({ type: "SignOut" })}>
            Sign out
          </button>
        </Show>
      </footer>
    </section>
  )
}
