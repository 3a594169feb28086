/**
 * The one line of a service that cannot make a system call, and so cannot send a datagram to a logger: Bun itself has only stream sockets.
 *
 * systemd's journal takes a stream (systemd-journald.service(8)). It hands the line on to a syslog daemon, where there is one.
 */

const journalPath = "/run/systemd/journal/stdout"
/** The facility mail, 2, and the severity critical, 2, which Postfix's `fatal` has. */
const mailCritical = 2 * 8 + 2
/** The journal answers at once or not at all; the process must end. */
const waitMillisMax = 1_000

/** What the journal wants to know of a stream: a name, no unit, a priority, no prefix in each line, and where the line goes besides. */
const headerOf = (tag: string): string => `${[tag, "", mailCritical, 0, 1, 0, 0].join("\n")}\n`

/** Sends the line, if there is a journal; resolves when it is sent or cannot be. */
export const say = async (tag: string, line: string, path = journalPath): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, waitMillisMax)
  const opening = Bun.connect({
    unix: path,
    socket: {
      open: (socket) => {
        // A few hundred bytes, for which a new socket has room.
        socket.write(`${headerOf(tag)}${line}\n`)
        socket.end()
      },
      data: () => {},
      close: () => resolve(),
      error: () => resolve()
    }
  })
  // Where there is no journal nothing more can be done.
  await opening.then(() => promise).catch(() => {})
  clearTimeout(timer)
}
