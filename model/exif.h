// The orientation a camera wrote into a picture file.
#pragma once
#include <cstdint>
#include <span>

namespace glimpse {

// EXIF orientation 1..8 of a JPEG (APP1), PNG (eXIf), WebP (EXIF) or TIFF file; 1 where there is none or it is
// malformed. Reads nothing outside `file`, whatever offsets the file claims.
int exif_orientation(std::span<const uint8_t> file);

}  // namespace glimpse
