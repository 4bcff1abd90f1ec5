#include "jpeg/encoder.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "jpeg/turbo_errors.h"

namespace fastseq {
namespace {

constexpr size_t kHeaders = 4096;

struct Encoder {
  jpeg_compress_struct info;
  ErrorManager errors;
  unsigned char* out;
  unsigned long out_size;  // as libjpeg takes it
};

void set_parameters(jpeg_compress_struct* info, const JpegEncoding& encoding) {
  jpeg_set_defaults(info);
  jpeg_set_quality(info, encoding.quality, TRUE);
  info->dct_method = JDCT_ISLOW;
  info->optimize_coding = encoding.optimize ? TRUE : FALSE;
  info->restart_in_rows = encoding.restart_rows ? 1 : 0;
  if (info->num_components == 3) {
    info->comp_info[0].h_samp_factor = encoding.chroma_across;
    info->comp_info[0].v_samp_factor = encoding.chroma_down;
  }
}

// False on an error, whose code and words are in encoder->errors. Nothing here has a destructor: errors jump over it.
bool encode(const uint8_t* pixels, int height, int width, int channels, const JpegEncoding& encoding,
            Encoder* encoder) {
  jpeg_compress_struct* const info = &encoder->info;
  info->err = jpeg_std_error(&encoder->errors.base);
  encoder->errors.base.error_exit = jump_to_handler;
  encoder->errors.base.emit_message = record_warning;
  encoder->errors.base.output_message = discard_message;
  if (setjmp(encoder->errors.on_error)) return false;
  jpeg_create_compress(info);
  jpeg_mem_dest(info, &encoder->out, &encoder->out_size);
  info->image_height = static_cast<JDIMENSION>(height);
  info->image_width = static_cast<JDIMENSION>(width);
  info->input_components = channels;
  info->in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  set_parameters(info, encoding);
  jpeg_start_compress(info, TRUE);
  const size_t stride = static_cast<size_t>(width) * static_cast<size_t>(channels);
  while (info->next_scanline < info->image_height) {
    auto* row = const_cast<JSAMPLE*>(pixels + info->next_scanline * stride);
    jpeg_write_scanlines(info, &row, 1);
  }
  jpeg_finish_compress(info);
  return true;
}

}  // namespace

Status encode_jpeg(const uint8_t* pixels, int height, int width, int channels, const JpegEncoding& encoding,
                   Buffer* buffer, const uint8_t** jpeg, size_t* jpeg_size, std::string* reason) {
  if (height <= 0 || width <= 0 || (channels != 1 && channels != 3)) return Status::kInternal;
  const size_t expected = static_cast<size_t>(height) * static_cast<size_t>(width) * static_cast<size_t>(channels);
  const auto encoder = std::make_unique<Encoder>();
  std::memset(encoder.get(), 0, sizeof(Encoder));
  unsigned char* const ours = buffer->reserve(expected + kHeaders);
  encoder->out = ours;
  encoder->out_size = expected + kHeaders;
  const bool good = encode(pixels, height, width, channels, encoding, encoder.get());
  if (!good)
    (*encoder->errors.base.format_message)(reinterpret_cast<j_common_ptr>(&encoder->info),
                                           encoder->errors.first_warning);
  const int code = encoder->errors.base.msg_code;
  jpeg_destroy_compress(&encoder->info);
  // Where ours was too small, libjpeg has allocated another one.
  const std::unique_ptr<unsigned char, void (*)(void*)> theirs(encoder->out == ours ? nullptr : encoder->out,
                                                               std::free);
  if (!good) {
    if (code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
    if (code == JERR_IMAGE_TOO_BIG) return Status::kTooManyPixels;
    *reason = encoder->errors.first_warning;
    return Status::kInternal;
  }
  *jpeg_size = encoder->out_size;
  uint8_t* to = ours;
  if (theirs) {
    to = buffer->reserve(*jpeg_size);
    std::memcpy(to, theirs.get(), *jpeg_size);
  }
  *jpeg = to;
  return Status::kOk;
}

}  // namespace fastseq
