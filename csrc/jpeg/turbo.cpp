#include "jpeg/turbo.h"

#include <algorithm>
#include <cstring>

#include "jpeg/cmyk.h"
#include "jpeg/turbo_errors.h"
#include "jpeg/turbo_source.h"

namespace fastseq {
namespace {

int dct_size(const jpeg_component_info& c) {
#if JPEG_LIB_VERSION >= 70
  return c.DCT_h_scaled_size;
#else
  return c.DCT_scaled_size;
#endif
}

int min_dct_size(const jpeg_decompress_struct& info) {
#if JPEG_LIB_VERSION >= 70
  return info.min_DCT_h_scaled_size;
#else
  return info.min_DCT_scaled_size;
#endif
}

// Each libjpeg call that can fail is in a method of its own behind setjmp, with no C++ object to destroy in between.
class TurboSource final : public RowSource {
 public:
  TurboSource(const JpegHeader& header, const JpegRequest& request, std::string* reason, bool* decodes,
              Buffer* scanline)
      : header_(header), request_(request), reason_(reason), decodes_(decodes), scanline_(scanline) {
    std::memset(&info_, 0, sizeof(info_));
    info_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = jump_to_handler;
    errors_.base.emit_message = record_warning;
    errors_.base.output_message = discard_message;
    std::memset(&monitor_, 0, sizeof(monitor_));
    monitor_.base.progress_monitor = stop_if_cancelled;
    monitor_.cancelled = &request.cancelled;
  }
  TurboSource(const TurboSource&) = delete;
  TurboSource& operator=(const TurboSource&) = delete;
  ~TurboSource() override { jpeg_destroy_decompress(&info_); }

  Status open(const uint8_t* data, size_t size) {
    const StageScope scope(request_.clock, Stage::kEntropy);
    if (!read_header(data, size)) return failure();
    if (info_.image_width != static_cast<JDIMENSION>(header_.width) ||
        info_.image_height != static_cast<JDIMENSION>(header_.height)) {
      *reason_ = "two frame headers that disagree";
      return Status::kCorrupt;
    }
    choose_layout();
    if (!start()) return failure();
    describe_planes();
    if (cmyk_) scanline_->reserve(static_cast<size_t>(info_.output_width) * 4);
    return Status::kOk;
  }

  PixelLayout layout() const override { return layout_; }
  int planes() const override { return layout_ == PixelLayout::kYcc ? 3 : 1; }
  const SourcePlane& plane(int i) const override { return planes_[i]; }

  Status pull(uint8_t* const* const* rows) override {
    // The rows of one scan are read and transformed together; of several scans all is read before the first row.
    const StageScope scope(request_.clock, header_.single_scan() ? Stage::kEntropy : Stage::kTransform);
    const bool read = info_.raw_data_out ? read_planes(rows) : read_pixels(rows[0]);
    return read ? Status::kOk : failure();
  }

  Status finish() override {
    if (info_.output_scanline >= info_.output_height && !read_to_end()) return failure();
    const bool warned = errors_.base.num_warnings > 0;
    if (!warned && header_.ends) return Status::kOk;
    *reason_ = warned ? errors_.first_warning : "no end-of-image marker";
    *decodes_ = true;
    if (request_.strictness == Strictness::kAcceptDamaged) return Status::kRecovered;
    if (!header_.ends) return Status::kTruncated;
    return request_.strictness == Strictness::kRejectDamaged ? Status::kCorrupt : Status::kRecovered;
  }

 private:
  bool read_header(const uint8_t* data, size_t size) {
    if (setjmp(errors_.on_error)) return false;
    jpeg_create_decompress(&info_);
    info_.progress = &monitor_.base;
    info_.mem->max_memory_to_use = static_cast<long>(request_.memory_bytes);
    read_from_slices(&info_, &data_, data, size, request_.cancelled);
    jpeg_read_header(&info_, TRUE);
    return true;
  }

