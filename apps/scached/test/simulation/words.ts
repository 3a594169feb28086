/** What the daemon must say, and what is said of it. */
import type { Shape } from "./client/Message.ts"
import type { ModelFound } from "./model/Model.ts"
import type { ModelConnection } from "./model/ModelConnection.ts"

export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1")

/** A reply's bytes, one unit each. */
export const replyOf = (shape: Shape, status: number, found?: ModelFound): string => {
  const properties = found?.connection.properties ?? ""
  if (shape === "FindEndpoint") return `status\0${status}\0property\0${properties}\0\0`
  if (shape === "FindDestination") {
    return `status\0${status}\0property\0${found?.destinationProperties ?? ""}\0property\0${properties}\0\0`
  }
  return `status\0${status}\0\0`
}

/** A connection for messages. */
export const describe = (connection: ModelConnection | undefined): string =>
  connection === undefined
    ? "nothing"
    : `save ${connection.order} of ${JSON.stringify(connection.label)}, file #${connection.fileId}, ${connection.fate}, until ${connection.deadlineMillis} ms`
