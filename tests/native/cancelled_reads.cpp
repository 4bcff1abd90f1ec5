// How decoders and row rings react to a cancelled request. One case for each place that checks.
// Arguments: a baseline JPEG (4:4:4, more than 64 KiB of it above its last 64 rows), a progressive one, and a
// progressive one of less than 64 KiB, which libjpeg reads without asking for more data. Prints a line for each case:
// its name, and "cancelled" or what happened instead.
#include <atomic>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "jpeg/baseline.h"
#include "jpeg/header.h"
#include "jpeg/progressive.h"
#include "jpeg/request.h"
#include "jpeg/scratch.h"
#include "jpeg/turbo.h"
#include "rows/row_ring.h"
#include "rows/scratch.h"

namespace {

using namespace fastseq;

struct File {
  explicit File(const char* path) {
    std::ifstream stream(path, std::ios::binary);
    data.assign(std::istreambuf_iterator<char>(stream), {});
    read_jpeg_header(data.data(), data.size(), &header);
  }
  std::vector<uint8_t> data;
  JpegHeader header;
};

// The last 64 rows of the image.
JpegRequest request_of_bottom(const File& file, const std::atomic<bool>& cancelled) {
  JpegRequest request(cancelled);
  request.window = {0, file.header.height - 64, file.header.width, file.header.height};
  request.memory_bytes = 1 << 30;
  return request;
}

std::unique_ptr<RowSource> open_own(const File& file, const JpegRequest& request, JpegScratch* scratch) {
  std::unique_ptr<RowSource> source;
  (file.header.progressive ? open_progressive : open_baseline)(file.data.data(), file.data.size(), file.header, request,
                                                               scratch, &source);
  return source;
}

Status pull(RowSource* source) {
  std::vector<std::vector<uint8_t>> memory;
  uint8_t* pointers[kMaxPlanes][kMaxRowsPerPull];
  uint8_t* const* rows[kMaxPlanes];
  for (int p = 0; p < source->planes(); ++p) {
    for (int r = 0; r < source->plane(p).rows_per_pull; ++r) {
      memory.emplace_back(static_cast<size_t>(source->plane(p).row_bytes) + 64);
      pointers[p][r] = memory.back().data();
    }
    rows[p] = pointers[p];
  }
  return source->pull(rows);
}

Status open_with_libjpeg(const File& file, const std::atomic<bool>& cancelled, JpegScratch* scratch) {
  std::unique_ptr<RowSource> source;
  std::string reason;
  bool decodes = false;
  return open_turbo(file.data.data(), file.data.size(), file.header, request_of_bottom(file, cancelled), &reason,
                    &decodes, &scratch->scanline, &source);
}

void say(const char* name, Status status) {
  std::printf("%s: %s\n", name, status == Status::kCancelled ? "cancelled" : status_text(status).name);
}

void say(const char* name, bool refused) { std::printf("%s: %s\n", name, refused ? "cancelled" : "read to its end"); }

}  // namespace

int main(int, char** arguments) {
  const File baseline(arguments[1]), progressive(arguments[2]), small(arguments[3]);
  std::atomic<bool> cancelled{false};
  const std::atomic<bool> never{false};
  JpegScratch scratch;
  {
    const auto source = open_own(baseline, request_of_bottom(baseline, cancelled), &scratch);
    cancelled = true;
    say("rows before the window", pull(source.get()));
    cancelled = false;
  }
  {
    const auto source = open_own(baseline, request_of_bottom(baseline, cancelled), &scratch);
    cancelled = true;
    say("the rest of the file", source->finish());
    cancelled = false;
  }
  cancelled = true;
  say("a progressive scan", open_own(progressive, request_of_bottom(progressive, cancelled), &scratch) == nullptr);
  say("rows that libjpeg skips", open_with_libjpeg(baseline, cancelled, &scratch));
  say("scans that libjpeg reads", open_with_libjpeg(small, cancelled, &scratch));
  cancelled = false;
  {
    const auto source = open_own(baseline, request_of_bottom(baseline, never), &scratch);
    RowScratch rows;
    RowRing ring(source.get(), std::vector<std::vector<RowSpan>>(source->planes(), {{0, 0}}), &rows, cancelled);
    cancelled = true;
    say("rows for a resampler", ring.advance_to(0));
  }
}
