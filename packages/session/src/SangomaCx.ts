/**
 * Sangoma CX as an Effect service.
 */

import * as Provider from "@pbx-auth/providers/SangomaCx"
import { ProviderService } from "./ProviderService.ts"

/**
 * What a user writes.
 *
 * @category models
 */
export type Options = Provider.Options

/**
 * A session with Sangoma CX: the client is the account, and a token is replaced only once it has expired.
 *
 * @category services
 */
export class SangomaCx extends ProviderService<SangomaCx>()("@pbx-auth/session/SangomaCx", Provider.provider) {}
