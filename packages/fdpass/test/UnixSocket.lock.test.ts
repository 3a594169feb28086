/** What only the kernel has: locks on files, and abstract addresses. */
import { expect, test } from "bun:test"
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Exit, Scope } from "effect"
import { Errno, UnixSocket } from "../src/index.ts"
import { kernelCalls, must, openNumbers } from "./support/machines.ts"

const inDirectory = (name: string, run: (path: string) => void): void => {
  test(name, () => {
    const directory = mkdtempSync(join(tmpdir(), "fdpass-lock-"))
    const before = openNumbers().length
    try {
      run(join(directory, "server"))
      expect(openNumbers().length).toBe(before)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
}

/** Takes the lock; the result lets go of it. */
const take = (path: string): (() => void) => {
  const scope = Scope.makeUnsafe()
  Effect.runSync(UnixSocket.lock(path).pipe(Effect.provideService(Scope.Scope, scope)))
  return () => Effect.runSync(Scope.close(scope, Exit.void))
}

const refusal = (path: string) => Effect.runSync(Effect.flip(Effect.scoped(UnixSocket.lock(path))))

inDirectory("one has the lock, and others are told so until it lets go", (path) => {
  const release = take(path)
  expect(existsSync(UnixSocket.lockPathOf(path))).toBe(true)
  expect(refusal(path)).toMatchObject({ _tag: "LockHeld", path })
  // With a socket there, it is that which is in the way.
  writeFileSync(path, "")
  expect(refusal(path)).toMatchObject({ _tag: "SocketInUse", path })
  unlinkSync(path)
  release()
  expect(existsSync(UnixSocket.lockPathOf(path))).toBe(false)
  take(path)()
})

inDirectory("a file that was left behind keeps nobody away", (path) => {
  writeFileSync(UnixSocket.lockPathOf(path), "")
  take(path)()
  expect(existsSync(UnixSocket.lockPathOf(path))).toBe(false)
})

inDirectory("the file has a mode of its own, whatever the umask, and whatever it was left with", (path) => {
  const modeOf = () => statSync(UnixSocket.lockPathOf(path)).mode & 0o777
  const before = process.umask(0o777)
  const release = take(path)
  process.umask(before)
  expect(modeOf()).toBe(0o600)
  release()
  writeFileSync(UnixSocket.lockPathOf(path), "")
  chmodSync(UnixSocket.lockPathOf(path), 0o666)
  const releaseSecond = take(path)
  expect(modeOf()).toBe(0o600)
  releaseSecond()
})

inDirectory("the lock belongs to whoever has the file that is there", (path) => {
  const release = take(path)
  // As if the first had let go between somebody's open and lock.
  unlinkSync(UnixSocket.lockPathOf(path))
  const releaseSecond = take(path)
  expect(refusal(path)._tag).toBe("LockHeld")
  release()
  expect(refusal(path)._tag).toBe("LockHeld")
  releaseSecond()
})

inDirectory("says what stands in the way, and follows no link", (path) => {
  expect(refusal(join(path, "x")).message).toBe(`open ${path}/x.lock: no such file or directory (ENOENT)`)
  symlinkSync("/etc/passwd", UnixSocket.lockPathOf(path))
  expect(refusal(path).message).toBe(`open ${path}.lock: a symbolic link stands in the way (ELOOP)`)
})

/** Two processes at a time try to get the lock as often as they can; each writes down who it found to have it, which must be nobody. */
test("of many that try at the same moment, never two have it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "fdpass-lock-"))
  const child = () =>
    Bun.spawn([process.execPath, join(import.meta.dir, "programs/lockOften.ts"), join(directory, "server")], {
      stdio: ["ignore", "pipe", "inherit"]
    })
  const children = [child(), child(), child()]
  const outputs = await Promise.all(children.map((each) => new Response(each.stdout).text()))
  rmSync(directory, { recursive: true })
  for (const output of outputs) {
    const { taken, shared } = JSON.parse(output)
    expect(shared).toBe(0)
    expect(taken).toBeGreaterThan(0)
  }
})

test("an abstract address reaches who is bound to it, and others are refused", async () => {
  const name = `scached-test-${process.pid}`
  const socket = must(kernelCalls.socket())
  expect(UnixSocket.connectAbstract(socket, name)).toBe(-Errno.ECONNREFUSED)
  const server = Bun.listen({ unix: `\0${name}`, socket: { data: () => {} } })
  expect(UnixSocket.connectAbstract(socket, name)).toBe(0)
  expect(kernelCalls.send(socket, Buffer.from("x"))).toBe(1)
  socket.close()
  server.stop(true)
  const other = must(kernelCalls.socket())
  expect(UnixSocket.connectAbstract(other, "")).toBe(-Errno.EINVAL)
  expect(UnixSocket.connectAbstract(other, "x".repeat(108))).toBe(-Errno.ENAMETOOLONG)
  other.close()
})
