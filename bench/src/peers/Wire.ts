/** Rows about the wire and about what gets out: replies that are no token, redirects, errors, secrets. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { inspect } from "node:util"
import { apiPath, tokenPath } from "./Peer.ts"
import { afterLife, begun, errorOf, life, present, type Row, type Trial, wait } from "./Row.ts"
import { client, people, subject } from "./Stage.ts"

const nameOf = (error: unknown): string => (error instanceof Error ? error.constructor.name : typeof error)

/** Where an error says a word that programs can read, and which. */
const readable = (error: unknown, word: RegExp): string | undefined => {
  const seen = new Set<unknown>()
  const look = (value: unknown, path: string, depth: number): string | undefined => {
    if (typeof value === "string") return word.test(value) ? path : undefined
    if (typeof value !== "object" || value === null || depth > 4 || seen.has(value)) return undefined
    seen.add(value)
    // The nearest first, and no sentences for people.
    const names = Object.getOwnPropertyNames(value).filter((name) => name !== "message" && name !== "stack")
    const isText = (name: string) => typeof Reflect.get(value, name) === "string"
    for (const name of [...names.filter(isText), ...names.filter((name) => !isText(name))]) {
      const found = look(Reflect.get(value, name), `${path}.${name}`, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }
  return look(error, "error", 0)
}

const secretsIn = (value: unknown, secrets: Readonly<Record<string, string | undefined>>): ReadonlyArray<string> => {
  const json = (): string => {
    try {
      return JSON.stringify(value) ?? ""
    } catch {
      return ""
    }
  }
  const text =
    inspect(value, { depth: 12, showHidden: true, getters: true, maxStringLength: null, maxArrayLength: null }) + json()
  const percent = (secret: string) => encodeURIComponent(secret)
  return Object.entries(secrets).flatMap(([name, secret]) =>
    secret !== undefined && secret !== "" && (text.includes(secret) || text.includes(percent(secret))) ? [name] : [],
  )
}

const shown = (names: ReadonlyArray<string>): string => (names.length === 0 ? "none" : names.join(", "))

export const challenge: Row = {
  says: "A demand for a second factor in a 200 is not taken for a token",
  needs: "sign_in",
  person: people.factor,
  run: async ({ open }) => {
    const held = await open()
    const error = await errorOf(held.signIn().then(() => held.token()))
    await held.close()
    return { good: error !== undefined, seen: error === undefined ? "taken for a token" : `refused: ${nameOf(error)}` }
  },
}

export const extension: Row = {
  says: "Acting for another user (a grant of the vendor's own)",
  needs: "extensions",
  run: async ({ open }) => {
    const held = await open()
    await held.signIn()
    const access_token = await held.token()
    const error =
      held.extension === undefined
        ? new Error("there is no such call")
        : await errorOf(held.extension("masquerade", { mask_uid: subject, access_token }))
    await held.close()
    return { good: error === undefined, seen: error === undefined ? "a token of the other user" : "no such grant" }
  },
}

export const calls: Row = {
  says: "A token is revoked: 50 calls are repeated with one new token",
  needs: "calls",
  run: async ({ count, open, stage }) => {
    const held = await open()
    await held.signIn()
    await stage.killAccessTokens()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => held.call(stage.origin + apiPath).catch(() => 0)),
    )
    const good = answers.filter((status) => status === 200).length
    const renewals = (await count("refresh_token")) + (await count("password")) - 1
    await held.close()
    const answered = good === 50 ? "all answered" : good === 0 ? "none is answered" : "most fail"
    return {
      good: good === 50 && renewals === 1,
      seen: `${answered}, ${renewals > 1 ? "several renewals" : renewals === 1 ? "1 renewal" : "no renewal"}`,
    }
  },
}

const refusal = async (trial: Trial): Promise<unknown> => {
  const { peer, stage } = trial
  const held = await begun(trial)
  if (peer.leaves.has("sign_in")) await stage.killRefreshTokens()
  const error = await errorOf(present(trial, held))
  await held.close()
  return error
}

const wrong = { ...people.reseller, password: "not-the-password-4711" }

