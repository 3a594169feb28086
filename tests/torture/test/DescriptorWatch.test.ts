/** The soak's eye for descriptors: it must explain what belongs there, and tell what does not. */
import { describe, expect, test } from "bun:test"
import { classify, type OpenDescriptor } from "../src/DescriptorAudit.ts"
import { DescriptorWatch } from "../src/DescriptorWatch.ts"

const surroundings = { socketPath: "/run/s", destination: { address: "127.1.2.3", port: 10_026 } }
const unix = `Num       RefCount Protocol Flags    Type St Inode Path
00000000bc2f1d2a: 00000002 00000000 00010000 0001 01 100 /run/s
0000000015a0ef20: 00000003 00000000 00000000 0001 03 101 /run/s
0000000015a0ef21: 00000003 00000000 00000000 0001 03 102
0000000015a0ef22: 00000003 00000000 00000000 0001 03 103 /run/another
`
const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0302017F:9C40 0302017F:272A 01 00000000:00000000 00:00000000 00000000     0        0 104 1 0000000072aa55ab 20 4 30 10 -1
   1: 0302017F:9C41 0302017F:272A 08 00000000:00000000 00:00000000 00000000     0        0 105 1 0000000072aa55ac 20 4 30 10 -1
   2: 0302017F:9C42 0402017F:272A 01 00000000:00000000 00:00000000 00000000     0        0 106 1 0000000072aa55ad 20 4 30 10 -1
`

test("the kernel's tables tell what each descriptor is", () => {
  const links = [
    "/dev/null",
    "anon_inode:[eventpoll]",
    ...[100, 101, 102, 103, 104, 105, 106, 107].map((inode) => `socket:[${inode}]`)
  ]
  const open = classify({ links: new Map(links.entries()), unix, tcp }, surroundings)
  expect(open.map(({ link, kind }) => `${link} ${kind}`)).toEqual([
    "/dev/null own",
    "anon_inode:[eventpoll] own",
    "socket:[100] own",
    "socket:[101] client",
    "socket:[102] others",
    "socket:[103] unknown",
    "socket:[104] mail",
    "socket:[105] hung up",
    "socket:[106] unknown",
    "socket:[107] unknown"
  ])
})

describe("what is there for too long is told", () => {
  const own: OpenDescriptor = { number: 0, link: "/dev/null", kind: "own" }
  const descriptor = (number: number, kind: OpenDescriptor["kind"], inode = number): OpenDescriptor => ({
    number,
    link: `socket:[${inode}]`,
    kind
  })
  /** The complaints after a look each second, first at what is its own alone. */
  const complaintsOf = (open: (second: number) => ReadonlyArray<OpenDescriptor>, seconds: number, clientsMax = 1) => {
    const watch = new DescriptorWatch()
    for (let second = 0; second <= seconds; second++) {
      const others = second === 0 ? [] : open(second)
      const counts = watch.take([own, ...others], second, clientsMax)
      expect(counts.total).toBe(1 + others.length)
    }
    return watch.complaints
  }

  test("nothing where all belongs there", () => {
    const open = [descriptor(1, "client"), descriptor(2, "mail"), descriptor(3, "mail")]
    expect(complaintsOf(() => open, 100)).toEqual([])
  })

  for (const [what, open, complaint] of [
    ["an unknown one", [descriptor(1, "unknown")], "1=socket:[1] is nothing that is known"],
    ["a dead one", [descriptor(1, "hung up")], "1=socket:[1] is cached although its far end has closed"],
    ["a second copy", [descriptor(1, "mail"), descriptor(2, "mail", 1)], "2=socket:[1] is there twice"],
    ["a client too many", [descriptor(1, "client"), descriptor(2, "client")], "more clients than there can be"],
    ["one of its own too many", [{ ...own, number: 1 }], "more of its own than at first, 1"]
  ] as const) {
    test(what, () => {
      expect(complaintsOf(() => open, 6)).toEqual([])
      expect(complaintsOf(() => open, 7)).toEqual([complaint])
      // It comes and goes: that is the daemon's life.
      expect(complaintsOf((second) => (second % 5 === 0 ? [] : open), 100)).toEqual([])
    })
  }

  test("those that last are counted", () => {
    const watch = new DescriptorWatch()
    const lasting = (second: number) =>
      watch.take([own, descriptor(1, "client"), descriptor(2, "others", second)], second, 1).lasting
    expect(Array.from({ length: 12 }, (_, second) => lasting(second))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
  })

  test("one whose time is over", () => {
    const open = [descriptor(1, "others")]
    expect(complaintsOf(() => open, 11)).toEqual([])
    expect(complaintsOf(() => open, 12)).toEqual(["1=socket:[1] is cached although its time is over"])
    expect(complaintsOf((second) => [descriptor(1, "others", second)], 100)).toEqual([])
  })
})
