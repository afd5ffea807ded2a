/**
 * Plain http in a private network: for a PBX on the customer's premises that has no certificate. Everybody on the way reads passwords
 * and tokens there. So the provider's value must offer it, the user must ask for it, and the host must be one that the internet does
 * not have.
 */
import * as Result from "effect/Result"
import type { Provider } from "../description/Provider.ts"
import * as Address from "../wire/Address.ts"
import { type Checked, type Given, refusal } from "./OptionCheck.ts"

const privateAddress = /^(10\.\d+|192\.168|172\.(1[6-9]|2\d|3[01]))\.\d+\.\d+$|^\[f[cd][\da-f]{2}:/

/**
 * A name with one label, and without the dot that makes it absolute, is found in the network's own domain. Some top level domains of
 * countries have an address themselves: they have two letters, or begin with `xn--`.
 */
const privateName = /^(?!xn--)[^.[]{3,}$|.\.(home\.arpa|internal|local)\.?$/

/**
 * Whether a host, as `URL` prints it, belongs to a private network: an address of RFC 1918, a unique local one (RFC 4193), a name with
 * one label, or a name below `home.arpa` (RFC 8375), `internal` (which ICANN reserved in 2024) or `local` (RFC 6762). The form decides,
 * and no DNS answer, which somebody else could give.
 *
 * @category guards
 */
export const isPrivate = (hostname: string): boolean => privateAddress.test(hostname) || privateName.test(hostname)

/** What to write in place of an `http://` address. None of it repeats the address, which may hold anything. */
const fixes = {
  public:
    "Use https://. Plain http:// is only for this machine and for a private network: a host like 192.168.1.10, pbx or pbx.local.",
  notAsked:
    "Use https://. If the PBX is in a private network and has no certificate, set the option plainHttp to true.",
}

/**
 * Resolves the address of an account, as `Address.resolve` does. If the user asks for it by `plainHttp`, it also takes plain http to a
 * host of a private network.
 *
 * Fails as `Misconfigured`, as `Address.resolve` does; also with the field `plainHttp` if that is neither true nor false.
 */
export const resolve = (
  provider: Provider,
  { plainHttp }: Given,
  input: Address.Input | undefined,
  prefix?: string | undefined,
): Checked<Address.Address> => {
  const { addresses, id } = provider
  if (plainHttp !== undefined && typeof plainHttp !== "boolean") {
    return refusal(provider, "plainHttp", "Expected true or false.")
  }
  const usual = Address.resolve(id, addresses, input, prefix)
  if (Result.isSuccess(usual) || addresses.plainHttpOption !== true) return usual
  if (typeof input !== "string" || !/^http:\/\//i.test(input)) return usual
  // All that is said about an address with https holds for this one.
  return Result.flatMap(Address.resolve(id, addresses, input.replace(/^http/i, "https"), prefix), (secured) => {
    const { hostname, origin } = new URL(input)
    if (!isPrivate(hostname)) return refusal(provider, "address", fixes.public)
    return plainHttp === true ? Result.succeed({ ...secured, origin }) : refusal(provider, "address", fixes.notAsked)
  })
}
