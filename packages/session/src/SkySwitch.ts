/**
 * SkySwitch as an Effect service.
 */

import * as Provider from "@pbx-auth/providers/SkySwitch"
import { ProviderService } from "./ProviderService.ts"

/**
 * What a user writes.
 *
 * @category models
 */
export type Options = Provider.Options

/**
 * A session with SkySwitch: second factor, inspection, masquerading, revocation.
 *
 * @category services
 */
export class SkySwitch extends ProviderService<SkySwitch>()("@pbx-auth/session/SkySwitch", Provider.provider) {}
