// The session of the first screen, and what its two forms do. docs/first-screen.md is its tutorial.
import { openSkySwitch } from "@pbx-auth/session/Promises"

// One session for the page, outside all components. No secret of a person is here: they type it in.
export const session = await openSkySwitch({
  // The page's own server hands what goes to /ns-api on to the provider.
  address: location.origin,
  client: { id: "your-client-id", secret: "your-client-secret" },
})

/** Reads what a person typed, and empties the form. */
const take = (form: HTMLFormElement) => {
  const fields = new FormData(form)
  form.reset()
  return (name: string) => String(fields.get(name))
}

// The outcome is in the next view, a refusal too. So nothing is left to do when the promise rejects.
export const signIn = (form: HTMLFormElement) => {
  const field = take(form)
  session.signIn({ username: field("username"), password: field("password") }).catch(() => {})
}

export const submitPasscode = (form: HTMLFormElement) => {
  session.submitPasscode(take(form)("passcode")).catch(() => {})
}

export const signOut = () => session.actor.send({ type: "SignOut" })
