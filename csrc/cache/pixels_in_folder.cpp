#include "cache/pixels_in_folder.h"

#include <cerrno>
#include <cstring>
#include <new>
#include <thread>

#include "base/platform.h"
#include "io/crc32c.h"

namespace fastseq {

// As it is stored. Zeros are no record: their CRC is another.
struct PixelsInFolder::Record {
  uint64_t cell;
  int64_t offset;
  FileVersion version;  // of the file that the picture was made of
  int32_t height, width;
  uint32_t picture_crc;
  uint32_t crc;  // of what stands above

  uint32_t computed_crc() const { return crc32c(reinterpret_cast<const uint8_t*>(this), offsetof(Record, crc)); }
};

namespace {

constexpr int64_t kAlignment = 64;
constexpr int kLockTries = 100;

// False if the file ends before.
bool read_all(int descriptor, void* data, size_t size, int64_t offset) {
  for (size_t done = 0; done < size;) {
    const int64_t got = platform::read_at(descriptor, static_cast<uint8_t*>(data) + done, size - done,
                                          offset + static_cast<int64_t>(done));
    if (got <= 0) return false;
    done += static_cast<size_t>(got);
  }
  return true;
}

FileVersion version_of(const std::string& path) {
  platform::FileInfo info;
  if (!platform::get_file_info(path, &info)) return {};
  return {info.size, info.modified_s * 1'000'000'000 + info.modified_ns};
}

bool is_same(const FileVersion& a, const FileVersion& b) { return a.size == b.size && a.modified_ns == b.modified_ns; }

// Between processes. Each holds the lock for microseconds, but may be stopped meanwhile: then it is not waited for.
class FileLock {
 public:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {
    for (int tries = 0; tries < kLockTries && !held_; ++tries) {
      held_ = platform::try_lock(descriptor);
      if (!held_) std::this_thread::yield();
    }
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() {
    if (held_) platform::unlock(descriptor_);
  }
  bool held() const { return held_; }

 private:
  const int descriptor_;
  bool held_ = false;
};

}  // namespace

PixelsInFolder::PixelsInFolder(const Paths& paths, size_t cells, int channels, int64_t max_bytes)
    : cell_count_(cells),
      channels_(channels),
      max_bytes_(max_bytes),
      pictures_(platform::open_for_writing(paths.pictures)),
      records_(platform::open_for_writing(paths.records)),
      taken_(platform::open_for_writing(paths.taken)),
      known_(new std::atomic<Known>[cells]()) {
  static_assert(sizeof(Record) == 48 && sizeof(FileVersion) == 16, "records have no padding");
  if (pictures_ < 0 || records_ < 0 || taken_ < 0) failure_ = errno;
  if (pictures_ >= 0) platform::expect_random_reads(pictures_);
}

PixelsInFolder::~PixelsInFolder() {
  for (const int descriptor : {pictures_, records_, taken_}) {
    if (descriptor >= 0) platform::close_descriptor(descriptor);
  }
}

bool PixelsInFolder::find(size_t cell, const std::string& path, Buffer* scratch, PixelImage* picture,
                          FileVersion* version) {
  if (cell >= cell_count_) return false;
  Record record;
  if (read_record(cell, &record) && is_current(cell, path, record)) {
    const PixelImage found = {nullptr, record.height, record.width, channels_,
                              static_cast<ptrdiff_t>(record.width) * channels_};
    const size_t size = picture_bytes(found);
    uint8_t* pixels = scratch->reserve(size);
    if (read_all(pictures_, pixels, size, record.offset) && crc32c(pixels, size) == record.picture_crc) {
      *picture = found;
      picture->data = pixels;
      return true;
    }
    known_[cell].store(Known::kDamaged, std::memory_order_relaxed);
  }
  // Before the file is read: if it changes meanwhile, the picture counts as out of date.
  if (!path.empty()) *version = version_of(path);
  return false;
}

bool PixelsInFolder::read_record(size_t cell, Record* record) const {
  if (records_ < 0 || pictures_ < 0) return false;
  if (!read_all(records_, record, sizeof(*record), static_cast<int64_t>(cell * sizeof(*record)))) return false;
  if (record->crc != record->computed_crc() || record->cell != cell) return false;
  return record->height > 0 && record->width > 0 && record->offset >= 0 &&
         static_cast<size_t>(record->width) <= kMaxPictureBytes / channels_ / record->height;
}

bool PixelsInFolder::is_current(size_t cell, const std::string& path, const Record& record) {
  if (path.empty() || known_[cell].load(std::memory_order_relaxed) == Known::kCurrent) return true;
  const FileVersion now = version_of(path);
  if (now.size < 0 || !is_same(now, record.version)) return false;
  known_[cell].store(Known::kCurrent, std::memory_order_relaxed);
  return true;
}

void PixelsInFolder::put(size_t cell, const FileVersion& version, const PixelImage& picture) noexcept {
  const size_t size = picture_bytes(picture);
  if (cell >= cell_count_ || failure_.load() || size > kMaxPictureBytes || picture.channels != channels_) return;
  Record record;
  if (read_record(cell, &record) && is_same(record.version, version) &&
      known_[cell].load(std::memory_order_relaxed) != Known::kDamaged) {
    return;  // another process was faster
  }
  try {
    const int64_t offset = reserve(size);
    if (offset < 0 || !write(pictures_, picture.data, size, offset)) return;
    record = {};
    record.cell = cell;
    record.offset = offset;
    record.version = version;
    record.height = picture.height;
    record.width = picture.width;
    record.picture_crc = crc32c(picture.data, size);
    record.crc = record.computed_crc();
    if (write(records_, &record, sizeof(record), static_cast<int64_t>(cell * sizeof(record)))) {
      known_[cell].store(Known::kNothing, std::memory_order_relaxed);
    }
  } catch (const std::exception&) {  // of the mutex; the picture is made again
  }
}

int64_t PixelsInFolder::reserve(size_t size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const FileLock between_processes(taken_);
  if (!between_processes.held()) return -1;
  int64_t taken = 0;
  platform::FileInfo info;
  if (!read_all(taken_, &taken, sizeof(taken), 0)) taken = 0;
  if (!platform::get_file_info(pictures_, &info)) return -1;
  const int64_t begin = (info.size + kAlignment - 1) / kAlignment * kAlignment;
  const int64_t end = begin + static_cast<int64_t>(size), more = end - info.size;
  if (taken < 0 || taken > max_bytes_ - more) return -1;
  taken += more;
  if (!write(taken_, &taken, sizeof(taken), 0)) return -1;
  if (!platform::resize_file(pictures_, end)) {
    failure_ = errno;
    return -1;
  }
  return begin;
}

bool PixelsInFolder::write(int descriptor, const void* data, size_t size, int64_t offset) {
  for (size_t done = 0; done < size;) {
    const int64_t written = platform::write_at(descriptor, static_cast<const uint8_t*>(data) + done, size - done,
                                               offset + static_cast<int64_t>(done));
    if (written <= 0) {
      failure_ = written < 0 ? errno : ENOSPC;
      return false;
    }
    done += static_cast<size_t>(written);
  }
  return true;
}

}  // namespace fastseq
