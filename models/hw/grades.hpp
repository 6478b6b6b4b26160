// Which grades the figures of a product can have that cannot be bought.
#pragma once

#include "hw/status.hpp"
#include "spec/reader.hpp"

namespace perfmodel::hw {

/// A problem for each figure read so far whose grade the status rules out:
///   announced  no `measured`: what will be delivered has not been, samples are something else;
///              `official` stays, the vendor's plans are its own;
///   rumoured   neither `measured` nor `official`: its vendor has said nothing;
///   cancelled  neither: nobody stands by the figures.
/// None after an override, which may have changed the status.
void check_grades(const spec::Context& context, Status status);

}  // namespace perfmodel::hw
