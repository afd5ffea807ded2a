/** How much memory things take: the heap after a collection, before and after they were made. Ours: mitata counts bytes per call, not what stays. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

/** Bytes in use after garbage collection. Finalisers and weak entries take more than one collection. */
export const used = async (): Promise<number> => {
  for (let round = 0; round < 3; round++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return process.memoryUsage().heapUsed
}
