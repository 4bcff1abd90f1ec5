#include "engine/build_info.h"

#include <cstddef>
#include <cstdio>

#include <hwy/highway.h>
#include <jpeglib.h>
#include <libdeflate.h>
#include <zlib.h>

#define FASTSEQ_TEXT_OF(value) #value
#define FASTSEQ_TEXT(macro) FASTSEQ_TEXT_OF(macro)

namespace fastseq {

const LibraryVersion* library_versions(int* count) {
  static const LibraryVersion versions[] = {
      {"libjpeg-turbo", FASTSEQ_TEXT(LIBJPEG_TURBO_VERSION)},
      {"Highway", FASTSEQ_TEXT(HWY_MAJOR) "." FASTSEQ_TEXT(HWY_MINOR) "." FASTSEQ_TEXT(HWY_PATCH)},
      {"libdeflate", LIBDEFLATE_VERSION_STRING},
      {"zlib", zlibVersion()},
#ifdef __clang__
      {"compiler", __VERSION__},
#else
      {"compiler", "GCC " __VERSION__},
#endif
  };
  *count = sizeof(versions) / sizeof(versions[0]);
  return versions;
}

}  // namespace fastseq
