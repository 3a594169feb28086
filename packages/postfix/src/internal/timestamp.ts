import { shifted } from "../LocalTime.ts"

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const

const two = (number: number, padding = "0"): string => String(number).padStart(2, padding)

/** `Nov  5 10:28:53` in local time, or `Nov 05 10:28:53` with `padding` "0". */
export const timestamp = (date: Date, padding: " " | "0"): string => {
  const local = shifted(date)
  const day = `${months[local.getUTCMonth()]} ${two(local.getUTCDate(), padding)}`
  return `${day} ${two(local.getUTCHours())}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`
}
