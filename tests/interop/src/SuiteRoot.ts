/**
 * Another Debian suite, unpacked into a folder by `.ci/install-postfix SUITE`: how to run a program in there, with this repository.
 *
 * @category suites
 */
import { realpathSync } from "node:fs"
import { join } from "node:path"

/**
 * The suites whose Postfix is tried.
 *
 * @category suites
 */
export const suites = ["bullseye", "bookworm", "trixie", "forky"] as const

const repository = join(import.meta.dir, "../../..")

/**
 * In namespaces of its own: the folder becomes the root, and the repository and Bun are mounted in there at the paths that they have
 * outside. Only the loopback interface exists. The shell stays the first process: it reaps what daemons leave, which the laboratory would
 * wait for otherwise, and all that was started ends with it.
 */
const enter = `
root=$1 repository=$2 bun=$3
shift 3
mount --bind "$root" "$root"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root$repository" "$root$(dirname "$bun")"
mount --rbind "$repository" "$root$repository"
touch "$root$bun"
mount --bind "$bun" "$root$bun"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t sysfs sysfs "$root/sys"
mkdir -p "$root/old"
cd "$root"
pivot_root . old
cd /
umount -l /old
ip link set lo up
cd "$repository/tests/interop"
"$@" &
wait $!
`

/**
 * The command that runs another one in the suite's folder, in tests/interop.
 *
 * @category suites
 */
export const command = (root: string, inside: ReadonlyArray<string>): ReadonlyArray<string> => {
  const namespaces = [
    "--mount",
    "--propagation",
    "private",
    "--net",
    "--ipc",
    "--uts",
    "--pid",
    "--fork",
    "--kill-child"
  ]
  const bun = realpathSync(process.execPath)
  const places = [root, realpathSync(repository), bun]
  return [
    "unshare",
    ...namespaces,
    "sh",
    "-euc",
    enter,
    "sh",
    ...places,
    ...inside.map((word) => (word === "bun" ? bun : word))
  ]
}

/**
 * Unpacks the suite if it is not there yet, and returns the folder that becomes its root. Throws, with what went wrong, where it cannot be.
 *
 * @category suites
 */
export const unpack = (suite: string): string => {
  const unpacked = Bun.spawnSync([join(repository, ".ci/install-postfix"), suite], { stderr: "pipe" })
  const folder = unpacked.stdout.toString().trim().split("\n").at(-1) ?? ""
  if (unpacked.exitCode !== 0) throw new Error(unpacked.stderr.toString().trim())
  return join(folder, "tree")
}
