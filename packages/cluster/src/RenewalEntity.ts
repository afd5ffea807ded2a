/**
 * The entity that owns the renewals of one record. Its id is the record's name, which is a fingerprint and reveals nobody.
 *
 * Its message and its answer are volatile and hold no token: no table of the cluster has them, and the wire between runners shows only
 * names and numbers. A caller takes the token from the sealed store.
 */

import type { Need } from "@pbx-auth/session/RenewalOwner"
import type { TokenStore } from "@pbx-auth/session/TokenStore"
import * as Entity from "effect/cluster/Entity"
import type { Sharding } from "effect/cluster/Sharding"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"

/**
 * "Make sure that there is a later token than that of the generation `held`." The answer is the generation that the owner's session
 * holds afterwards; `null` if it has no session with this record.
 */
const Ensure = Rpc.make("Ensure", {
  payload: { held: Schema.Int, isEarly: Schema.Boolean, proof: Schema.String },
  success: Schema.NullOr(Schema.Int),
})

/**
 * @category models
 */
export const RenewalEntity = Entity.make("pbx-auth/Renewal", [Ensure])

/**
 * Shows that a message comes from a process with the same store: only the store's own key makes this fingerprint. The port of a runner
 * has no authentication, and nobody else shall make the owner renew. A message that is sent once more changes nothing, because the
 * generation that it names is then past.
 *
 * @category constructors
 */
export const proofOf = (store: TokenStore["Service"], { held, isEarly, key }: Need) =>
  store.fingerprint(Redacted.make(JSON.stringify(["renewal", key, held, isEarly])))

/** It holds nothing between two messages, so it need not stay. The next renewal of a session is minutes away. */
const MAX_IDLE = "10 seconds"

/** More messages than there are processes for one session. The next one is refused, and its caller claims by itself. */
const MAILBOX = 256

/**
 * Registers the entity at this runner.
 *
 * @category layers
 */
export const layer = (
  store: TokenStore["Service"],
  renew: (need: Need) => Effect.Effect<number | undefined>,
): Layer.Layer<never, never, Sharding> =>
  RenewalEntity.toLayer(
    Effect.map(Entity.CurrentAddress, ({ entityId: key }) =>
      RenewalEntity.of({
        Ensure: ({ payload: { held, isEarly, proof } }) => {
          const need = { key, held, isEarly }
          return proofOf(store, need).pipe(
            Effect.flatMap((expected) => (expected === proof ? renew(need) : Effect.succeed(undefined))),
            Effect.map((generation) => generation ?? null),
            Effect.orElseSucceed(() => null),
          )
        },
      }),
    ),
    { maxIdleTime: MAX_IDLE, mailboxCapacity: MAILBOX },
  )
