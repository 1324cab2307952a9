// Keywords of generation that are not offered (spec 13.8): refused by name, unless their value asks for nothing.
#pragma once
#include <set>
#include <string>

#include "model/json.h"

namespace glimpse {

// Of a generate() call. Adds every name that is looked at to `known`. Errors: one sentence with the keyword's name and
// what there is instead.
void check_refused_keywords(const JsonObject& fields, std::set<std::string>& known);

// Of generation_config.json: only what would change the answer. Errors as above.
void check_generation_file(const JsonObject& fields);

}  // namespace glimpse
