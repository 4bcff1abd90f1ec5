# Every declaration that the binding takes from csrc.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.optional cimport optional
from libcpp.memory cimport shared_ptr, unique_ptr
from libcpp.string cimport string
from libcpp.vector cimport vector


cdef extern from "base/platform.h" namespace "fastseq::platform" nogil:
    int process_id()

cdef extern from "base/shuffle.h" namespace "fastseq" nogil:
    void shuffle(uint64_t key, int32_t* numbers, size_t n)

cdef extern from "base/status.h" namespace "fastseq" nogil:
    cdef enum class Status(int32_t):
        kOk
        kInternal
    cdef cppclass StatusText:
        Status status
        const char* name
        const char* reason
        const char* remedy
    const StatusText* status_texts(int* count)

cdef extern from "base/enum_table.h" namespace "fastseq" nogil:
    cdef cppclass EnumMember:
        int32_t value
        const char* name
    cdef cppclass EnumTable:
        const EnumMember* members
        int count

cdef extern from "base/limits.h" namespace "fastseq" nogil:
    cdef cppclass CLimits "fastseq::Limits":
        int64_t pixels, scans, scan_pixels, file_bytes, memory_bytes

cdef extern from "geometry/geometry.h" namespace "fastseq" nogil:
    cdef enum class Orient(int32_t):
        pass
    EnumTable orient_table()

cdef extern from "geometry/op.h" namespace "fastseq" nogil:
    cdef enum class OpKind(int32_t):
        pass
    cdef cppclass Op:
        OpKind kind
        double a, b, c, d
        int32_t draw

cdef extern from "geometry/ops.h" namespace "fastseq" nogil:
    cdef cppclass OpType:
        OpKind kind
        const char* name
        int draws
    const OpType* op_types(int* count)
    const OpType& op_type(OpKind kind)

cdef extern from "filters/interpolation.h" namespace "fastseq" nogil:
    cdef enum class Interpolation(int32_t):
        pass
    EnumTable interpolation_table()

cdef extern from "output/slot_format.h" namespace "fastseq" nogil:
    cdef cppclass SlotFormat:
        int height, width, channels, item_bytes
        cbool channels_first
        vector[uint8_t] lookup
        cbool uint16_items
        void set_scaling(const vector[double]& scale, const vector[double]& offset)
        size_t bytes()

cdef extern from "geometry/affine_map.h" namespace "fastseq" nogil:
    cdef enum class FillMode(int32_t):
        pass
    EnumTable fill_mode_table()

cdef extern from "augment/augment.h" namespace "fastseq" nogil:
    cdef cppclass Augment:
        FillMode fill_mode
        float fill_value, factor
        cbool interpolate, float_images
        int32_t draw
    const int kAugmentDraws
    cdef cppclass AugmentColumn:
        const char* name
        int begin, count
    const AugmentColumn* augment_columns(int* count)

cdef extern from "engine/workspace.h" namespace "fastseq" nogil:
    cdef cppclass Workspace:
        Workspace() except +

cdef extern from "rows/decoded_image.h" namespace "fastseq" nogil:
    cdef cppclass PixelImage:
        const uint8_t* data
        int height, width, channels
        Py_ssize_t stride

cdef extern from "rows/deep_image.h" namespace "fastseq" nogil:
    cdef enum class SampleType(int32_t):
        pass
    EnumTable sample_type_table()
    int sample_bytes(SampleType)
    cdef cppclass DeepImage:
        const uint8_t* data
        SampleType type
        int height, width, channels

cdef extern from "jpeg/request.h" namespace "fastseq" nogil:
    cdef enum class Strictness(int32_t):
        pass
    EnumTable strictness_table()

cdef extern from "engine/recipe.h" namespace "fastseq" nogil:
    cdef cppclass ColorMode:
        const char* name
        int channels
        cbool bgr, pillow_colors, index
    const ColorMode* color_modes(int* count)
    cdef cppclass CRecipe "fastseq::Recipe":
        SlotFormat format
        optional[Augment] augment
        cbool bgr, pillow_colors, index, two_taps, native_png
        Strictness strictness
        Interpolation interpolation
        Orient orient
        vector[Op] ops
        CLimits limits

cdef extern from "<chrono>" namespace "std::chrono" nogil:
    cdef cppclass milliseconds:
        milliseconds(int)

cdef extern from "base/buffer.h" namespace "fastseq" nogil:
    cdef cppclass Buffer:
        uint8_t* data()

cdef extern from "io/file.h" namespace "fastseq" nogil:
    cdef cppclass FileVersion:
        int64_t size, modified_ns
    cdef cppclass OpenFile:
        FileVersion version()
    Status open_file(const string&, shared_ptr[const OpenFile]*, string*) except +
    Status read_range(const OpenFile&, int64_t offset, int64_t length, int64_t max_bytes, Buffer*, size_t*, string*) \
        except +