export const typed: Row = {
  says: "A program can read why a sign-in was refused, and tell it from an outage",
  world: { lifetime: life },
  run: async (trial) => {
    const isOwn = trial.peer.leaves.has("sign_in")
    const open: Trial["open"] = (how) =>
      trial.peer.open({ ...trial.stage.setting, person: isOwn ? people.reseller : wrong }, how)
    const error = await refusal({ ...trial, open })
    const path = readable(error, /^(invalid_grant|BadCredentials)$/)
    await trial.stage.arm(`server_error:times=always,path=${tokenPath}`)
    const outage = await errorOf(
      trial.open().then((held) => (isOwn ? Promise.reject(new Error("unknown")) : held.signIn())),
    )
    const isApart = isOwn || readable(outage, /^(invalid_grant|BadCredentials)$/) === undefined
    return {
      good: path !== undefined && isApart,
      seen: path === undefined ? `${nameOf(error)}, by its text alone` : `\`${path}\``,
    }
  },
}

export const secretsInErrors: Row = {
  says: "An error that is logged holds no secret",
  world: { lifetime: life },
  run: async (trial) => {
    const isOwn = trial.peer.leaves.has("sign_in")
    const person = isOwn ? people.reseller : wrong
    let refresh: string | undefined
    const error = await refusal({
      ...trial,
      open: async (how) => {
        const held = await trial.peer.open({ ...trial.stage.setting, person }, how)
        return {
          ...held,
          close: async () => {
            refresh = /"refresh_token":"([^"]+)"/.exec(JSON.stringify(held.save() ?? {}))?.[1]
            await held.close()
          },
        }
      },
    })
    const found = secretsIn(error, {
      "the password": isOwn ? undefined : wrong.password,
      "the client secret": client.secret,
      "the refresh token": isOwn ? refresh : undefined,
    })
    return { good: found.length === 0, seen: shown(found) }
  },
}

export const secretsInObject: Row = {
  says: "The object that an app holds shows no secret when it is inspected",
  run: async ({ open, peer, stage }) => {
    const held = await open()
    await held.signIn()
    const token = await held.token()
    const found = secretsIn(held.object, {
      "the password": peer.leaves.has("sign_in") ? undefined : stage.setting.person.password,
      "the client secret": client.secret,
      "the token": token,
    })
    await held.close()
    return { good: found.length === 0, seen: shown(found) }
  },
}

export const redirect: Row = {
  says: "A redirect is refused: no secret goes to the other address",
  world: { lifetime: life },
  run: async (trial) => {
    let got = ""
    const other = createServer((request, response) => {
      request.on("data", (part) => {
        got += part
      })
      request.on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"))
    })
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve))
    const { port } = other.address() as AddressInfo
    const held = await begun(trial)
    await trial.stage.arm(`redirect:to=http://127.0.0.1:${port}/elsewhere,times=always,path=${tokenPath}`)
    await errorOf(present(trial, held))
    await held.close()
    other.closeAllConnections()
    other.close()
    return {
      good: got === "",
      seen: got === "" ? "refused" : /password=/.test(got) ? "the password went there" : "the refresh token went there",
    }
  },
}

export const plainHttp: Row = {
  says: "Plain HTTP beyond this machine is refused, unless you ask for it",
  world: { lifetime: life },
  run: async (trial) => {
    const { open, peer, stage } = trial
    const first = peer.leaves.has("sign_in") ? await begun(trial) : undefined
    const before = (await stage.journal()).length
    // All addresses of this machine: no name of the loopback device.
    const origin = stage.origin.replace("127.0.0.1", "0.0.0.0")
    const error = await errorOf(
      open({ origin, strict: true, ...(first !== undefined && { saved: first.save() }) }).then((held) =>
        present(trial, held),
      ),
    )
    const sent = (await stage.journal()).length - before
    return { good: sent === 0, seen: sent === 0 ? `refused: ${nameOf(error)}` : "the secret is sent" }
  },
}

export const page: Row = {
  says: "A page with the status 200 is an error, and no token",
  world: { lifetime: life },
  run: async (trial) => {
    const held = await begun(trial)
    await trial.stage.arm(`html_200:times=always,path=${tokenPath}`)
    const error = await errorOf(present(trial, held))
    await held.close()
    return { good: error !== undefined, seen: error === undefined ? "no error" : nameOf(error) }
  },
}

export const hang: Row = {
  says: "A provider that never answers: an error within 45 s",
  world: { lifetime: life },
  run: async (trial) => {
    const held = await begun(trial)
    if (trial.peer.leaves.has("sign_in")) await wait(afterLife)
    await trial.stage.arm(`hang:times=always,path=${tokenPath}`)
    const began = performance.now()
    const error = await Promise.race([errorOf(present(trial, held)), wait(45_000)])
    const seconds = Math.round((performance.now() - began) / 1_000)
    return { good: error !== undefined, seen: error === undefined ? "none" : `after ${seconds} s` }
  },
}
