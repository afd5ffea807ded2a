import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { command, draw, files } from "../scripts/draw-intuition.ts"

const description = readFileSync(files.description, "utf8")
const picture = readFileSync(files.picture, "utf8")

describe("docs/intuition.svg", () => {
  it("is drawn from its description", async () => {
    expect(await draw(description), `the picture is stale; draw it anew with: ${command}`).toBe(picture)
  })

  it("would be found stale", async () => {
    expect(await draw(description.replace("snapshot", "view"))).not.toBe(picture)
  })

  it("has colours for light and for dark, words for who cannot see it, and nothing that is fetched", () => {
    expect(picture).toContain("prefers-color-scheme:dark")
    expect(picture).toMatch(/<svg [^>]*role="img">\n<title>pbx-auth in one picture\./)
    expect(picture.replaceAll(/xmlns(:\w+)?="[^"]*"/g, "")).not.toMatch(/https?:\/\/|<image|<script/)
  })
})
