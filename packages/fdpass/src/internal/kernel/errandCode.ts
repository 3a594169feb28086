import { bytesOfWords, loadCode } from "./loadCode.ts"

/**
 * Machine code of a function that runs errands one after the other: `void *runErrands(struct list *)`. A list is a 32-bit count, 32 unused
 * bits, and as many records of `errandBytes`:
 *
 *     0 ticket   1 until a thread takes the errand, by exchanging it for 0
 *     4 done     1 when its results have been written
 *     8 call     number and six arguments of a system call; its result replaces the number
 *    64 call     the same for a second call, made only if the result of the first was 0
 *
 * The C library has no function that makes two calls, the second depending on the first, and JavaScript must not run on a thread that the
 * runtime does not know.
 */
const code: Readonly<Record<string, ReadonlyArray<number>>> = {
  x64: [
    0x53, //                                    push  rbx
    0x55, //                                    push  rbp
    ...[0x48, 0x8d, 0x5f, 0x08], //             lea   rbx, [rdi+8]
    ...[0x8b, 0x2f], //                         mov   ebp, [rdi]
    ...[0x85, 0xed], //                   next: test  ebp, ebp
    ...[0x74, 0x63], //                         jz    done
    ...[0xff, 0xcd], //                         dec   ebp
    ...[0x31, 0xc0], //                         xor   eax, eax
    ...[0x87, 0x03], //                         xchg  [rbx], eax
    ...[0x85, 0xc0], //                         test  eax, eax
    ...[0x74, 0x50], //                         jz    skip
    ...[0x48, 0x8b, 0x43, 0x08], //             mov   rax, [rbx+8]
    ...[0x48, 0x8b, 0x7b, 0x10], //             mov   rdi, [rbx+16]
    ...[0x48, 0x8b, 0x73, 0x18], //             mov   rsi, [rbx+24]
    ...[0x48, 0x8b, 0x53, 0x20], //             mov   rdx, [rbx+32]
    ...[0x4c, 0x8b, 0x53, 0x28], //             mov   r10, [rbx+40]
    ...[0x4c, 0x8b, 0x43, 0x30], //             mov   r8, [rbx+48]
    ...[0x4c, 0x8b, 0x4b, 0x38], //             mov   r9, [rbx+56]
    ...[0x0f, 0x05], //                         syscall
    ...[0x48, 0x89, 0x43, 0x08], //             mov   [rbx+8], rax
    ...[0x48, 0x85, 0xc0], //                   test  rax, rax
    ...[0x75, 0x22], //                         jnz   told
    ...[0x48, 0x8b, 0x43, 0x40], //             mov   rax, [rbx+64]
    ...[0x48, 0x8b, 0x7b, 0x48], //             mov   rdi, [rbx+72]
    ...[0x48, 0x8b, 0x73, 0x50], //             mov   rsi, [rbx+80]
    ...[0x48, 0x8b, 0x53, 0x58], //             mov   rdx, [rbx+88]
    ...[0x4c, 0x8b, 0x53, 0x60], //             mov   r10, [rbx+96]
    ...[0x4c, 0x8b, 0x43, 0x68], //             mov   r8, [rbx+104]
    ...[0x4c, 0x8b, 0x4b, 0x70], //             mov   r9, [rbx+112]
    ...[0x0f, 0x05], //                         syscall
    ...[0x48, 0x89, 0x43, 0x40], //             mov   [rbx+64], rax
    ...[0xc7, 0x43, 0x04, 0x01, 0, 0, 0], // told: mov dword [rbx+4], 1
    ...[0x48, 0x81, 0xc3, 0xc0, 0, 0, 0], // skip: add rbx, 192
    ...[0xeb, 0x99], //                         jmp   next
    ...[0x31, 0xc0], //                   done: xor   eax, eax
    0x5d, //                                    pop   rbp
    0x5b, //                                    pop   rbx
    0xc3 //                                     ret
  ],
  arm64: bytesOfWords([
    0xa9bf53f3, //       stp   x19, x20, [sp, #-16]!
    0x91002013, //       add   x19, x0, #8
    0xb9400014, //       ldr   w20, [x0]
    0x34000314, // next: cbz   w20, done
    0x51000694, //       sub   w20, w20, #1
    0x885ffe61, // take: ldaxr w1, [x19]
    0x8802fe7f, //       stlxr w2, wzr, [x19]
    0x35ffffc2, //       cbnz  w2, take
    0x34000221, //       cbz   w1, skip
    0xa9408268, //       ldp   x8, x0, [x19, #8]
    0xa9418a61, //       ldp   x1, x2, [x19, #24]
    0xa9429263, //       ldp   x3, x4, [x19, #40]
    0xf9401e65, //       ldr   x5, [x19, #56]
    0xd4000001, //       svc   #0
    0xf9000660, //       str   x0, [x19, #8]
    0xb50000e0, //       cbnz  x0, told
    0xa9440268, //       ldp   x8, x0, [x19, #64]
    0xa9450a61, //       ldp   x1, x2, [x19, #80]
    0xa9461263, //       ldp   x3, x4, [x19, #96]
    0xf9403a65, //       ldr   x5, [x19, #112]
    0xd4000001, //       svc   #0
    0xf9002260, //       str   x0, [x19, #64]
    0x52800021, // told: mov   w1, #1
    0x91001262, //       add   x2, x19, #4
    0x889ffc41, //       stlr  w1, [x2]
    0x91030273, // skip: add   x19, x19, #192
    0x17ffffe9, //       b     next
    0xd2800000, // done: mov   x0, #0
    0xa8c153f3, //       ldp   x19, x20, [sp], #16
    0xd65f03c0 //        ret
  ])
}

/** The size of a record: its calls, and after them the memory that their arguments point to. */
export const errandBytes = 192

/** Loads that function. */
export const loadErrandCode = (): number | undefined => loadCode(code)
