/** `pnpm --filter docs build`: builds the site into `docs/.site/dist`. It asks nothing of the network. */
import { build } from "./BuiltSite.ts"

await build()
