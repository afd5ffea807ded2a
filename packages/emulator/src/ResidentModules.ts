/** Every file beside this one that exports a `witness`. `npm run providers -- --write` writes it. */
import * as IpexRoutes from "./IpexRoutes.ts"
import * as NetSapiensRoutes from "./NetSapiensRoutes.ts"
import * as SangomaCxRoutes from "./SangomaCxRoutes.ts"

/** Their modules. */
// biome-ignore format: a line for each
export const modules = [
  IpexRoutes,
  NetSapiensRoutes,
  SangomaCxRoutes,
]
