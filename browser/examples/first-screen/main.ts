// The first screen without a framework: signing in with a second factor. docs/first-screen.md is its tutorial.
import { SessionView } from "@pbx-auth/machine/SessionView"
import { session, signIn, signOut, submitPasscode } from "./session.ts"

document.body.innerHTML = `
  <main>
    <h1></h1>
    <p role="alert" hidden></p>
    <form method="post" id="sign_in" hidden>
      <input name="username" aria-label="User name" autocomplete="username" required>
      <input name="password" aria-label="Password" type="password" autocomplete="current-password" required>
      <button>Sign in</button>
    </form>
    <form method="post" id="submit_passcode" hidden>
      <input name="passcode" aria-label="Passcode" inputmode="numeric" autocomplete="one-time-code" required>
      <button>Go on</button>
    </form>
    <button id="sign_out" hidden>Sign out</button>
  </main>`

const find = <E extends HTMLElement>(selector: string) => document.querySelector<E>(selector) as E
const submits = (form: HTMLFormElement, to: (form: HTMLFormElement) => void) =>
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    to(form)
  })
submits(find("#sign_in"), signIn)
submits(find("#submit_passcode"), submitPasscode)
find("#sign_out").addEventListener("click", signOut)

const show = () => {
  const view = SessionView.of(session.actor.getSnapshot())
  find("main").dataset.path = view.path
  find("h1").textContent = view.label
  find("[role=alert]").textContent = view.refusal?.message ?? ""
  find("[role=alert]").hidden = view.refusal === null
  for (const action of ["sign_in", "submit_passcode", "sign_out"] as const) {
    find(`#${action}`).hidden = !view.actions.includes(action)
  }
}
session.actor.subscribe(show)
show()
