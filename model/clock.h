// The host's clock.
#pragma once
#include <chrono>

namespace glimpse {

// Seconds since some fixed moment; never goes back.
inline double host_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace glimpse
