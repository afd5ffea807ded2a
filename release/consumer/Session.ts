/** @pbx-auth/session with promises against @pbx-auth/emulator on a port: second factor, acting, inspection. */
import * as Emulator from "@pbx-auth/emulator/Emulator"
import { serve } from "@pbx-auth/emulator/Server"
import { openSkySwitch } from "@pbx-auth/session/Promises"
import * as Effect from "effect/Effect"

const expect = (what: string, found: unknown, wanted: unknown) => {
  if (found !== wanted) throw new Error(`${what}: ${String(found)} instead of ${String(wanted)}`)
}

await Effect.gen(function* () {
  const emulator = yield* Emulator.make()
  const { origin } = yield* serve({ port: 0, emulator })
  yield* Effect.promise(async () => {
    const client = { id: "your-client-id", secret: "your-client-secret" }
    const pbx = await openSkySwitch({ address: origin, client })
    const challenged = await pbx.signIn({ username: "222@abc-company", password: "5678" })
    expect("state", challenged.state, "mfa_required")
    const signedIn = await pbx.submitPasscode("246802")
    expect("state", signedIn.state, "authenticated")
    expect("uid", (await pbx.inspect()).uid, "222@abc-company.12345.service")
    const token = await pbx.accessToken()
    const child = await pbx.actAs("111@abc-company.12345.service")
    expect("the child's token is its own", (await child.accessToken()) === token, false)
    await child.close()
    await pbx.signOut()
    expect("state", pbx.view().state, "unauthenticated")
    await pbx.close()
  })
  const asked = yield* emulator.journal
  expect("refused calls", asked.filter(({ status }) => status >= 400).length, 0)
}).pipe(Effect.scoped, Effect.runPromise)
