// What operating systems do differently. Nothing else in csrc/ calls or includes the system.
#pragma once
#ifdef _WIN32
#include <malloc.h>
#else
#include <signal.h>
#endif

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace fastseq::platform {

// Memory aligned to a power of two that divides `size`; nullptr if there is none. For free_aligned() alone.
inline void* allocate_aligned(size_t alignment, size_t size) {
#ifdef _WIN32
  return _aligned_malloc(size, alignment);
#else
  return std::aligned_alloc(alignment, size);
#endif
}

inline void free_aligned(void* memory) {
#ifdef _WIN32
  _aligned_free(memory);
#else
  std::free(memory);
#endif
}

// Asks for large pages in memory that is aligned to kHugePage and not written to yet: a page fault for each 4 KiB takes
// ten times as long as filling them. Nothing happens where the system has no large pages.
constexpr size_t kHugePage = size_t{2} << 20;
void prefer_huge_pages(void* memory, size_t size);

int process_id();

// Names the calling thread, for ps and debuggers. At most 15 characters.
void name_this_thread(const char* name);

// While it lives, the calling thread blocks all signals, and threads that it starts do for good.
class SignalsBlocked {
 public:
  SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked();

#ifndef _WIN32
 private:
  sigset_t before_;
#endif
};

// How the process handles SIGINT.
class InterruptAction {
 public:
  using Handler = void (*)(int);

  // Not thread-safe.
  static InterruptAction current();
  void install() const;
  // nullptr for the default, for ignored signals, and for a handler with more arguments.
  Handler handler() const;
  // The same but for the handler.
  InterruptAction with(Handler handler) const;

 private:
#ifdef _WIN32
  Handler handler_ = nullptr;
#else
  struct sigaction action_ = {};
#endif
};

// Whether the processor has an instruction for CRC-32C.
bool has_crc32c();

// Those below set errno where they fail.

struct FileInfo {
  bool is_regular = false;
  int64_t size = 0;                         // in bytes
  uint64_t device = 0, inode = 0;           // which file it is
  int64_t modified_s = 0, modified_ns = 0;  // when it was modified last
};

bool get_file_info(int descriptor, FileInfo* info);
bool get_file_info(const std::string& path, FileInfo* info);

// Opens a file for reading, without waiting for the other end of a pipe. Returns its descriptor or -1.
int open_for_reading(const std::string& path);
void close_descriptor(int descriptor);
// Tells the system not to read ahead, where it can be told.
void expect_random_reads(int descriptor);
// Reads up to `count` bytes from `offset` on, on any thread; 0 at the end of the file. Returns their number or -1.
int64_t read_at(int descriptor, void* data, size_t count, int64_t offset);

// Opens a file for reading and writing, and creates it if there is none. Returns its descriptor or -1.
int open_for_writing(const std::string& path);
// Writes up to `count` bytes from `offset` on. Returns their number or -1.
int64_t write_at(int descriptor, const void* data, size_t count, int64_t offset);
bool resize_file(int descriptor, int64_t size);
// Locks a file for this opening of it, against all others; false if another one has it. The lock ends with the process.
bool try_lock(int descriptor);
void unlock(int descriptor);

}  // namespace fastseq::platform
