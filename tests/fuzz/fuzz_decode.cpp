// A libFuzzer target: decodes any bytes with decode_sample; their first four bytes choose the recipe. Those that have a
// crop index are decoded with it too, and with one that lies.
//
// With clang-16, libclang-rt-16-dev, libjpeg62-turbo-dev, libhwy-dev, libdeflate-dev and zlib1g-dev, from the project's
// root:
//   clang++-16 -std=c++17 -g -O1 -msse4.2 -mpopcnt -fsanitize=fuzzer,address,undefined \
//     -fno-sanitize-recover=undefined -Icsrc tests/fuzz/fuzz_decode.cpp csrc/*/*.cpp \
//     $(pkg-config --cflags --libs libjpeg libhwy libdeflate zlib) -o /tmp/fuzz_decode
//   python tests/fuzz/make_seeds.py /tmp/seeds && mkdir -p /tmp/found
//   /tmp/fuzz_decode -max_len=20000 -rss_limit_mb=2048 -timeout=10 /tmp/found /tmp/seeds/images FOLDER_OF_IMAGES
// Files of the folder are used unchanged: their first bytes choose the recipe and are decoded as well.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "engine/sample.h"
#include "jpeg/crop_index.h"
#include "jpeg/make_crop_index.h"
#include "kernels/instruction_sets.h"
#include "make_png.h"

namespace {

constexpr size_t kCanary = 64;
constexpr uint8_t kMark = 0xA5;
constexpr int kFilters = static_cast<int>(fastseq::Interpolation::kTfMitchellcubic) + 1;
constexpr int kDraws = 23 + fastseq::kAugmentDraws;

// A table as fastseq.engine.settings makes it: `offset + scale * byte`, which the writers compute instead of looking
// up.
template <class T>
void fill_linear(fastseq::SlotFormat* format, bool by_channel) {
  const double scale = 1 / 127.5;
  const std::vector<double> offsets = by_channel ? std::vector<double>{-1, 2, 0.5} : std::vector<double>{-1};
  format->set_scaling({scale}, offsets);
  uint8_t* out = format->lookup.data();
  for (int c = 0; c < format->channels; ++c) {
    const T offset = static_cast<T>(offsets[by_channel ? c : 0]);
    for (int i = 0; i < 256; ++i, out += sizeof(T)) {
      const T value = offset + static_cast<T>(scale) * static_cast<T>(i);
      std::memcpy(out, &value, sizeof(T));
    }
  }
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "fuzz_decode: %s\n", what);
  std::abort();
}

fastseq::Recipe make_recipe(const uint8_t* choice) {
  using namespace fastseq;
  Recipe recipe;
  recipe.interpolation = static_cast<Interpolation>(((choice[0] & 3) + (choice[3] >> 4)) % kFilters);
  if (is_tf(recipe.interpolation) && choice[0] & 1) recipe.ops = {{OpKind::kPadToAspect, 0, 0, 0, 0, 0}};
  recipe.orient = static_cast<Orient>((choice[0] >> 2) % 3);
  recipe.strictness = static_cast<Strictness>(choice[1] / 70 % 3);
  recipe.pillow_colors = choice[2] >= 210;
  recipe.bgr = choice[0] & 0x20;
  recipe.index = choice[1] >= 250;
  recipe.format.channels = choice[0] & 0x40 ? 1 : 3;
  recipe.format.channels_first = choice[0] & 0x80;
  // Some slots of floats are so large that they are stored past the cache.
  recipe.format.height = (1 + choice[1] % 70) * (choice[2] & 4 ? 3 : 1);
  recipe.format.width = 1 + choice[2] % 70;
  recipe.format.item_bytes = 1 << (choice[3] & 3);
  recipe.format.uint16_items = recipe.format.item_bytes == 2 && choice[2] & 32;
  if (recipe.format.item_bytes > 1)
    recipe.format.lookup.assign(recipe.format.channels * 256 * recipe.format.item_bytes, 7);
  const bool by_channel = choice[2] & 16 && recipe.format.channels == 3;
  if (choice[2] & 8 && recipe.format.item_bytes == 4) fill_linear<float>(&recipe.format, by_channel);
  if (choice[2] & 8 && recipe.format.item_bytes == 8) fill_linear<double>(&recipe.format, by_channel);
  switch (choice[3] >> 2 & 3) {
    case 1:
      recipe.ops = {{OpKind::kRandomResizedCrop, 0.08, 1, 0.75, 4.0 / 3, 0}, {OpKind::kFlip, 0.5, 1, 0, 0, 22}};
      break;
    case 2:
      recipe.ops = {{OpKind::kResizeShort, 80, 0, 0, 0, 0},
                    {OpKind::kCenterCrop, double(recipe.format.height), double(recipe.format.width), 0, 0, 0}};
      break;
    case 3:
      recipe.ops = {{OpKind::kCenterCrop, 40, 40, 0, 0, 0},
                    {OpKind::kCropToAspect, double(choice[0] & 1), 0, 0, 0, 0},
                    {OpKind::kFlip, 1, 0, 0, 0, 22}};
      break;
  }
  if (choice[0] & 0x10) {
    recipe.format.item_bytes = 4;
    recipe.format.lookup.clear();
    recipe.augment = Augment{static_cast<FillMode>(choice[2] / 70), 300, choice[1] % 2 == 0, 0.5f, false, 23};
  }
  recipe.limits.pixels = 1 << 21;
  recipe.limits.scan_pixels = 1 << 24;
  recipe.limits.memory_bytes = 64 << 20;
  return recipe;
}

