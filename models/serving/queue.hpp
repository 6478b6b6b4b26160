// Waiting lines of arrivals at random (Poisson), as closed forms.
#pragma once

#include "units/quantity.hpp"

namespace perfmodel::serving {

/// Erlang's C formula: the chance that an arrival finds all `servers` busy when they are `offered`
/// erlangs (arrival rate times service time) of work. 1 from `offered` >= `servers` on. Servers are
/// rounded down to whole ones.
double erlang_c(double servers, double offered);

/// Mean wait in a queue before `servers` equal servers (Allen and Cunneen's approximation of G/G/c,
/// exact for M/M/c and, in one server, for M/G/1): C(c, a) s / (c - a) * (1 + cv2) / 2 with service
/// time s of squared coefficient of variation `cv2`: 0 for equal ones, 1 for exponential ones.
/// Infinite where the servers cannot keep up.
Time queue_wait(double servers, double offered, Time service, double cv2);

}  // namespace perfmodel::serving
