// A preloaded library that injects faults: arm() chooses the kind, and each injected fault is logged.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kNone, kEio, kEintr, kShort, kNoMemory, kNoThreads, kStall, kStuck, kNoMalloc, kRandom };

static atomic_int fault = kNone;
static atomic_int every = 1;
static atomic_long calls = 0;
static FILE* log_file = NULL;

// From now on every `each`-th call of the kind fails; the file or function concerned is appended to `log`.
void arm(int kind, int each, const char* log) {
  if (log_file != NULL) fclose(log_file);
  log_file = fopen(log, "a");
  atomic_store(&calls, 0);
  atomic_store(&every, each);
  atomic_store(&fault, kind);
}

void disarm(void) {
  atomic_store(&fault, kNone);
  if (log_file != NULL) fflush(log_file);
}

static int is_due(void) { return atomic_fetch_add(&calls, 1) % atomic_load(&every) == atomic_load(&every) - 1; }

static void note(const char* text) {
  if (log_file != NULL) fprintf(log_file, "%s\n", text);
}

static void note_file(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof(path) - 1);
  path[length > 0 ? length : 0] = 0;
  note(path);
}

// Blocks until disarm().
static void stall(void) {
  while (atomic_load(&fault) == kStall) usleep(1000);
}

// True in one of `many` calls, at random.
static int happens(unsigned many) {
  static atomic_uint threads = 0;  // never reset, so that each thread has its own seed
  static _Thread_local unsigned random = 0;
  if (random == 0) random = atomic_fetch_add(&threads, 1) * 2654435761u + 1;
  random ^= random << 13, random ^= random >> 17, random ^= random << 5;
  return random % many == 0;
}

static ssize_t pread_with(ssize_t (*real)(int, void*, size_t, off_t), int fd, void* out, size_t size, off_t at) {
  const int kind = atomic_load(&fault);
  if (kind == kRandom) {
    if (happens(100)) usleep(20000);
    if (happens(50)) {
      note_file(fd);
      errno = EIO;
      return -1;
    }
    if (happens(5)) return real(fd, out, size > 1000 ? 1000 : size, at);
    if (happens(5)) {
      errno = EINTR;
      return -1;
    }
  }
  if ((kind == kEio || kind == kEintr || kind == kShort) && is_due()) {
    note_file(fd);
    if (kind == kShort) return real(fd, out, size > 100 ? 100 : size, at);
    errno = kind == kEio ? EIO : EINTR;
    return -1;
  }
  if (kind == kStuck && atomic_fetch_add(&calls, 1) == atomic_load(&every) - 1) {  // only this call, and forever
    note_file(fd);
    fflush(log_file);
    for (;;) pause();
  }
  if (kind == kStall && is_due()) {
    note_file(fd);
    stall();
  }
  return real(fd, out, size, at);
}

ssize_t pread(int fd, void* out, size_t size, off_t at) {
  static ssize_t (*real)(int, void*, size_t, off_t);
  if (real == NULL) real = (ssize_t(*)(int, void*, size_t, off_t))dlsym(RTLD_NEXT, "pread");
  return pread_with(real, fd, out, size, at);
}

ssize_t pread64(int fd, void* out, size_t size, off_t at) {
  static ssize_t (*real)(int, void*, size_t, off_t);
  if (real == NULL) real = (ssize_t(*)(int, void*, size_t, off_t))dlsym(RTLD_NEXT, "pread64");
  return pread_with(real, fd, out, size, at);
}

// Whether the calling thread decodes.
static int is_native_thread(void) {
  char name[16] = "";
  return pthread_getname_np(pthread_self(), name, sizeof(name)) == 0 && strcmp(name, "fastseq") == 0;
}

void* aligned_alloc(size_t alignment, size_t size) {
  static void* (*real)(size_t, size_t);
  if (real == NULL) real = (void* (*)(size_t, size_t))dlsym(RTLD_NEXT, "aligned_alloc");
  if (atomic_load(&fault) == kNoMemory && is_native_thread() && is_due()) {
    note("aligned_alloc");
    errno = ENOMEM;
    return NULL;
  }
  return real(alignment, size);
}

extern void* __libc_malloc(size_t size);

void* malloc(size_t size) {
  static _Thread_local int needed = 8;  // glibc aborts if a thread cannot allocate while it starts
  const int kind = atomic_load(&fault);
  const int fails = (kind == kNoMalloc || kind == kRandom) && is_native_thread() && (needed > 0 ? needed-- : 0) == 0;
  if (fails && (kind == kNoMalloc ? is_due() : happens(3000))) {
    errno = ENOMEM;
    return NULL;
  }
  return __libc_malloc(size);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* argument) {
  static int (*real)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  if (real == NULL) {
    real = (int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*))dlsym(RTLD_NEXT, "pthread_create");
  }
  if (atomic_load(&fault) == kNoThreads && is_due()) {
    note("pthread_create");
    return EAGAIN;
  }
  return real(thread, attributes, run, argument);
}
