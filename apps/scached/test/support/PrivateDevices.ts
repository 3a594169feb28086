/** A /dev of a test's own, in which it can be syslogd: programs that are started with it see no other /dev/log than the test's. */
import { chmodSync } from "node:fs"
import { Directory } from "./Daemon.ts"

/**
 * Mounts what every program needs into the directory, and the directory over /dev, in a mount namespace that ends with the program. The
 * process number stays that of the shell, and so do the descriptors.
 */
const enter = `
set -e
devices=$1
shift
for name in null zero random urandom; do
  : > "$devices/$name"
  mount --bind "/dev/$name" "$devices/$name"
done
mount --rbind "$devices" /dev
exec "$@"
`

/** The directory is the same outside, where its devices are empty files. */
export class PrivateDevices extends Directory {
  constructor() {
    super()
    // A daemon that has given up its rights looks for its logger in there.
    chmodSync(this.path, 0o755)
  }

  /** A command that runs the words with this directory as its /dev. */
  command(words: ReadonlyArray<string>): ReadonlyArray<string> {
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", enter, "sh", this.path, ...words]
  }

  get logPath(): string {
    return this.join("log")
  }

  /** Why there can be none on this machine; undefined where there can. */
  static impediment(): string | undefined {
    if (Bun.which("unshare") === null) return "unshare(1) is missing"
    using devices = new PrivateDevices()
    const tried = Bun.spawnSync([...devices.command(["true"])], { stderr: "pipe" })
    return tried.exitCode === 0 ? undefined : `no mount namespace: ${tried.stderr.toString().trim()}`
  }
}
