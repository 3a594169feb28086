import { Logger } from "effect"

const severities: Readonly<Partial<Record<string, string>>> = { Warn: "warning: ", Error: "error: ", Fatal: "fatal: " }

/** Lines for a person at standard error: the program, Postfix's word for the severity, the message. */
export const layer = Logger.layer([
  Logger.make(({ logLevel, message }) => {
    const text = Array.isArray(message) ? message.map(String).join(" ") : String(message)
    process.stderr.write(`scached: ${severities[logLevel] ?? ""}${text}\n`)
  })
])
