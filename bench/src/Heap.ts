/** How much memory things take: the heap after a collection, before and after they were made. Ours: mitata counts bytes per call, not what stays. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

/** How many collections it takes until finalisers and weak entries are gone as well. */
export const THOROUGH = 3

/** Bytes in use after so many garbage collections. */
export const used = async (collections: number): Promise<number> => {
  for (let round = 0; round < collections; round++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return process.memoryUsage().heapUsed
}
