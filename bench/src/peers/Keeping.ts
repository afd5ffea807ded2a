/** Rows about keeping a token: when it is renewed, how often, and what is left after a fault. */
import { apiPath, type Held } from "./Peer.ts"
import { afterLife, errorOf, life, type Row, type Trial, wait } from "./Row.ts"

const word = (count: number, one: string) =>
  `${count.toLocaleString("en-US").replaceAll(",", " ")} ${one}${count === 1 ? "" : "s"}`

/** Gets a token and calls the API with it; or lets the package do both. Rejects if there is none. */
const use = async ({ peer, stage, statusOf }: Trial, held: Held): Promise<number> =>
  peer.renewsOnCall ? held.call(stage.origin + apiPath) : statusOf(await held.token())

/** What came of it. */
const works = async (trial: Trial, held: Held): Promise<string> => {
  const status = await use(trial, held).catch(() => undefined)
  if (status === undefined) return "an error"
  return status === 200 ? "a good token" : "a dead token"
}

/** Asks for a token, or makes a call, as an app does. */
const ask = ({ peer, stage }: Trial, held: Held): Promise<unknown> =>
  peer.renewsOnCall ? held.call(stage.origin + apiPath) : held.token()

const asked = async ({ count }: Trial): Promise<number> => (await count("refresh_token")) + (await count("password"))

/** Nothing runs meanwhile, not even a timer. */
const standStill = (ms: number): void => {
  const until = performance.now() + ms
  while (performance.now() < until) {}
}

export const callers: Row = {
  says: "1 000 callers with a dead token cause one renewal",
  needs: "keeping",
  world: { lifetime: life },
  alone: true,
  run: async (trial) => {
    const held = await trial.open()
    await held.signIn()
    const before = await asked(trial)
    // As after a machine's sleep: no timer could renew in time.
    standStill(afterLife)
    await Promise.allSettled(Array.from({ length: 1_000 }, () => ask(trial, held)))
    const renewals = (await asked(trial)) - before
    await held.close()
    return {
      good: renewals === 1,
      seen: renewals > 1 ? (renewals > 100 ? "hundreds of renewals" : "several renewals") : word(renewals, "renewal"),
    }
  },
}

export const beforeEnd: Row = {
  says: "A token that is about to die is not handed out",
  needs: "keeping",
  world: { lifetime: 3 },
  run: async (trial) => {
    const held = await trial.open()
    await held.signIn()
    await wait(2_850)
    if (trial.peer.renewsOnCall) {
      await wait(300)
      const status = await use(trial, held)
      return { good: false, seen: status === 200 ? "it is, and repeated after the 401" : "dead on its way" }
    }
    const token = await held.token()
    await wait(300)
    const status = await trial.statusOf(token)
    await held.close()
    return { good: status === 200, seen: status === 200 ? "renewed" : "dead on its way" }
  },
}

export const lostReply: Row = {
  says: "A renewal's reply is lost, with strict rotation: the next call has a good token",
  needs: "keeping",
  world: { lifetime: life, rotation: "strict" },
  run: async (trial) => {
    const held = await trial.open()
    await held.signIn()
    await trial.stage.arm("drop_reply:grant=refresh_token")
    await wait(afterLife)
    await errorOf(ask(trial, held))
    const then = await works(trial, held)
    const shown = await trial.count("refresh_token")
    await held.close()
    return {
      good: then === "a good token",
      seen: `refresh token shown ${shown === 1 ? "once" : "again"}, then ${then}`,
    }
  },
}

/** Two renewals, each with `fault` if there is one, then a call. Good is a good token without another sign-in. */
const twoRenewals = (fault: string | undefined, signsInAgain: string) => async (trial: Trial) => {
  const held = await trial.open()
  await held.signIn()
  if (fault !== undefined) await trial.stage.arm(fault)
  for (let round = 0; round < 2; round++) {
    await wait(afterLife)
    await errorOf(ask(trial, held))
  }
  const then = await works(trial, held)
  const again = (await trial.count("password")) - 1
  await held.close()
  return { good: then === "a good token" && again === 0, seen: again > 0 ? signsInAgain : then }
}

export const rotated: Row = {
  says: "A replaced refresh token is used the next time",
  needs: "keeping",
  world: { lifetime: life, rotation: "strict" },
  run: twoRenewals(undefined, "signs in again"),
}

export const unchanged: Row = {
  says: "A reply without a refresh token leaves the old one in use",
  needs: "keeping",
  world: { lifetime: life },
  run: twoRenewals("no_refresh_token:grant=refresh_token", "lost it, signs in again"),
}

export const pause: Row = {
  says: "`Retry-After` is obeyed: no second request before it ends",
  needs: "keeping",
  world: { lifetime: life },
  alone: true,
  run: async (trial) => {
    const held = await trial.open()
    await held.signIn()
    const before = await asked(trial)
    standStill(afterLife)
    await trial.stage.arm("retry_after:status=503,seconds=5,times=always,path=/ns-api/oauth2/token/")
    for (let call = 0; call < 8; call++) {
      await errorOf(ask(trial, held))
      await wait(150)
    }
    const requests = (await asked(trial)) - before
    await held.close()
    return { good: requests === 1, seen: `${word(requests, "request")} of 8 callers` }
  },
}

export const clockBack: Row = {
  says: "The machine's clock is set back two hours: no dead token is handed out",
  needs: "keeping",
  world: { lifetime: life },
  alone: true,
  run: async (trial) => {
    const held = await trial.open()
    await held.signIn()
    const TrueDate = globalThis.Date
    globalThis.Date = class extends TrueDate {
      constructor(...parts: []) {
        super(...((parts.length === 0 ? [TrueDate.now() - 7_200_000] : parts) as []))
      }
      static override now() {
        return TrueDate.now() - 7_200_000
      }
    } as DateConstructor
    try {
      await wait(afterLife)
      const then = await works(trial, held)
      return { good: then === "a good token", seen: then }
    } finally {
      globalThis.Date = TrueDate
      await held.close()
    }
  },
}

export const restart: Row = {
  says: "The next run finds the tokens, and signs in no second time",
  needs: "storing",
  run: async (trial) => {
    const held = await trial.open()
    await held.signIn()
    const saved = held.save()
    await held.close()
    const next = await trial.open({ saved })
    const then = await works(trial, next)
    const signIns = await trial.count("password")
    await next.close()
    return { good: then === "a good token" && signIns === 1, seen: `${word(signIns, "sign-in")}, ${then}` }
  },
}

export const shared: Row = {
  says: "Two programs share a rotating refresh token",
  needs: "storing",
  // Longer than elsewhere: four tokens are tried one after the other.
  world: { lifetime: 3 * life, rotation: "strict" },
  run: async (trial) => {
    const one = await trial.open()
    await one.signIn()
    const two = await trial.open({ saved: one.save() })
    await wait(3 * afterLife)
    await Promise.allSettled([ask(trial, one), ask(trial, two)])
    const after = [await works(trial, one), await works(trial, two)]
    const signIns = (await trial.count("password")) - 1
    await one.close()
    await two.close()
    const good = after.every((then) => then === "a good token") && signIns === 0
    return {
      good,
      seen: signIns > 0 ? `${word(signIns, "more sign-in")}` : good ? "one renewal" : `then ${after.join(" and ")}`,
    }
  },
}
