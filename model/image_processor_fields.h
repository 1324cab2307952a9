// Fields that the processors of pictures and of videos share, read by the reference's names.
#pragma once
#include <cstdint>
#include <set>
#include <string>

#include "model/image_array.h"
#include "model/image_patches.h"
#include "model/json.h"

namespace glimpse {

// size: {shortest_edge, longest_edge}; both or an error.
void read_size(const JsonObject& fields, int64_t& shortest_edge, int64_t& longest_edge);

// do_rescale, rescale_factor, do_normalize, image_mean, image_std, patch_size, temporal_patch_size, merge_size;
// resample and interpolation must be bicubic.
void read_pixel_fields(const JsonObject& fields, Normalise& normalise, PatchShape& shape);

// input_data_format: `fallback` where it is absent.
ChannelLayout read_layout(const JsonObject& fields, ChannelLayout fallback);

// do_convert_rgb: true or false, and without effect. Pictures from files are RGB whatever it says (the reference's
// loader converts them), arrays are never converted (spec 3.1), and there is no third kind here.
void check_convert_rgb(const JsonObject& fields);

// return_tensors, data_format and device: accepted where they ask for what is done anyway, refused by name otherwise.
void check_output_keywords(const JsonObject& fields);

// Throws naming the first key that is not among `known` keywords of `who`.
void check_names(const JsonObject& keywords, const std::set<std::string>& known, const char* who);

}  // namespace glimpse
