/** Answers each byte with a byte: `bun echo.ts PATH`. It says "ready", and ends with its standard input. */
const [path = ""] = process.argv.slice(2)
const server = Bun.listen({
  unix: path,
  socket: {
    data: (socket, bytes) => {
      socket.write(bytes)
    }
  }
})
console.log("ready")
for await (const _ of Bun.stdin.stream());
server.stop(true)
