/** What a sealed store counts: with it you see which keys are in use, and how often processes meet. */

import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"

/**
 * Records that were sealed and opened, by `pbx_auth.key_id` and `pbx_auth.what` (`sealed` or `opened`). An old key that is not counted
 * any more opens nothing that is in use. Its other records are in the list of `KeptRecords`. A key's id does not reveal the key.
 *
 * @category metrics
 */
export const keyUses = /* @__PURE__ */ Metric.counter("pbx_auth.store.key_uses", {
  description: "Records that were sealed or opened with a key",
  incremental: true,
  attributes: { unit: "{record}" },
})

/**
 * Writes that came too late, because another process wrote first. It reads again, so nothing is lost.
 *
 * @category metrics
 */
export const conflicts = /* @__PURE__ */ Metric.counter("pbx_auth.store.conflicts", {
  description: "Writes that found a later version of their record",
  incremental: true,
  attributes: { unit: "{write}" },
})

/**
 * Counts a use of a key.
 *
 * @category counting
 * @internal
 */
export const countKey = (keyId: string, what: "sealed" | "opened"): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(keyUses, { "pbx_auth.key_id": keyId, "pbx_auth.what": what }), 1)

/**
 * Counts the conflicts of an access.
 *
 * @category counting
 * @internal
 */
export const countConflict = <A, E extends { readonly _tag: string }, R>(
  access: Effect.Effect<A, E, R>,
): Effect.Effect<A, E, R> =>
  Effect.tapError(access, ({ _tag }) => (_tag === "StoreConflict" ? Metric.update(conflicts, 1) : Effect.void))
