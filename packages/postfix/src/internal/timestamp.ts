const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const

const two = (number: number, padding = "0"): string => String(number).padStart(2, padding)

/** `Nov  5 10:28:53` in local time, or `Nov 05 10:28:53` with `padding` "0". */
export const timestamp = (date: Date, padding: " " | "0"): string =>
  `${months[date.getMonth()]} ${two(date.getDate(), padding)} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
