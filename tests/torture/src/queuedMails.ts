import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"

/** Those that hold mail; `deferred` has subdirectories. */
const queues = ["maildrop", "incoming", "active", "deferred", "hold", "corrupt"]

const filesIn = (directory: string): ReadonlyArray<string> =>
  existsSync(directory)
    ? readdirSync(directory, { withFileTypes: true, recursive: true }).flatMap((each) =>
        each.isFile() ? [each.name] : []
      )
    : []

/**
 * The queue identifiers of all mails that a Postfix still has. Looked at twice in a row, since a mail moves from queue to queue and may
 * be missed on its way; a mail that is being received is there under a number that is no identifier.
 */
export const queuedMails = (queueDirectory: string): ReadonlyArray<string> => {
  const look = () => queues.flatMap((name) => filesIn(join(queueDirectory, name)))
  return [...new Set([...look(), ...look()])]
}
