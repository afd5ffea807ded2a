/** Times and words, as the page writes them. */

const two = (n: number) => String(n).padStart(2, "0")

/** A span: `4:05`, `1:00:00`, `281 d 07:13:33`. Never negative. */
export const span = (ms: number): string => {
  const s = Math.max(0, Math.ceil(ms / 1000))
  const [d, h, m] = [Math.floor(s / 86_400), Math.floor(s / 3_600) % 24, Math.floor(s / 60) % 60]
  const rest = `${two(m)}:${two(s % 60)}`
  if (d > 0) return `${d} d ${two(h)}:${rest}`
  return h > 0 ? `${h}:${rest}` : `${m}:${two(s % 60)}`
}

/** About how long: `57 min`, `3 h`, `281 d`. */
export const about = (ms: number): string => {
  const minutes = ms / 60_000
  if (minutes < 1) return `${Math.max(0, Math.round(ms / 1000))} s`
  if (minutes < 120) return `${Math.round(minutes)} min`
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} d`
}

/** A time of day in UTC: `14:39:40`. */
export const clock = (at: number): string => new Date(at).toISOString().slice(11, 19)

/** A date with its time, in UTC: `2026-11-28 14:39:40`. */
export const date = (at: number): string => new Date(at).toISOString().slice(0, 19).replace("T", " ")
