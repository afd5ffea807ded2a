/** Where tokens can be kept, each as cells that end with a scope. */
import { Cells } from "@pbx-auth/store/Cells"
import type * as Layer from "effect/Layer"

/** A place by its name. An adapter adds a line; `undefined` if its server is not on this machine. */
export const places: Readonly<Record<string, () => Promise<Layer.Layer<Cells, unknown> | undefined>>> = {
  memory: async () => Cells.layerMemory,
}
