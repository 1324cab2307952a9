// Why a test may be skipped. Every other reason is a failure: a variant that stops running where it ran goes unnoticed
// otherwise.
#pragma once
#include <string>

namespace glimpse::test {

// who: "op.variant".
bool skip_allowed(const std::string& who, const std::string& reason);

// For a run with foreign variants, whose reasons nobody here knows.
void allow_every_skip();

}  // namespace glimpse::test