struct Decoded {
  fastseq::Status status;
  std::vector<uint8_t> slot;
};

Decoded decode(const std::vector<uint8_t>& file, const fastseq::Recipe& recipe, const double* draws, size_t shift,
               fastseq::Workspace* workspace) {
  const size_t bytes = recipe.format.bytes();
  const std::atomic<bool> cancelled{false};
  std::vector<uint8_t> memory(bytes + 2 * kCanary + 7, kMark);
  uint8_t* slot = memory.data() + kCanary + shift;
  const fastseq::Status status =
      fastseq::decode_sample(file.data(), file.size(), recipe, draws, slot, workspace, cancelled);
  for (size_t i = 0; i < kCanary; ++i) {
    if (slot[-1 - static_cast<ptrdiff_t>(i)] != kMark || slot[bytes + i] != kMark)
      fail("a byte beside the slot was written");
  }
  return {status, {slot, slot + bytes}};
}

// Replaces some rows of an index by what the file's bytes say; most pass for rows of the file.
void make_lie(const std::vector<uint8_t>& file, std::vector<uint8_t>* index) {
  using fastseq::CropIndex;
  const CropIndex whole(index->data(), index->size(), file.data(), file.size());
  uint32_t seed = file[file.size() / 2] | static_cast<uint32_t>(file[file.size() / 3]) << 8;
  for (int i = 0; i < whole.rows(); ++i) {
    seed = seed * 1664525 + 1013904223;
    if (seed >> 30 == 0) continue;
    uint8_t* row = index->data() + CropIndex::kEntryBytes * static_cast<size_t>(1 + i);
    const size_t begin = whole.begin() + (seed >> 8) % (whole.end() - whole.begin() + 1) * (i > 0);
    for (int k = 0; k < 4; ++k) row[k] = static_cast<uint8_t>(begin >> 8 * k);
    row[4] = static_cast<uint8_t>(seed >> 4) % 9;
    row[5] = fastseq::crop_row_check(file.data(), begin, whole.end());
    for (int k = 6; k < 12; ++k) row[k] = static_cast<uint8_t>(seed >> k);
  }
}

void decode_by_index(const std::vector<uint8_t>& file, const fastseq::Recipe& recipe, const double* draws,
                     const Decoded& expected) {
  static fastseq::JpegScratch scratch;
  std::vector<uint8_t> index;
  fastseq::add_crop_index(file.data(), file.size(), &scratch, &index);
  if (index.empty()) return;
  fastseq::Workspace workspace;
  workspace.set_crop_index(index.data(), index.size());
  const Decoded made = decode(file, recipe, draws, 0, &workspace);
  if (workspace.crop_index_use == fastseq::CropIndexUse::kMisfit) fail("the index does not fit its file");
  if (made.status != expected.status) fail("the status depends on the index");
  if (fastseq::is_good(made.status) && made.slot != expected.slot) fail("the pixels depend on the index");
  make_lie(file, &index);
  workspace.set_crop_index(index.data(), index.size());
  if (decode(file, recipe, draws, 0, &workspace).status == fastseq::Status::kInternal && recipe.ops.empty())
    fail("an internal error with an index");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const fastseq::Recipe recipe = make_recipe(data);
  // Images as they are begin with their own magic number; those that the fuzzer makes may have the choice before it,
  // and after that a letter, where a PNG is to be made of the rest.
  const bool bare = (data[0] == 0xFF && data[1] == 0xD8) || (data[0] == 0x89 && data[1] == 'P');
  const bool is_png = !bare && size > 5 && data[4] == 'P';
  const std::vector<uint8_t> file =
      is_png ? PngMaker::make(data + 5, size - 5) : std::vector<uint8_t>(data + (bare ? 0 : 4), data + size);
  double draws[kDraws];
  for (int i = 0; i < kDraws; ++i) draws[i] = (data[1] * 37 + data[2] * 11 + i * 59) % 256 / 256.0;
  draws[23 + 4] *= 40;  // a shift, so that places lie outside

  static fastseq::Workspace used;  // holds what earlier files left behind, which must not show
  fastseq::Workspace fresh;
  const size_t shift = data[0] & 8 ? data[1] % 8 : 0;  // the slot may lie at any address
  const Decoded results[2] = {decode(file, recipe, draws, shift, &used), decode(file, recipe, draws, shift, &fresh)};
  if (results[0].status != results[1].status) fail("the status depends on the file before");
  if (fastseq::is_good(results[0].status) && results[0].slot != results[1].slot)
    fail("the pixels depend on the file before");
  if (results[0].status == fastseq::Status::kInternal && recipe.ops.empty()) fail("an internal error");
  if (!is_png && !file.empty()) decode_by_index(file, recipe, draws, results[0]);
  return 0;
}
