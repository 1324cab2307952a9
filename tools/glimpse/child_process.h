// A program beside this one, run with its standard output read as it comes.
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace glimpse::cli {

// Runs `name` from the directory of this executable. `read` is called with each piece of its standard output; standard
// error passes through. Returns its exit status; 128 + signal where one ended it. Throws Error where it cannot start.
int run_sibling(const std::string& name, const std::vector<std::string>& arguments,
                const std::function<void(const std::string&)>& read);

}  // namespace glimpse::cli