cdef extern from "io/source.h" namespace "fastseq" nogil:
    cdef cppclass Packing:
        int64_t inflated_size, checksum
    cdef cppclass Source:
        const uint8_t* crop_index
        size_t crop_index_size
    Source bytes_source(const uint8_t*, size_t, Packing)
    Source file_source(const uint8_t*, size_t)
    Source failed_source(Status, const uint8_t*, size_t)
    Source range_source(const uint8_t*, size_t, int64_t, int64_t, Packing)
    cdef cppclass PathTable:
        const uint8_t* blob
        size_t blob_size
        const int64_t* offsets
        size_t offset_count
        const char* root
        size_t root_size
        size_t row_count
        const int32_t* path_numbers
        const int64_t* range_offsets
        const int64_t* range_lengths
        const int64_t* inflated_sizes
        const int64_t* checksums
        const FileVersion* versions
        const uint8_t* const* buffers
        const size_t* buffer_sizes
        size_t buffer_count
        const uint8_t* crop_indexes
        size_t crop_indexes_size
        const int64_t* crop_begins
        const int64_t* crop_ends
    cbool add_rows(const PathTable&, const int64_t*, size_t, vector[Source]*) except +

cdef extern from "io/crc32c.h" namespace "fastseq" nogil:
    uint32_t c_crc32c "fastseq::crc32c"(const uint8_t*, size_t)
    uint32_t shift_crc32c(uint32_t, int64_t)

cdef extern from "io/file_cache.h" namespace "fastseq" nogil:
    cdef cppclass FileCache:
        FileCache(size_t)

cdef extern from "io/source_reader.h" namespace "fastseq" nogil:
    cdef cppclass ReadBuffers:
        ReadBuffers()
        Buffer* image
        Buffer* compressed
    cdef cppclass CSourceReader "fastseq::SourceReader":
        void use_files(shared_ptr[FileCache])
        Status read_any(const Source&, int64_t max_bytes, ReadBuffers, const uint8_t**, size_t*, string*) except +

cdef extern from "io/tar_reader.h" namespace "fastseq" nogil:
    cdef cppclass TarMembers:
        string names
        vector[int64_t] name_ends, offsets, lengths
    cdef cppclass CTarReader "fastseq::TarReader":
        CTarReader(shared_ptr[const OpenFile]) except +
        Status read(size_t, TarMembers*, cbool*, string*) except +
        cbool is_whole()
        int64_t links()

cdef extern from "io/zip_reader.h" namespace "fastseq" nogil:
    cdef cppclass ZipMember:
        pass
    cdef cppclass ZipMembers:
        string names
        vector[ZipMember] members
    cdef cppclass CZipReader "fastseq::ZipReader":
        CZipReader(shared_ptr[const OpenFile]) except +
        Status find_directory(string*) except +
        int64_t directory_offset()
        Status read(size_t, ZipMembers*, cbool*, string*) except +
        Status find_contents(int64_t, int64_t, int64_t*, string*) except +

cdef extern from "io/tfrecord_reader.h" namespace "fastseq" nogil:
    cdef cppclass TfRecord:
        pass
    cdef cppclass TfRecords:
        string texts
        vector[TfRecord] records
    cdef cppclass CTfRecordReader "fastseq::TfRecordReader":
        CTfRecordReader(shared_ptr[const OpenFile], string, string) except +
        Status read(size_t, TfRecords*, cbool*, string*) except +
        Status peek(vector[string]*, vector[int32_t]*, string*) except +

cdef extern from "io/parquet_values.h" namespace "fastseq" nogil:
    cdef cppclass ParquetValues:
        vector[int64_t] offsets, lengths

cdef extern from "io/parquet_reader.h" namespace "fastseq" nogil:
    cdef cppclass ParquetChunk:
        int64_t begin, size, rows
        int max_level
    cdef cppclass CParquetReader "fastseq::ParquetReader":
        CParquetReader(shared_ptr[const OpenFile]) except +
        Status start(const ParquetChunk&)
        Status read(size_t, ParquetValues*, cbool*, string*) except +

cdef extern from "io/parquet_decoder.h" namespace "fastseq" nogil:
    cdef cppclass EncodedColumn:
        const uint8_t* data
        size_t size
        int64_t begin, rows
        int max_level
        cbool is_snappy
    Status c_decode_column "fastseq::decode_column"(const EncodedColumn&, uint8_t*, size_t, ParquetValues*, string*) \
        except +

cdef extern from "io/image_format.h" namespace "fastseq" nogil:
    cdef enum class ImageFormat(int32_t):
        pass
    EnumTable image_format_table()
    cdef cppclass ImageInfo:
        ImageFormat format
    ImageInfo sniff_image(const uint8_t*, size_t)

cdef extern from "jpeg/scratch.h" namespace "fastseq" nogil:
    cdef cppclass JpegScratch:
        JpegScratch() except +

cdef extern from "jpeg/make_crop_index.h" namespace "fastseq" nogil:
    void add_crop_index(const uint8_t*, size_t, JpegScratch*, vector[uint8_t]*) except +

