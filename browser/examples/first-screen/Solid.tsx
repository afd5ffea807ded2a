// The first screen in Solid: signing in with a second factor. docs/first-screen.md is its tutorial.
import { SessionView } from "@pbx-auth/machine/SessionView"
import { fromActorRef } from "@xstate/solid"
import { createMemo, Show } from "solid-js"
import { session, signIn, signOut, submitPasscode } from "./session.ts"

const submits =
  (to: (form: HTMLFormElement) => void) => (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }) => {
    event.preventDefault()
    to(event.currentTarget)
  }

export default function App() {
  const snapshot = fromActorRef(session.actor)
  const view = createMemo(() => SessionView.of(snapshot()))
  return (
    <main data-path={view().path}>
      <h1>{view().label}</h1>
      <Show when={view().refusal}>{(refusal) => <p role="alert">{refusal().message}</p>}</Show>
      <Show when={view().actions.includes("sign_in")}>
        <form method="post" onSubmit={submits(signIn)}>
          <input name="username" aria-label="User name" autocomplete="username" required />
          <input name="password" aria-label="Password" type="password" autocomplete="current-password" required />
          <button type="submit">Sign in</button>
        </form>
      </Show>
      <Show when={view().actions.includes("submit_passcode")}>
        <form method="post" onSubmit={submits(submitPasscode)}>
          <input name="passcode" aria-label="Passcode" inputmode="numeric" autocomplete="one-time-code" required />
          <button type="submit">Go on</button>
        </form>
      </Show>
      <Show when={view().actions.includes("sign_out")}>
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      </Show>
    </main>
  )
}
