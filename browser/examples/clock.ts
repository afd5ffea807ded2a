// What stands in the corner of a card: minutes and seconds to whatever a person waits for.
export const countdown = (seconds: number | null): string => {
  if (seconds === null) return ""
  const minutes = Math.floor(seconds / 60)
  return `${minutes}:${String(seconds % 60).padStart(2, "0")} left`
}
