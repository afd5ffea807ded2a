/**
 * IPEX as an Effect service.
 */

import * as Provider from "@pbx-auth/providers/Ipex"
import { ProviderService } from "./ProviderService.ts"

/**
 * What a user writes.
 *
 * @category models
 */
export type Options = Provider.Options

/**
 * A session with IPEX: impersonation. Its page describes neither a second factor nor inspection.
 *
 * @category services
 */
export class Ipex extends ProviderService<Ipex>()("@pbx-auth/session/Ipex", Provider.provider) {}
