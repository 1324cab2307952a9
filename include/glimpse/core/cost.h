// What an op cannot avoid: the two floors of every measurement.
#pragma once

namespace glimpse {

struct Cost {
  double flops = 0;  // one multiply-add = 2
  double bytes = 0;  // compulsory traffic: every input read once, every output written once
};

}  // namespace glimpse
