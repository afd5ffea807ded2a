// Next makes a module anew at each edit, and may do so for each route: what is open is kept where all of them find it.
import { env } from "node:process"
import * as Visits from "../visits.ts"

const kept = globalThis as { visits?: ReturnType<typeof Visits.open> }

kept.visits ??= Visits.open({
  origin: env.APP_ORIGIN ?? "http://localhost:3000",
  address: env.PBX_AUTH_ADDRESS ?? "https://api.skyswitch.com",
  client: { id: env.PBX_AUTH_CLIENT_ID ?? "", secret: env.PBX_AUTH_CLIENT_SECRET ?? "" },
})

export const { begin, served } = kept.visits
