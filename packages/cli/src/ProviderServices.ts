/** The services of all providers, to be loaded as one. */

import { Ipex } from "@pbx-auth/session/Ipex"
import { Landstar } from "@pbx-auth/session/Landstar"
import { SangomaCx } from "@pbx-auth/session/SangomaCx"
import { SkySwitch } from "@pbx-auth/session/SkySwitch"

/**
 * @category constants
 */
export const services = { Ipex, Landstar, SangomaCx, SkySwitch }
