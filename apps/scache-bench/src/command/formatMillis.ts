/** A time for people, to three digits. */
export const formatMillis = (millis: number): string => {
  if (millis >= 1_000) return `${Number((millis / 1_000).toPrecision(3))} s`
  if (millis >= 1) return `${Number(millis.toPrecision(3))} ms`
  return `${Number((millis * 1_000).toPrecision(3))} us`
}
