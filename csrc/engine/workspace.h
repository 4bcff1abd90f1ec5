// Memory that one thread reuses from sample to sample, so that nothing is allocated once it is warm.
#pragma once
#include <cstddef>
#include <initializer_list>
#include <string>

#include "augment/scratch.h"
#include "base/buffer.h"
#include "engine/sample_info.h"
#include "jpeg/scratch.h"
#include "png/scratch.h"
#include "resample/scratch.h"
#include "rows/decoded_image.h"

namespace fastseq {

constexpr size_t kScratchBytes = 64u << 20;  // kept of one scratch buffer between samples

struct Workspace {
  std::string path;
  Buffer file;
  Buffer compressed;  // the file as an archive has it
  JpegScratch jpeg;
  PngScratch png;
  Buffer packed;  // 4-byte pixels that are being split into planes or converted to gray
  ResampleScratch resample;
  Buffer image;         // resampled, before augmentation
  Buffer picture;       // made for a pixel cache
  Buffer cached;        // read from one
  Buffer aligned_slot;  // for a slot at an address that its items are not aligned to
  AugmentScratch augment;
  // The sample's, as jpeg/crop_index.h has it, of 0 bytes if there is none; and what the decoder found.
  const uint8_t* crop_index = nullptr;
  size_t crop_index_size = 0;
  CropIndexUse crop_index_use = CropIndexUse::kNone;
  SampleInfo* info = nullptr;  // filled in for each sample; null if not requested
  PixelImage to_keep = {};     // a picture, for the cache; its data are null if there is none
  std::string reason;          // a message about the last failure; may be empty
  bool decodes = false;        // whether another Strictness accepts the last failure

  void forget_failure() {
    reason.clear();
    decodes = false;
  }

  void set_crop_index(const uint8_t* data, size_t size) {
    crop_index = data;
    crop_index_size = size;
    crop_index_use = CropIndexUse::kNone;
  }

  // Frees the buffers of more than `keep` bytes: one huge image must not hold its memory for ever.
  void trim(size_t keep) {
    for (Buffer* buffer : {&file, &compressed, &packed, &image, &picture, &cached, &aligned_slot}) buffer->trim(keep);
    jpeg.trim(keep);
    png.trim(keep);
    resample.trim(keep);
    augment.trim(keep);
  }
};

}  // namespace fastseq
