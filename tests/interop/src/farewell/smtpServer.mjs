// smtp-server of npm, for the laboratory: ADDRESS PORT FOLDER. A line for the end of each session.
import { createRequire } from "node:module"

const [address, port, folder] = process.argv.slice(2)
const require = createRequire(`${folder}/node_modules/`)
const { SMTPServer } = require("smtp-server")
const { SMTPConnection } = require("smtp-server/lib/smtp-connection")

const polite = new Set()
const quit = SMTPConnection.prototype.handler_QUIT
SMTPConnection.prototype.handler_QUIT = function (...given) {
  polite.add(this.id)
  return quit.apply(this, given)
}
const server = new SMTPServer({
  disabledCommands: ["AUTH", "STARTTLS"],
  disableReverseLookup: true,
  onData: (stream, _, done) => stream.on("end", done).resume(),
  onClose: ({ id }) => console.log(polite.has(id) ? "ended: quit" : "ended: no quit")
})
server.on("error", (error) => console.log(`trouble: ${error.message}`))
server.listen(Number(port), address, () => console.log("listening"))
