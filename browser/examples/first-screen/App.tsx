// The first screen in React: signing in with a second factor. docs/first-screen.md is its tutorial.
import { SessionView } from "@pbx-auth/machine/SessionView"
import { useSelector } from "@xstate/react"
import type { FormEvent } from "react"
import { session, signIn, signOut, submitPasscode } from "./session.ts"

const submits = (to: (form: HTMLFormElement) => void) => (event: FormEvent<HTMLFormElement>) => {
  event.preventDefault()
  to(event.currentTarget)
}

export default function App() {
  const view = useSelector(session.actor, SessionView.of)
  return (
    <main data-path={view.path}>
      <h1>{view.label}</h1>
      {view.refusal && <p role="alert">{view.refusal.message}</p>}
      {view.actions.includes("sign_in") && (
        <form method="post" onSubmit={submits(signIn)}>
          <input name="username" aria-label="User name" autoComplete="username" required />
          <input name="password" aria-label="Password" type="password" autoComplete="current-password" required />
          <button type="submit">Sign in</button>
        </form>
      )}
      {view.actions.includes("submit_passcode") && (
        <form method="post" onSubmit={submits(submitPasscode)}>
          <input name="passcode" aria-label="Passcode" inputMode="numeric" autoComplete="one-time-code" required />
          <button type="submit">Go on</button>
        </form>
      )}
      {view.actions.includes("sign_out") && (
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      )}
    </main>
  )
}
