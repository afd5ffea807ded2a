/**
 * A process that runs examples one after the other: to start a process takes longer than most of them. It is told their paths and
 * where the emulator of each is, says on both of its outputs when one is over, and ends when it is told no more, as soon as the
 * examples let it.
 */
import { pathToFileURL } from "node:url"

process.on("message", ({ address, path }: { readonly address: string; readonly path: string }) => {
  process.env.PBX_AUTH_ADDRESS = address
  import(pathToFileURL(path).href).catch(console.error).finally(() => {
    process.stdout.write("\0")
    process.stderr.write("\0")
  })
})
