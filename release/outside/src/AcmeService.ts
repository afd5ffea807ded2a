/** Acme Voice as an Effect service. */
import { ProviderService } from "@pbx-auth/session/ProviderService"
import acme from "./Acme.ts"

export class Acme extends ProviderService<Acme>()("acme-voice/Acme", acme) {}
