/**
 * The options of a provider, as data and as types.
 *
 * Every provider has the standard options: address, client, credentials and so on. Its value says which of them it takes. A vendor's own
 * options are declared in the value, by name (`Provider.options`). The type of what a user writes, the checks of `configure`, the
 * session's key, the command and the docs all follow from the value.
 */
import type { Redacted } from "effect/Redacted"
import type * as Address from "../wire/Address.ts"

/** One option of a vendor's own. A user writes it as a text. */
export interface OptionField {
  /** Its name for people, as the vendor's page calls it: `Account ID`. */
  readonly title: string
  /** A sentence that says what it is, and where a user finds it. It stands in the docs, in questions, and in the error. */
  readonly doc: string
  /**
   * Whether it tells two accounts apart, such as a tenant. If it does, it is part of the session's key: two accounts that differ in it
   * never share a token or a record. If you are not sure, write `true`.
   */
  readonly identifies: boolean
  /** The form of the whole text. Absent: any text without blanks around it and without control characters. */
  readonly pattern?: RegExp | undefined
  /** A made-up value, for the docs and the error. */
  readonly example?: string | undefined
  /** Whether it is a secret. A secret is `Redacted` in `Account.options`. */
  readonly secret?: boolean | undefined
  /** What holds if a user leaves it out. An account with this value has the same key as one without the option. */
  readonly default?: string | undefined
  /** Whether a user may leave it out although it has no default. */
  readonly optional?: boolean | undefined
}

/** A vendor's own options, by name. A name is a letter in lower case, then up to 31 letters and digits: `accountId`. */
export type OptionFields = Readonly<Record<string, OptionField>>

/** Whether an option of a vendor's own may have a name of this form. */
export const isOptionName = (name: string): boolean => /^[a-z][A-Za-z\d]{0,31}$/.test(name)

/**
 * The names that an option of a vendor's own cannot have: those of the standard options, of their parts, and of what the command reads
 * from variables.
 */
export const standardNames: ReadonlyArray<string> =
  /* @__PURE__ */ "address prefix client credentials refreshToken scopes refreshMethod passcodeRepeatsCredentials basicEncoding plainHttp trailingSlash deadline name capabilities clientId clientSecret username password passwordFile passcode token profile directory provider".split(
    " ",
  )

/** A secret as a user writes it: plain, or already wrapped. It is wrapped on entry, and no message repeats it. */
export type SecretInput = string | Redacted<string>

/** Username and password as a user writes them; the password is wrapped on entry. */
export interface CredentialsInput {
  /** As the vendor writes it: `222@abc-company` on NetSapiens, an e-mail at IPEX. */
  readonly username: string
  /** Plain or already wrapped. It is wrapped on entry, and no message repeats it. */
  readonly password: SecretInput
}

/** The same type, which the compiler shows by its fields. */
type Shown<A> = A extends unknown ? { readonly [Name in keyof A]: A[Name] } : never

type MayBeLeftOut<F extends OptionField> = F extends { readonly optional: true } | { readonly default: string }
  ? true
  : false

/** What a user writes for options that a value declares. */
export type OwnOptions<F extends OptionFields> = Shown<
  {
    readonly [Name in keyof F as MayBeLeftOut<F[Name]> extends true ? never : Name]: F[Name] extends {
      readonly secret: true
    }
      ? SecretInput
      : string
  } & {
    readonly [Name in keyof F as MayBeLeftOut<F[Name]> extends true ? Name : never]?:
      | (F[Name] extends { readonly secret: true } ? SecretInput : string)
      | undefined
  }
>

/** What a grant finds in `Account.options`: the checked values, the defaults among them. */
export type OwnValues<F extends OptionFields> = {
  readonly [Name in keyof F]:
    | (F[Name] extends { readonly secret: true } ? Redacted<string> : string)
    | (F[Name] extends { readonly optional: true }
        ? F[Name] extends { readonly default: string }
          ? never
          : undefined
        : never)
}

/** A client id as a user writes it. */
interface ClientInput {
  /** The client id that the vendor issued. */
  readonly id: string
}

interface Required {
  readonly address: {
    /** The host, the origin, or the origin with the prefix. */
    readonly address: Address.Input
  }
  readonly scopes: {
    /** At least one scope, as the vendor's page names them. */
    readonly scopes: ReadonlyArray<string>
  }
}

/** The standard options, each with the condition under which a value has it. */
type AddressOption<D> = D extends { readonly addresses: { readonly standard: Address.Input } }
  ? {
      /** Default: the vendor's own. A host, an origin, or an origin with the prefix. */
      readonly address?: Address.Input | undefined
    }
  : Required["address"]

type PrefixOption<D> = D extends { readonly addresses: { readonly prefixOption: true } }
  ? {
      /** The path before the endpoints, like `/ns-api`; `"/"` for endpoints at the root. Default: the vendor's own. */
      readonly prefix?: string | undefined
    }
  : unknown