  // Whether all planes can be upsampled by integer factors, as libjpeg's own upsampling requires.
  bool has_integer_sampling() const {
    for (int i = 0; i < info_.num_components; ++i) {
      const jpeg_component_info& c = info_.comp_info[i];
      if (info_.max_h_samp_factor % c.h_samp_factor || info_.max_v_samp_factor % c.v_samp_factor) return false;
    }
    // Plane 0 must be the largest: the others are positioned by it.
    return info_.comp_info[0].h_samp_factor == info_.max_h_samp_factor &&
           info_.comp_info[0].v_samp_factor == info_.max_v_samp_factor;
  }

  void choose_layout() {
    info_.scale_num = 1;
    info_.scale_denom = static_cast<unsigned>(request_.scale);
    const J_COLOR_SPACE space = info_.jpeg_color_space;
    cmyk_ = space == JCS_CMYK || space == JCS_YCCK;
    if (cmyk_) {
      info_.out_color_space = JCS_CMYK;
      layout_ = request_.gray ? PixelLayout::kGray : PixelLayout::kPacked4;
    } else if (request_.gray || space == JCS_GRAYSCALE) {
      info_.out_color_space = JCS_GRAYSCALE;
      layout_ = PixelLayout::kGray;
      info_.raw_data_out = request_.planes && space == JCS_GRAYSCALE && is_full_image();
    } else if (request_.planes && space == JCS_YCbCr && is_full_image() && has_integer_sampling()) {
      layout_ = PixelLayout::kYcc;
      info_.raw_data_out = TRUE;
    } else {
      info_.out_color_space = request_.bgr ? JCS_EXT_BGRX : JCS_EXT_RGBX;
      layout_ = PixelLayout::kPacked4;
    }
  }

  bool is_full_image() const {
    return request_.window.x0 == 0 && request_.window.y0 == 0 && request_.window.x1 == header_.width &&
           request_.window.y1 == header_.height;
  }

  // jpeg_crop_scanline ignores that a component may be reduced less than the image: upsampling (of 4:1:0, say) would
  // then output only some of its columns.
  bool can_crop() const {
    const int min_size = min_dct_size(info_);
    for (int i = 0; i < info_.num_components; ++i) {
      const jpeg_component_info& c = info_.comp_info[i];
      const bool full = c.h_samp_factor * dct_size(c) == info_.max_h_samp_factor * min_size &&
                        c.v_samp_factor * dct_size(c) == info_.max_v_samp_factor * min_size;
      if (dct_size(c) > min_size && !full) return false;
    }
    return true;
  }

  // Starts decoding. Where pixels are read, columns and rows before the window are skipped, except a margin that keeps
  // libjpeg's upsampling at the window's edge as it is in the whole image.
  bool start() {
    if (setjmp(errors_.on_error)) return false;
    jpeg_start_decompress(&info_);
    if (info_.raw_data_out) return true;
    const int margin = 2 * info_.max_h_samp_factor;
    const int width = static_cast<int>(info_.output_width);
    const int x0 = std::max(request_.window.x0 / request_.scale - margin, 0);
    const int x1 = std::min((request_.window.x1 + request_.scale - 1) / request_.scale + margin, width);
    if ((x0 > 0 || x1 < width) && can_crop()) {
      JDIMENSION from = static_cast<JDIMENSION>(x0), count = static_cast<JDIMENSION>(x1 - x0);
      jpeg_crop_scanline(&info_, &from, &count);
      x0_ = static_cast<int>(from);
    }
    y0_ = request_.window.y0 / request_.scale;
    if (y0_ > 0) jpeg_skip_scanlines(&info_, static_cast<JDIMENSION>(y0_));
    return true;
  }

