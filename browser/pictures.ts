/** `node pictures.ts <folder>`: takes pictures of the examples as they run, so that you can look at them. */
import { join } from "node:path"
import { parseArgs } from "node:util"
import type { Page } from "playwright-core"
import * as Outage from "./src/Outage.ts"
import * as Stage from "./src/Stage.ts"

const { positionals } = parseArgs({ allowPositionals: true })
const [folder = "."] = positionals

const stage = await Stage.open()
const take = async (page: Page, name: string) => {
  await page.waitForTimeout(700)
  await page.screenshot({ path: join(folder, `${name}.png`) })
}

const react = (await Stage.visit(stage, "/react/index.html")).page
await Stage.fillIn(react, { ...Stage.person, password: "a-guess" })
await react.waitForSelector(".refusal")
await take(react, "react-refused")
await Stage.fillIn(react, Stage.person)
await Stage.shows(react, "mfa_required.awaiting_passcode")
await take(react, "react-passcode")

const vue = (await Stage.visit(stage, "/vue/index.html")).page
await vue.emulateMedia({ colorScheme: "dark" })
await Stage.fillIn(vue, Stage.person)
await Stage.shows(vue, "mfa_required.awaiting_passcode")
await Stage.fillIn(vue, { passcode: Stage.marked.passcode })
await Stage.shows(vue, "authenticated")
await take(vue, "vue-signed-in")

const server = (await Stage.visit(stage, "/")).page
await Stage.fillIn(server, Stage.person)
await Stage.shows(server, "mfa_required.awaiting_passcode")
await Stage.fillIn(server, { passcode: Stage.marked.passcode })
await Stage.shows(server, "authenticated")
await Stage.fillIn(server, { subject: "1001@acmecorp.12345.service" })
await Stage.shows(server, "masqueraded.live")
await take(server, "server-acting")

await stage.close()

const outage = await Outage.open()
const visitor = await outage.visit()
await Stage.fillIn(visitor, { username: "111@abc-company", password: "1234" })
await Stage.shows(visitor, "authenticated")
await take(visitor, "outage-before")
await outage.signal("SIGSTOP")
await Outage.connection(visitor, "unreachable")
await take(visitor, "outage-unreachable")
await outage.signal("SIGCONT")
await Outage.connection(visitor, null)
await take(visitor, "outage-back")
const leaving = await visitor.context().newPage()
await leaving.goto(`${outage.origin}/leave`)
await Outage.connection(visitor, "visit_ended")
await take(visitor, "outage-visit-ended")
await take(leaving, "outage-no-visit")
await outage.close()
process.exit(0)
