// Converts planes to pixels as libjpeg does.
#pragma once
#include <memory>

#include "jpeg/request.h"
#include "jpeg/scratch.h"
#include "rows/row_source.h"

namespace fastseq {

// Gives kPacked4 rows of a kYcc source whose plane 0 is the largest. Where rows need the chroma below them, pulls
// deliver rows one later: plane(0).y0 is one less than the source's, and the first row is not written. `scratch` must
// outlive the source.
std::unique_ptr<RowSource> ycc_to_pixels(std::unique_ptr<RowSource> source, const JpegRequest& request,
                                         JpegScratch* scratch);

}  // namespace fastseq