cdef extern from "io/tiff_lzw.h" namespace "fastseq" nogil:
    size_t c_tiff_lzw_bytes "fastseq::tiff_lzw_bytes"(const uint8_t*, size_t, size_t)

cdef extern from "engine/sample_info.h" namespace "fastseq" nogil:
    const int kStages
    cdef enum class CropIndexUse(int32_t):
        kNone
        kFits
    cdef cppclass CSampleInfo "fastseq::SampleInfo":
        ImageFormat format
        int64_t height, width
        int components
        int sampling_h[4]
        int sampling_v[4]
        int64_t scans
        CropIndexUse crop_index
        int orientation
        int64_t nanoseconds[5]

cdef extern from "cache/pixel_cache.h" namespace "fastseq" nogil:
    cdef cppclass CPixelCache "fastseq::PixelCache":
        pass

cdef extern from "cache/pixels_in_memory.h" namespace "fastseq" nogil:
    cdef cppclass CPixelsInMemory "fastseq::PixelsInMemory"(CPixelCache):
        CPixelsInMemory(size_t, size_t) except +
        size_t bytes()

cdef extern from "cache/pixels_in_folder.h" namespace "fastseq" nogil:
    cdef cppclass FolderPaths "fastseq::PixelsInFolder::Paths":
        string pictures, records, taken
    cdef cppclass CPixelsInFolder "fastseq::PixelsInFolder"(CPixelCache):
        CPixelsInFolder(const FolderPaths&, size_t, int, int64_t) except +
        int failure()

cdef extern from "engine/batch.h" namespace "fastseq" nogil:
    cdef cppclass CachedPictures:
        CachedPictures()
        shared_ptr[CPixelCache] cache
        shared_ptr[CRecipe] picture, slot
        vector[size_t] cells
    cdef cppclass CSampleData "fastseq::SampleData":
        const uint8_t* data
        size_t size
        shared_ptr[Buffer] owner
    cdef cppclass BatchJob:
        BatchJob(shared_ptr[CRecipe], vector[Source], uint8_t*, vector[double], int, cbool) except +
        const CSampleInfo& info(int)
        int size()
        cbool begin_fetch(int)
        Status data(int, CSampleData*, string*) except +
        void use_pictures(CachedPictures) except +
        void run_pixels(int, const PixelImage&, cbool, cbool, Workspace*) except +
        void run_deep(int, const DeepImage&, cbool, Workspace*) except +
        void fail(int, Status, string) except +
        cbool wait(milliseconds)
        Status status(int)
        int first_pending()
        string reason(int) except +
        cbool decodes(int)
        int crop_index_misfit()

cdef extern from "jpeg/encoder.h" namespace "fastseq" nogil:
    cdef cppclass JpegEncoding:
        int quality, chroma_across, chroma_down
        cbool optimize, restart_rows

cdef extern from "engine/reencoder.h" namespace "fastseq" nogil:
    cdef cppclass UprightImage:
        int height, width, channels
        Buffer pixels
    cdef cppclass CReencoder "fastseq::Reencoder":
        CReencoder(shared_ptr[const CRecipe], int) except +
        Status decode(const uint8_t*, size_t)
        Status resample(const PixelImage&, cbool)
        UprightImage& image()
        Status encode(const JpegEncoding&, const uint8_t**, size_t*)
        const string& reason()

cdef extern from "engine/pool.h" namespace "fastseq" nogil:
    cdef cppclass CPool "fastseq::Pool":
        CPool(int) except +
        int threads()
        void submit(shared_ptr[BatchJob], cbool) except +
        void prioritize(const shared_ptr[BatchJob]&) except +
        void cancel(const shared_ptr[BatchJob]&)
        void abandon(const shared_ptr[BatchJob]&)

cdef extern from "engine/buffer_pool.h" namespace "fastseq" nogil:
    cdef cppclass CLease "fastseq::Lease":
        uint8_t* data()
        size_t size()
    cdef cppclass CBufferPool "fastseq::BufferPool":
        CBufferPool(size_t, cbool) except +
        unique_ptr[CLease] allocate(size_t) except +
        size_t bytes_in_use()
        size_t held_bytes()

cdef extern from "kernels/instruction_sets.h" namespace "fastseq::kernels" nogil:
    int64_t c_instruction_sets "fastseq::kernels::instruction_sets"()
    const char* best_instruction_set()
    void c_disable_instruction_sets "fastseq::kernels::disable_instruction_sets"(int64_t)

cdef extern from "engine/build_info.h" namespace "fastseq" nogil:
    cdef cppclass LibraryVersion:
        const char* name
        const char* version
    const LibraryVersion* c_library_versions "fastseq::library_versions"(int* count)

cdef extern from "engine/interrupt_watch.h" namespace "fastseq" nogil:
    void begin_interrupt_watch()
    void end_interrupt_watch()
    void reset_interrupt_watch_after_fork()
    unsigned interrupt_count()
