/**
 * A real systemd as the first process of its own namespaces, with no units but those that a test installs.
 *
 * @category systemd
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { SystemCalls } from "@scached/fdpass"
import { Effect, type Scope } from "effect"
import { isExecutable } from "./isExecutable.ts"
import { LabFailure, labFailure } from "./LabFailure.ts"
import * as LabProcess from "./LabProcess.ts"
import * as TempDirectory from "./TempDirectory.ts"

const programs = ["/lib/systemd/systemd", "/usr/bin/systemctl", "/usr/bin/systemd-analyze"] as const

const repository = join(import.meta.dir, "../../..")
/** Only failures take as long as these limits. */
const startMillisMax = 60_000
const commandMillisMax = 120_000
const pollMillis = 20

/** What units depend on without saying so. Those of the machine would start its services. */
const targets = ["basic", "local-fs", "multi-user", "shutdown", "sockets", "sysinit", "umount"]

/**
 * Keeps the manager in a control group of its own, and removes that afterwards. At its end the kernel ends all that it has started: it is
 * the first process of their namespace.
 */
const supervise = `
mount -t cgroup2 cgroup2 "$1/cgroup" || exit
group=$1/cgroup/scached-lab-$$
mkdir "$group" || exit
sh -c 'echo $$ > "$0/cgroup.procs" && exec unshare "$@"' "$group" \\
  --pid --fork --kill-child --mount --propagation private --cgroup --uts --ipc --net sh -euc "$BECOME_MANAGER" sh "$@" &
manager=$!
trap 'kill -KILL $(cat /proc/$manager/task/$manager/children)' TERM
wait $manager
wait $manager
for attempt in $(seq 200); do
  find "$group" -depth -type d -exec rmdir {} + 2> /dev/null
  [ -d "$group" ] || exit 0
  sleep 0.05
done
exit 1
`

/**
 * Covers what the units of docs/systemd and the commands of its guide write to, and what a manager would change of the machine: it raises
 * limits of the kernel, leaves directories in /tmp, and runs the generators of other packages. The number that is told is that outside.
 */
const becomeManager = `
read -r number rest < /proc/self/stat
mount -t proc proc /proc
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for directory in /run /etc/systemd/system /etc/postfix /usr/local/sbin /var/spool/postfix; do
  mkdir -p "$directory"
  mount -t tmpfs -o mode=755 tmpfs "$directory"
done
mkdir /run/scached
mount --bind "$2" /run/scached
if [ -e /dev/console ]; then mount --bind "$1/console" /dev/console; fi
cd /etc/systemd/system
for target in $TARGETS; do printf '[Unit]\\nDefaultDependencies=no\\n' > "$target.target"; done
install -d -m 700 -o postfix /var/spool/postfix/private
echo "the manager is process $number"
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=1777 tmpfs /var/tmp
exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_LOG_TARGET=console \\
  SYSTEMD_UNIT_PATH=/etc/systemd/system SYSTEMD_GENERATOR_PATH=/run/none \\
  /lib/systemd/systemd --system --unit=basic.target --show-status=no
`

/**
 * Why there can be no systemd of one's own on this machine; undefined where there can.
 *
 * @category systemd
 */
export const impediment = (): string | undefined => {
  const missing = programs.filter((path) => !isExecutable(path))
  if (missing.length > 0) return `for want of ${missing.join(", ")}: run .ci/install-postfix as root`
  const mount = "mount -t cgroup2 cgroup2 /sys/fs/cgroup && mount -t tmpfs tmpfs /run"
  const tried = Bun.spawnSync(
    ["unshare", "--pid", "--fork", "--mount", "--propagation", "private", "--cgroup", "--net", "sh", "-c", mount],
    { stderr: "pipe" }
  )
  return tried.exitCode === 0 ? undefined : `no namespaces for a manager: ${tried.stderr.toString().trim()}`
}

/**
 * What systemd says of its version: its first line begins with `systemd` and a number. Empty where there is none.
 *
 * @category systemd
 */
export const version = (): string =>
  isExecutable(programs[0]) ? Bun.spawnSync([programs[0], "--version"], { stderr: "ignore" }).stdout.toString() : ""

/**
 * A manager that has started.
 *
 * @category systemd
 */
export interface PrivateSystemd {
  /** Runs a shell's commands where the manager is, in the repository; what they print. */
  readonly run: (commands: string) => Effect.Effect<string, LabFailure, SystemCalls>
  /** A property of a unit, as systemctl(1) shows it. */
  readonly show: (unit: string, property: string) => Effect.Effect<string, LabFailure, SystemCalls>
  /** Waits until a property is what it should be. */
  readonly waitFor: (unit: string, property: string, value: string) => Effect.Effect<void, LabFailure, SystemCalls>
  /** Where one of its files is for everybody else. */
  readonly outside: (path: string) => string
}

/**
 * Starts a manager with empty directories in place of those that services are installed to, and a queue directory that holds `private`
 * alone. It ends with all that it runs when the scope closes.
 *
 * @category systemd
 */
export const start: Effect.Effect<PrivateSystemd, LabFailure, SystemCalls | Scope.Scope> = Effect.gen(function* () {
  const directory = yield* TempDirectory.make
  const console = join(directory, "console")
  yield* Effect.try({
    try: () => {
      writeFileSync(console, "")
      mkdirSync(join(directory, "cgroup"))
    },
    catch: labFailure("prepare systemd")
  })
  const supervisor = yield* LabProcess.start(
    ["unshare", "--mount", "--propagation", "private", "sh", "-c", supervise, "sh", directory, repository],
    { environment: { BECOME_MANAGER: becomeManager, TARGETS: targets.join(" ") } }
  )
  yield* supervisor.waitForOutput("the manager is process ", startMillisMax)
  const number = /the manager is process (\d+)/.exec(supervisor.output())?.[1] ?? ""
  const outside = (path: string) => `/proc/${number}/root${path}`

  const run = (commands: string) =>
    LabProcess.run(["nsenter", `--target=${number}`, "--all", "sh", "-euc", `cd /run/scached\n${commands}`], {
      timeoutMillis: commandMillisMax
    })
  const show = (unit: string, property: string) =>
    Effect.map(run(`systemctl show --property=${property} --value ${unit}`), (text) => text.trim())
  const until = <E, R>(attempt: string, isTrue: Effect.Effect<boolean, E, R>) =>
    Effect.timeoutOrElse(
      Effect.gen(function* () {
        while (!(yield* isTrue)) yield* Effect.sleep(pollMillis)
      }),
      {
        duration: startMillisMax,
        orElse: () => {
          const found = `nothing of it in ${startMillisMax} ms; the console: ${readFileSync(console, "utf8")}`
          return Effect.fail(new LabFailure({ attempt, found }))
        }
      }
    )
  const waitFor = (unit: string, property: string, value: string) =>
    until(
      `see ${property}=${value} of ${unit}`,
      Effect.map(show(unit, property), (found) => found === value)
    )
  yield* until(
    `find systemd ready: ${supervisor.output()}`,
    Effect.sync(() => existsSync(outside("/run/systemd/private")))
  )
  yield* waitFor("basic.target", "ActiveState", "active")
  return { run, show, waitFor, outside }
})
