#include "serving/queue.hpp"

#include <algorithm>
#include <cmath>

namespace perfmodel::serving {

double erlang_c(double servers, double offered) {
  const double c = std::max(1.0, std::floor(servers));
  if (offered <= 0) return 0.0;
  if (offered >= c) return 1.0;
  // Erlang's B by its recursion in the inverse, which neither over- nor underflows to nonsense; far
  // below saturation the terms grow without bound and the chance is nil.
  double inverse = 1.0;
  for (double n = 1.0; n <= c; ++n) {
    inverse = 1.0 + inverse * n / offered;
    if (inverse > 1e30) return 0.0;
  }
  const double b = 1.0 / inverse;
  return b / (1.0 - offered / c * (1.0 - b));
}

Time queue_wait(double servers, double offered, Time service, double cv2) {
  const double c = std::max(1.0, std::floor(servers));
  if (offered >= c) return Time::infinity();
  return service * (erlang_c(c, offered) / (c - offered) * 0.5 * (1.0 + cv2));
}

}  // namespace perfmodel::serving