  void describe_planes() {
    if (!info_.raw_data_out) {
      SourcePlane& p = planes_[0];
      p.width = (header_.width + request_.scale - 1) / request_.scale;
      p.height = static_cast<int>(info_.output_height);
      p.x0 = x0_;
      p.y0 = y0_;
      p.delivered_width = static_cast<int>(info_.output_width);
      p.row_bytes = p.delivered_width * (layout_ == PixelLayout::kGray ? 1 : 4);
      p.rows_per_pull = kPixelRowsPerPull;
      return;
    }
    const int min_size = min_dct_size(info_);
    const int max_h = info_.max_h_samp_factor, max_v = info_.max_v_samp_factor;
    for (int i = 0; i < planes(); ++i) {
      const jpeg_component_info& c = info_.comp_info[i];
      SourcePlane& p = planes_[i];
      p.width = static_cast<int>(c.downsampled_width);
      p.height = static_cast<int>(c.downsampled_height);
      p.delivered_width = p.width;
      p.row_bytes = static_cast<int>(c.width_in_blocks) * dct_size(c);
      p.rows_per_pull = c.v_samp_factor * dct_size(c);
      p.upsampling_h = max_h * min_size / (c.h_samp_factor * dct_size(c));
      p.upsampling_v = max_v * min_size / (c.v_samp_factor * dct_size(c));
      // jdsample.c: fancy upsampling applies to 2:1 horizontally (alone or with 2:1 vertically), and to 2:1 vertically
      // alone.
      const bool fancy = min_size > 1;
      const bool across = fancy && p.upsampling_h == 2 && p.upsampling_v <= 2 && p.width > 2;
      p.triangle_h = across;
      p.triangle_v = fancy && p.upsampling_v == 2 && (across || p.upsampling_h == 1);
    }
  }

  bool read_planes(uint8_t* const* const* rows) {
    if (setjmp(errors_.on_error)) return false;
    JSAMPARRAY planes[kMaxPlanes];
    for (int i = 0; i < this->planes(); ++i) planes[i] = const_cast<JSAMPARRAY>(rows[i]);
    jpeg_read_raw_data(&info_, planes, static_cast<JDIMENSION>(planes_[0].rows_per_pull));
    return true;
  }

  bool read_pixels(uint8_t* const* rows) {
    if (setjmp(errors_.on_error)) return false;
    int done = 0;
    while (done < kPixelRowsPerPull && info_.output_scanline < info_.output_height) {
      if (cmyk_) {
        JSAMPROW row = scanline_->data();
        jpeg_read_scanlines(&info_, &row, 1);
        if (layout_ == PixelLayout::kGray) {
          cmyk_to_gray(row, static_cast<int>(info_.output_width), rows[done]);
        } else {
          cmyk_to_packed4(row, static_cast<int>(info_.output_width), request_.bgr, request_.pillow_colors, rows[done]);
        }
        ++done;
      } else {
        done += static_cast<int>(jpeg_read_scanlines(&info_, const_cast<JSAMPARRAY>(rows) + done,
                                                     static_cast<JDIMENSION>(kPixelRowsPerPull - done)));
      }
    }
    return true;
  }

  bool read_to_end() {
    if (setjmp(errors_.on_error)) return false;
    jpeg_finish_decompress(&info_);
    return true;
  }

  std::string message() {
    char text[JMSG_LENGTH_MAX];
    errors_.base.format_message(reinterpret_cast<j_common_ptr>(&info_), text);
    return text;
  }

  Status failure() {
    if (request_.is_cancelled()) return Status::kCancelled;
    const int code = errors_.base.msg_code;
    *reason_ = message();
    if (code == JERR_OUT_OF_MEMORY) return Status::kOutOfMemory;
    if (code == JERR_NO_BACKING_STORE) return Status::kTooMuchMemory;
    if (is_unsupported(code)) return Status::kUnsupportedJpeg;
    return header_.ends ? Status::kCorrupt : Status::kTruncated;
  }

  const JpegHeader header_;
  const JpegRequest request_;
  std::string* reason_;
  bool* decodes_;
  Buffer* scanline_;
  ErrorManager errors_;
  ProgressMonitor monitor_;
  SlicedSource data_;
  jpeg_decompress_struct info_;
  PixelLayout layout_ = PixelLayout::kGray;
  bool cmyk_ = false;
  int x0_ = 0, y0_ = 0;
  SourcePlane planes_[kMaxPlanes];
};

}  // namespace

Status open_turbo(const uint8_t* data, size_t size, const JpegHeader& header, const JpegRequest& request,
                  std::string* reason, bool* decodes, Buffer* scanline, std::unique_ptr<RowSource>* source) {
  auto turbo = std::make_unique<TurboSource>(header, request, reason, decodes, scanline);
  const Status status = turbo->open(data, size);
  if (status == Status::kOk) *source = std::move(turbo);
  return status;
}

}  // namespace fastseq
