import { libc } from "../../src/internal/kernel/libc.ts"
import { NativeBlock } from "../../src/internal/kernel/nativeMemory.ts"

const realTimer = 0

/** Has the kernel end this process by SIGALRM, in a system call that never returns too. */
export const endAfter = (seconds: number): void => {
  // struct itimerval: the interval, which stays 0, and the time until the alarm.
  const timer = new NativeBlock(32)
  timer.words[4] = seconds
  libc().symbols.setitimer(realTimer, timer.address, 0)
}
