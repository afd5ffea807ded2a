// A component that wants to be signed in whenever it is mounted. It may be mounted twice, and anew: one sign-in comes of it.
import { useEffect } from "react"
import { SessionCard } from "../react/SessionCard.tsx"
import { session } from "./session.ts"

export const SignedIn = () => {
  useEffect(() => {
    const { mounted = "0" } = document.body.dataset
    document.body.dataset.mounted = String(Number(mounted) + 1)
    // #region sign-in
    session.actor.send({ type: "SignIn" })
    // #endregion
  }, [])
  return <SessionCard session={session} now={Date.now} startedAt={Date.now()} />
}
