/*
 * withoutNewCode PROGRAM [ARGUMENT ...]: runs a program that can make no memory executable, as systemd's MemoryDenyWriteExecute=yes has it:
 * a filter of system calls refuses to map memory that is writable and executable, and to make any executable later; where the kernel knows
 * PR_SET_MDWE (6.3), that is set too.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SET_MDWE = 65, REFUSE_EXEC_GAIN = 1, CANNOT = 126 };

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS_EQUAL(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
#define REFUSE RETURN(SECCOMP_RET_ERRNO | EPERM)
#define ALLOW RETURN(SECCOMP_RET_ALLOW)

static struct sock_filter rules[] = {
    LOAD(nr),
    UNLESS_EQUAL(SYS_mmap, 5),
    LOAD(args[2]),
    BPF_STMT(BPF_ALU | BPF_AND | BPF_K, PROT_WRITE | PROT_EXEC),
    UNLESS_EQUAL(PROT_WRITE | PROT_EXEC, 1),
    REFUSE,
    ALLOW,
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 1, 0),
    UNLESS_EQUAL(SYS_pkey_mprotect, 3),
    LOAD(args[2]),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
    REFUSE,
    ALLOW,
};

int main(int count, char **words) {
  struct sock_fprog filter = {sizeof rules / sizeof *rules, rules};
  if (count < 2) return CANNOT;
  // Root needs no such promise, and with it could not give up its rights as it would without.
  if (geteuid() != 0) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) {
    fprintf(stderr, "%s: no filter: %s\n", words[0], strerror(errno));
    return CANNOT;
  }
  // Kernels before 6.3 say EINVAL: the filter is all there is then.
  prctl(SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0);
  execvp(words[1], words + 1);
  fprintf(stderr, "%s: %s: %s\n", words[0], words[1], strerror(errno));
  return CANNOT;
}
