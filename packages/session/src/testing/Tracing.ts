/** A tracer that keeps every span. */

import * as Layer from "effect/Layer"
import * as Tracer from "effect/Tracer"

/**
 * It, its spans, and a layer with it.
 *
 * @category constructors
 */
export const tracing = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    },
  })
  return { spans, tracer, layer: Layer.succeed(Tracer.Tracer, tracer) }
}
