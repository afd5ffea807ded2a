// Acting for somebody, with promises: in a session beside the account's own, and in its place.
//
//   npm run emulator -- --port 4000                       in one terminal
//   npm run node docs/examples/acting-with-promises.ts    in another
import { openSkySwitch } from "@pbx-auth/session/Promises"

await using reseller = await openSkySwitch({
  address: process.env.PBX_AUTH_ADDRESS ?? "http://127.0.0.1:4000",
  client: { id: "your-client-id", secret: "your-client-secret" },
  credentials: { username: "1000@acmecorp", password: "mypassword" },
})
const subject = "1001@acmecorp.12345.service"

const beside = async () => {
  // #region beside
  // A child is a session of its own beside this one. `await using` closes it at the end of the block.
  await using user = await reseller.actAs(subject)
  console.log(`the child is ${(await user.inspect()).uid}`)
  console.log(`beside it is ${(await reseller.inspect()).uid}`)
  // #endregion
}
await beside()

// #region in-place
// In place: from now on this session hands out only the subject's tokens.
const acting = await reseller.startActing(subject)
console.log(`${acting.state}: ${(await reseller.inspect()).uid}`)
const back = await reseller.stopActing()
console.log(`${back.state}: ${(await reseller.inspect()).uid}`)
// #endregion
