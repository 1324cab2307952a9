// How long a media file says it is: a shorter one was cut, and its demuxer would just stop early.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>

namespace glimpse {

// Copies up to `count` bytes at `offset` and returns how many there were.
using ReadAt = std::function<size_t(int64_t offset, uint8_t* to, size_t count)>;

// Bytes that a file of `size` bytes claims to have where these are more than it has, else 0. Known of MP4 and MOV
// (every top-level box), Matroska and WebM (the segment), AVI and WebP (the first RIFF chunk), MPEG transport streams
// (whole packets, all that such a stream says); 0 for anything else.
int64_t missing_end(const ReadAt& read, int64_t size);

}  // namespace glimpse
