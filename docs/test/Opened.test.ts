/**
 * Each row of docs/test-values.md that opens the playground leads there to the state, and to the error, that the row says.
 *
 * @module-tag matrix
 */
import { describe, expect, it, vi } from "vitest"
import { isJump } from "../playground/Action.ts"
import * as Address from "../playground/Address.ts"
import * as Client from "../playground/Client.ts"
import * as Model from "../playground/Model.ts"
import { addressOf, rows } from "./TestRow.ts"
import { play } from "./TestStage.ts"

/** Until an answer that only time brings is waited for no longer, ms. */
const patience = 500

const opening = rows.flatMap((row) => {
  const address = addressOf(row)
  return address === undefined ? [] : [{ row, address }]
})

describe("the playground at the address of a test value", () => {
  it.each(opening)("$address", async ({ address, row }) => {
    const { error, state } = await play(row)
    const playground = Model.make({
      load: async () => Client,
      wait: () => new Promise((resolve) => setTimeout(resolve, patience)),
    })
    try {
      await playground.go(Address.read(address.slice(1)))
      // A request that hangs ends at its deadline, which the reader's own time brings.
      for (let beat = 0; beat < 80 && playground.state().view.awaiting === "provider"; beat++)
        await playground.tick(250)
      await vi.waitFor(() => expect(playground.state().doing).toBeNull())
      const { result, view } = playground.state()
      // Nobody asks for anything when time jumps: the view tells.
      const told = isJump(row.steps.at(-1) ?? "") ? view.refusal?.code : result?.reason
      expect({ error: told, state: view.path }).toEqual({ error, state })
    } finally {
      await playground.close()
    }
  })
})
