/** `node pictures.ts <folder>`: takes pictures of the examples as they walk, for whoever wants to look at them. */
import { join } from "node:path"
import { parseArgs } from "node:util"
import type { Page } from "playwright-core"
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
process.exit(0)
