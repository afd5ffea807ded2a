/** Every file beside this one that exports a `witness`, by its `place`. `npm run providers -- --write` writes it. */
import { witness as IpexRoutes } from "./IpexRoutes.ts"
import { witness as NetSapiensRoutes } from "./NetSapiensRoutes.ts"
import { witness as SangomaCxRoutes } from "./SangomaCxRoutes.ts"

/** Their witnesses. Where two have one path, the first answers. */
// biome-ignore format: a line for each
export const residents = [
  NetSapiensRoutes,
  IpexRoutes,
  SangomaCxRoutes,
] as const