type ClientOf<D> = D extends { readonly clientSecret: "required" }
  ? ClientInput & {
      /** The secret that came with it. */
      readonly secret: SecretInput
    }
  : D extends { readonly clientSecret: "optional" }
    ? ClientInput & {
        /** The secret that came with it, if one did. */
        readonly secret?: SecretInput | undefined
      }
    : ClientInput

type ClientOption<D> = D extends { readonly clientId: string }
  ? {
      /** Default: the client that all users share. */
      readonly client?: Shown<ClientOf<D>> | undefined
    }
  : {
      /** The client that the vendor issued. */
      readonly client: Shown<ClientOf<D>>
    }

/** What a value without the grant `Password` has: it begins with a refresh token from elsewhere. */
type WithoutPassword<D> = D extends { readonly grants: infer G } | { readonly dialect: { readonly grants: infer G } }
  ? "Password" extends keyof G
    ? false
    : true
  : false

type CredentialsOption<D> = D extends { readonly signsInWith: "password" }
  ? WithoutPassword<D> extends true
    ? unknown
    : {
        /** Username and password. If absent, you pass them at sign-in. */
        readonly credentials?: CredentialsInput | undefined
      }
  : unknown

type UserOption<D> = D extends { readonly signsInWith: "browser" }
  ? {
      /** A name of yours for the user who signs in at the browser. It tells the users' sessions apart, and goes to nobody. */
      readonly user: string
    }
  : unknown

type RefreshTokenOption<D> = D extends { readonly renewsWith: "refresh_token" }
  ? {
      /**
       * A refresh token from elsewhere, instead of credentials: for unattended work after a person has passed a second factor once. Its
       * successors are stored under it, so pass the same one, with the same store, after a restart.
       */
      readonly refreshToken?: SecretInput | undefined
    }
  : unknown

type ScopesOption<D> = D extends { readonly scopes: "required" }
  ? Required["scopes"]
  : D extends { readonly scopes: "optional" | ReadonlyArray<string> }
    ? {
        /** The scopes that a sign-in asks for. Default: those of the vendor's page, if it names any. */
        readonly scopes?: ReadonlyArray<string> | undefined
      }
    : unknown

type RefreshMethods<D> = D extends
  | { readonly dialect: { readonly refreshMethods: infer Methods } }
  | { readonly refreshMethods: infer Methods }
  ? Methods
  : never

type RefreshMethodOption<D> = [RefreshMethods<D>] extends [readonly ["POST" | "GET", "POST" | "GET"]]
  ? [RefreshMethods<D>] extends [never]
    ? unknown
    : {
        /** How a refresh token is sent. `GET` puts secrets into URLs, as some vendors' pages do. Default `POST`. */
        readonly refreshMethod?: "POST" | "GET" | undefined
      }
  : unknown

type PasscodeOption<D> = D extends { readonly capabilities: Iterable<infer C> }
  ? "passcode" extends C
    ? {
        /** Whether username and password are sent again with a passcode. Default false. */
        readonly passcodeRepeatsCredentials?: boolean | undefined
      }
    : unknown
  : unknown

type BasicOption<D> = D extends { readonly clientAuthentication: "basic" }
  ? {
      /**
       * How HTTP Basic writes id and secret: `raw`, joined as they are, or `form`, form-encoded first (RFC 6749 §2.3.1). The two differ only
       * for characters beyond letters, digits and `*-._`. Default `raw`. The client is presented once, in this way: a `ClientRefused`
       * says if the other way may help.
       */
      readonly basicEncoding?: "raw" | "form" | undefined
    }
  : unknown

type PlainHttpOption<D> = D extends { readonly addresses: { readonly plainHttpOption: true } }
  ? {
      /**
       * Whether the address may begin with `http://` in a private network, such as `http://192.168.1.10`. Everybody on the way reads
       * passwords and tokens then, so use it only where the PBX has no certificate. Default false.
       */
      readonly plainHttp?: boolean | undefined
    }
  : unknown

/** The options that every provider has. */
interface CommonOptions {
  /** For one request, headers and body together, in ms. Default 15 000. */
  readonly deadline?: number | undefined
  /**
   * Whether the token endpoint's path ends with a slash. Some servers answer only one of the two, and redirect the other or do not
   * know it. Default: as the provider's page prints it.
   */
  readonly trailingSlash?: boolean | undefined
}

/** The standard options of a value with the fields `D`. */
export type StandardOptions<D> = AddressOption<D> &
  PrefixOption<D> &
  ClientOption<D> &
  CredentialsOption<D> &
  UserOption<D> &
  RefreshTokenOption<D> &
  ScopesOption<D> &
  RefreshMethodOption<D> &
  PasscodeOption<D> &
  BasicOption<D> &
  PlainHttpOption<D> &
  CommonOptions

/** What a user writes for a value with the fields `D` and options of its own `F`. */
export type OptionsFor<D, F extends OptionFields> = Shown<StandardOptions<D> & OwnOptions<F>>

/** What a user writes for a provider that `defineProvider` made: `OptionsOf<typeof zoom>`. */
export type OptionsOf<P> = P extends { configure(options: infer O): unknown } ? O : never
