/** Two processes that share one connection to a server: `bun sharedConnection.ts PATH`, with the path of a cache's socket. */
import { openCache } from "@scached/client"

const [path = "run/scached.sock", role, port = "0"] = process.argv.slice(2)
const say = (text: string) => console.log(`[${role ?? "first"}] ${text}`)

await using cache = openCache({ path })

if (role === undefined) {
  // A server that counts the lines of each connection.
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    data: { lines: 0 },
    socket: {
      open: (socket) => {
        socket.data = { lines: 0 }
      },
      data: (socket) => {
        socket.write(`that was line ${++socket.data.lines} on this connection`)
      }
    }
  })
  const answer = Promise.withResolvers<string>()
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: server.port,
    socket: { data: (_, bytes) => answer.resolve(bytes.toString()) }
  })
  socket.write("hello")
  say(await answer.promise)

  // From here on the connection is the cache's, and the socket is closed, without a word to the server.
  await cache.saveEndpoint({ label: `server ${server.port}`, properties: "greeted", ttlSeconds: 60, socket })
  say("saved the connection")

  const command = [process.execPath, import.meta.path, path, "second", String(server.port)]
  await Bun.spawn(command, { stdio: ["ignore", "inherit", "inherit"] }).exited
  server.stop(true)
} else {
  using found = await cache.findEndpoint(`server ${port}`)
  if (found === undefined) throw new Error("there is no connection in the cache")
  say(`found a connection that is ${found.properties}`)

  const answer = Promise.withResolvers<string>()
  const socket = await found.connect({ data: (_, bytes) => answer.resolve(bytes.toString()) })
  socket.write("hello again")
  say(await answer.promise)
  socket.end()
}
