/**
 * Landstar Telecom as an Effect service.
 */

import * as Provider from "@pbx-auth/providers/Landstar"
import { ProviderService } from "./ProviderService.ts"

/**
 * What a user writes.
 *
 * @category models
 */
export type Options = Provider.Options

/**
 * A session with Landstar Telecom: inspection and revocation. Its page describes neither a second factor nor masquerading.
 *
 * @category services
 */
export class Landstar extends ProviderService<Landstar>()("@pbx-auth/session/Landstar", Provider.provider) {}
