// Planes become pixels, as libjpeg makes them.
#pragma once
#include <memory>

#include "jpeg/request.h"
#include "jpeg/scratch.h"
#include "rows/row_source.h"

namespace fastseq {

// kPacked4 rows of a kYcc source, of which plane 0 is the full one. Where rows need chroma from below, each pull gives
// them one row late: plane(0).y0 is one less than the source's, and the first row is not written.
std::unique_ptr<RowSource> ycc_to_pixels(std::unique_ptr<RowSource> source, const JpegRequest& request,
                                         JpegScratch* scratch);

}  // namespace fastseq
