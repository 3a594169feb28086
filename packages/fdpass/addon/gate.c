/*
 * The gate as a Node-API addon, for where bun:ffi cannot make code: memory that is written to may not be executed there
 * (MemoryDenyWriteExecute=, PR_SET_MDWE), while a file's code may. What the three functions do is in src/internal/kernel/Gate.ts.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <node_api.h>

/* The oldest version that each machine has, so that the addon loads below a C library older than the compiler's. */
#if defined(__x86_64__)
__asm__(".symver dlsym, dlsym@GLIBC_2.2.5");
#elif defined(__aarch64__)
__asm__(".symver dlsym, dlsym@GLIBC_2.17");
#endif

#define WORDS_MAX 7
#define NAME_BYTES_MAX 64

static long enter_kernel(const int64_t *words) {
#if defined(__x86_64__)
  long result;
  register long r10 __asm__("r10") = words[4];
  register long r8 __asm__("r8") = words[5];
  register long r9 __asm__("r9") = words[6];
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(words[0]), "D"(words[1]), "S"(words[2]), "d"(words[3]), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = words[0];
  register long x0 __asm__("x0") = words[1];
  register long x1 __asm__("x1") = words[2];
  register long x2 __asm__("x2") = words[3];
  register long x3 __asm__("x3") = words[4];
  register long x4 __asm__("x4") = words[5];
  register long x5 __asm__("x5") = words[6];
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
  return x0;
#else
#error "another machine: add its system call here, and its row to machineCode.ts and callNumbers.ts"
#endif
}

/* The same as the code in src/internal/kernel/errandCode.ts, which says what a record is. */
#define ERRAND_BYTES 192
#define CALL_WORDS 7

struct errand {
  int32_t ticket;
  int32_t done;
  int64_t first[CALL_WORDS];
  int64_t second[CALL_WORDS];
  char rest[ERRAND_BYTES - 8 - 2 * 8 * CALL_WORDS];
};

static void *run_errands(void *given) {
  uint32_t count = *(uint32_t *)given;
  struct errand *errands = (struct errand *)((char *)given + 8);
  for (uint32_t index = 0; index < count; index++) {
    struct errand *each = &errands[index];
    if (__atomic_exchange_n(&each->ticket, 0, __ATOMIC_ACQ_REL) == 0) continue;
    each->first[0] = enter_kernel(each->first);
    if (each->first[0] == 0) each->second[0] = enter_kernel(each->second);
    __atomic_store_n(&each->done, 1, __ATOMIC_RELEASE);
  }
  return NULL;
}

static napi_value number(napi_env env, int64_t value) {
  napi_value made = NULL;
  napi_create_int64(env, value, &made);
  return made;
}

/* Numbers as they are, and of bytes where they begin. Nothing can move them before the call: no JavaScript runs. */
static int read_words(napi_env env, napi_callback_info info, int64_t *words) {
  napi_value values[WORDS_MAX];
  size_t count = WORDS_MAX;
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) != napi_ok) return -EINVAL;
  for (size_t index = 0; index < count && index < WORDS_MAX; index++) {
    void *bytes = NULL;
    if (napi_get_value_int64(env, values[index], &words[index]) == napi_ok) continue;
    if (napi_get_typedarray_info(env, values[index], NULL, NULL, &bytes, NULL, NULL) != napi_ok) return -EINVAL;
    words[index] = (int64_t)(intptr_t)bytes;
  }
  return 0;
}

static napi_value enter(napi_env env, napi_callback_info info) {
  int64_t words[WORDS_MAX] = {0};
  int bad = read_words(env, info, words);
  return number(env, bad ? bad : enter_kernel(words));
}

static napi_value call_function(napi_env env, napi_callback_info info) {
  int64_t words[WORDS_MAX] = {0};
  int bad = read_words(env, info, words);
  if (bad) return number(env, bad);
  int (*function)(int64_t, int64_t, int64_t, int64_t, int64_t) = (void *)(intptr_t)words[0];
  int result = function(words[1], words[2], words[3], words[4], words[5]);
  return number(env, result < 0 ? -errno : result);
}

/* 0 for a name that no library here has. One name is our own. */
static napi_value function_named(napi_env env, napi_callback_info info) {
  napi_value name;
  size_t count = 1;
  char text[NAME_BYTES_MAX] = "";
  if (napi_get_cb_info(env, info, &count, &name, NULL, NULL) != napi_ok || count < 1) return number(env, 0);
  if (napi_get_value_string_utf8(env, name, text, sizeof text, NULL) != napi_ok) return number(env, 0);
  if (strcmp(text, "scached_run_errands") == 0) return number(env, (int64_t)(intptr_t)run_errands);
  return number(env, (int64_t)(intptr_t)dlsym(RTLD_DEFAULT, text));
}

static void offer(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function) == napi_ok)
    napi_set_named_property(env, exports, name, function);
}

NAPI_MODULE_INIT() {
  offer(env, exports, "enter", enter);
  offer(env, exports, "callFunction", call_function);
  offer(env, exports, "functionNamed", function_named);
  return exports;
}
