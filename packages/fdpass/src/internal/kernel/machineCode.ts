/**
 * The few instructions of ours that make a call: `enter` a system call, `callFunction` a C function. They can lie at any address, one behind
 * the other. What they take and return is in `Gate`; the arguments arrive as C passes them.
 *
 * `callFunction` takes the address of the thread's `errno` behind the function's five arguments, and looks at it as soon as the function has
 * returned.
 */

/** Instructions, each as its bytes in hexadecimal and as an assembler takes it, which is what a test compares. */
export type Listing = ReadonlyArray<readonly [bytes: string, instruction: string]>

/** From one routine of `direct` to the next. */
export const directBytes = 16

/** The code of a platform. */
export interface MachineCode {
  readonly enter: Listing
  /** Makes one system call; its arguments arrive as C passes them. Numbers are below 2^16. */
  readonly direct: (call: number) => Listing
  readonly callFunction: Listing
}

/** The bytes of a listing. */
export const assembled = (listing: Listing): Uint8Array =>
  new Uint8Array(Buffer.from(listing.map(([bytes]) => bytes).join(""), "hex"))

/** The four bytes of a word, the lowest first. */
const littleEndian = (word: number): string =>
  [0, 8, 16, 24].map((shift) => ((word >>> shift) & 0xff).toString(16).padStart(2, "0")).join("")

/**
 * The call's number is in rdi, its arguments in rsi, rdx, rcx, r8, r9 and on the stack. The kernel wants them in rax, and rdi, rsi, rdx, r10,
 * r8, r9; it changes rcx and r11 only, which C functions may change, too.
 */
const x64: MachineCode = {
  direct: (call) => [
    [`b8${littleEndian(call)}`, `mov $${call}, %eax`],
    ["4989ca", "mov %rcx, %r10"],
    ["0f05", "syscall"],
    ["c3", "ret"]
  ],
  enter: [
    ["4889f8", "mov %rdi, %rax"],
    ["4889f7", "mov %rsi, %rdi"],
    ["4889d6", "mov %rdx, %rsi"],
    ["4889ca", "mov %rcx, %rdx"],
    ["4d89c2", "mov %r8, %r10"],
    ["4d89c8", "mov %r9, %r8"],
    ["4c8b4c2408", "mov 8(%rsp), %r9"],
    ["0f05", "syscall"],
    ["c3", "ret"]
  ],
  callFunction: [
    // rbx survives the call. Saving it aligns the stack to 16 bytes as well.
    ["53", "push %rbx"],
    ["488b5c2410", "mov 16(%rsp), %rbx"],
    ["4889f8", "mov %rdi, %rax"],
    ["4889f7", "mov %rsi, %rdi"],
    ["4889d6", "mov %rdx, %rsi"],
    ["4889ca", "mov %rcx, %rdx"],
    ["4c89c1", "mov %r8, %rcx"],
    ["4d89c8", "mov %r9, %r8"],
    ["ffd0", "call *%rax"],
    ["4898", "cltq"],
    ["4885c0", "test %rax, %rax"],
    ["7906", "jns .+8"],
    ["486303", "movslq (%rbx), %rax"],
    ["48f7d8", "neg %rax"],
    ["5b", "pop %rbx"],
    ["c3", "ret"]
  ]
}

/** Little-endian words. The number is in x0 and the arguments in x1 to x6; the kernel wants them in x8, and x0 to x5. */
const arm64: MachineCode = {
  direct: (call) => [
    [littleEndian(0xd2800008 | (call << 5)), `mov x8, #${call}`],
    ["010000d4", "svc #0"],
    ["c0035fd6", "ret"]
  ],
  enter: [
    ["e80300aa", "mov x8, x0"],
    ["e00301aa", "mov x0, x1"],
    ["e10302aa", "mov x1, x2"],
    ["e20303aa", "mov x2, x3"],
    ["e30304aa", "mov x3, x4"],
    ["e40305aa", "mov x4, x5"],
    ["e50306aa", "mov x5, x6"],
    ["010000d4", "svc #0"],
    ["c0035fd6", "ret"]
  ],
  callFunction: [
    ["fd7bbea9", "stp x29, x30, [sp, #-32]!"],
    ["fd030091", "mov x29, sp"],
    ["f30b00f9", "str x19, [sp, #16]"],
    ["f30306aa", "mov x19, x6"],
    ["e90300aa", "mov x9, x0"],
    ["e00301aa", "mov x0, x1"],
    ["e10302aa", "mov x1, x2"],
    ["e20303aa", "mov x2, x3"],
    ["e30304aa", "mov x3, x4"],
    ["e40305aa", "mov x4, x5"],
    ["20013fd6", "blr x9"],
    ["007c4093", "sxtw x0, w0"],
    ["6000f8b6", "tbz x0, #63, .+12"],
    ["600280b9", "ldrsw x0, [x19]"],
    ["e00300cb", "neg x0, x0"],
    ["f30b40f9", "ldr x19, [sp, #16]"],
    ["fd7bc2a8", "ldp x29, x30, [sp], #32"],
    ["c0035fd6", "ret"]
  ]
}

/** Every supported platform's code, under the names of `layouts`. */
export const machineCode: Readonly<Record<string, MachineCode>> = { "linux-x64": x64, "linux-arm64": arm64 }
