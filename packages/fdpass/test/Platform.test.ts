import { describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { currentPlatform, KernelSystemCalls, type Layout, layoutOf, layouts, SystemCalls } from "../src/index.ts"

/** Offsets and size of a C structure of 64-bit Linux: each member stands at a multiple of its own size, unless packed. */
const lay = (members: Readonly<Record<string, number>>, isPacked = false) => {
  const offsets = new Map<string, number>()
  const align = (offset: number, size: number) => (isPacked ? offset : Math.ceil(offset / size) * size)
  let end = 0
  for (const [name, size] of Object.entries(members)) {
    offsets.set(name, align(end, size))
    end = align(end, size) + size
  }
  return { at: (name: string) => offsets.get(name) ?? -1, size: align(end, Math.max(...Object.values(members))) }
}

/** The structures as the C library declares them (sys/socket.h, sys/epoll.h): epoll_event is packed on x86-64 alone. */
const derive = (isEventPacked: boolean): Layout => {
  const message = lay({
    msg_name: 8,
    msg_namelen: 4,
    msg_iov: 8,
    msg_iovlen: 8,
    msg_control: 8,
    msg_controllen: 8,
    msg_flags: 4
  })
  const control = lay({ cmsg_len: 8, cmsg_level: 4, cmsg_type: 4 })
  const event = lay({ events: 4, data: 8 }, isEventPacked)
  return {
    epollEventBytes: event.size,
    epollEventDataOffset: event.at("data"),
    messageHeaderBytes: message.size,
    messageHeaderVectorOffset: message.at("msg_iov"),
    messageHeaderVectorCountOffset: message.at("msg_iovlen"),
    messageHeaderControlOffset: message.at("msg_control"),
    messageHeaderControlLengthOffset: message.at("msg_controllen"),
    messageHeaderFlagsOffset: message.at("msg_flags"),
    controlHeaderBytes: control.size,
    controlLevelOffset: control.at("cmsg_level"),
    controlTypeOffset: control.at("cmsg_type"),
    nonBlockingFlag: 0o4000,
    closeOnExecFlag: 0o2000000
  }
}

describe("layouts", () => {
  test("there are two platforms, and both follow from the declarations", () => {
    expect(layouts).toEqual({ "linux-x64": derive(true), "linux-arm64": derive(false) })
    expect([layouts["linux-x64"]?.epollEventBytes, layouts["linux-arm64"]?.epollEventBytes]).toEqual([12, 16])
  })

  const program = `
#define _GNU_SOURCE
#include <stdio.h>
#include <stddef.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/epoll.h>
int main(void) {
  size_t values[] = {
    sizeof(struct epoll_event), offsetof(struct epoll_event, data), sizeof(struct msghdr), offsetof(struct msghdr, msg_iov),
    offsetof(struct msghdr, msg_iovlen), offsetof(struct msghdr, msg_control), offsetof(struct msghdr, msg_controllen),
    offsetof(struct msghdr, msg_flags), sizeof(struct cmsghdr), offsetof(struct cmsghdr, cmsg_level),
    offsetof(struct cmsghdr, cmsg_type), SOCK_NONBLOCK, SOCK_CLOEXEC };
  for (unsigned i = 0; i < sizeof values / sizeof *values; i++) printf("%zu ", values[i]);
  printf("%d %d %zu", SOCK_CLOEXEC == EPOLL_CLOEXEC, SOCK_NONBLOCK == O_NONBLOCK, CMSG_SPACE(sizeof(int)));
  return 0;
}`

  // What is derived above holds without a compiler; with one, this machine's own headers have the last word.
  test.skipIf(Bun.which("cc") === null)("this machine's headers agree [needs cc: install gcc and libc6-dev]", () => {
    const directory = mkdtempSync(join(tmpdir(), "fdpass-layout-"))
    writeFileSync(join(directory, "layout.c"), program)
    const compiled = Bun.spawnSync(["cc", "-o", join(directory, "layout"), join(directory, "layout.c")])
    expect(compiled.stderr.toString()).toBe("")
    const printed = Bun.spawnSync([join(directory, "layout")])
      .stdout.toString()
      .split(" ")
      .map(Number)
    rmSync(directory, { recursive: true })
    const layout = layouts[currentPlatform]
    if (layout === undefined) throw new Error(`no layout for ${currentPlatform}`)
    expect(printed).toEqual([
      layout.epollEventBytes,
      layout.epollEventDataOffset,
      layout.messageHeaderBytes,
      layout.messageHeaderVectorOffset,
      layout.messageHeaderVectorCountOffset,
      layout.messageHeaderControlOffset,
      layout.messageHeaderControlLengthOffset,
      layout.messageHeaderFlagsOffset,
      layout.controlHeaderBytes,
      layout.controlLevelOffset,
      layout.controlTypeOffset,
      layout.nonBlockingFlag,
      layout.closeOnExecFlag,
      1,
      1,
      24
    ])
  })
})

describe("an unknown platform", () => {
  test("is an error that names it, and what works", () => {
    for (const platform of ["darwin-arm64", "linux-riscv64", "constructor", "__proto__", ""]) {
      const error = Effect.runSync(Effect.flip(layoutOf(platform)))
      expect(error._tag).toBe("UnsupportedPlatform")
      expect(error.message).toBe(
        `passing descriptors is not supported on ${platform}: it works on linux-x64 and linux-arm64, with Bun and glibc`
      )
    }
  })

  test("stops the kernel's layer at start, before any call", () => {
    const start = (platform: string) =>
      Effect.runSyncExit(
        Effect.flip(Effect.map(SystemCalls, () => "started").pipe(Effect.provide(KernelSystemCalls.layerFor(platform))))
      )
    expect(start("win32-x64")).toMatchObject({ _tag: "Success", value: { platform: "win32-x64" } })
    // This one starts: the flipped exit is a failure.
    expect(start(currentPlatform)._tag).toBe("Failure")
  })
})
